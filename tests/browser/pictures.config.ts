import config from "./playwright.config.ts";

/** Pictures of every screen of a whole company: nothing is judged here but that a screen opens. */
export default { ...config, testDir: "pictures", timeout: 300_000, expect: { timeout: 60_000 }, use: { ...config.use, scale: 1 } };
