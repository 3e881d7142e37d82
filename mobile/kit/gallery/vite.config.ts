import { svelte } from "@sveltejs/vite-plugin-svelte";
import { defineConfig } from "vite";

/** The page that shows the kit. It is no part of either app: nothing of it is built or shipped. */
export default defineConfig({
  root: import.meta.dirname,
  plugins: [svelte({ configFile: false })],
  server: { fs: { allow: [".."] } },
});
