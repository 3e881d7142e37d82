import config from "./playwright.config.ts";

/** Pictures of every screen, to be looked at: nothing is judged here but that a screen opens. */
export default { ...config, testDir: "pictures", timeout: 240_000 };
