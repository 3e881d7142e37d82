import type { Environment } from "vitest/runtime";

/** Node, with modules compiled as for a browser: tests of state need the runes that really run. */
export default {
  name: "state",
  viteEnvironment: "client",
  setup: () => ({ teardown: () => undefined }),
} satisfies Environment;
