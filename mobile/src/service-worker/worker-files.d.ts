declare module "virtual:worker-files" {
  /** Paths below the site's root. */
  const files: string[];
  export default files;
}
