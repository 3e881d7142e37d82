import { paraglideVitePlugin } from "@inlang/paraglide-js";
import adapter from "@sveltejs/adapter-static";
import { sveltekit } from "@sveltejs/kit/vite";
import { loadEnv } from "vite";
import { defineConfig } from "vitest/config";
import { BASE } from "./src/lib/base.ts";

// Only while editing: a build compiles the messages first, because the plug-in keeps its process alive for half a minute.
const messages = paraglideVitePlugin({
  project: "./project.inlang",
  outdir: "./src/lib/paraglide",
  strategy: ["globalVariable", "baseLocale"],
  emitTsDeclarations: true,
});

export default defineConfig(({ command, mode }) => ({
  plugins: [
    command === "serve" && mode !== "test" && messages,
    sveltekit({
      // The server answers every path under the base with this page, so that links and reloads work.
      adapter: adapter({ fallback: "index.html" }),
      paths: { base: BASE, relative: false },
    }),
  ],
  // Where the server is while editing (ROUNDSMAN_SERVER); otherwise it serves what is built here.
  server: { proxy: { "/api": loadEnv(mode, ".", "ROUNDSMAN_")["ROUNDSMAN_SERVER"] ?? "http://localhost:8080" } },
  test: { include: ["src/**/*.test.ts"] },
}));
