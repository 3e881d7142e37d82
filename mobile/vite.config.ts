import { paraglideVitePlugin } from "@inlang/paraglide-js";
import adapter from "@sveltejs/adapter-static";
import { sveltekit } from "@sveltejs/kit/vite";
import { loadEnv } from "vite";
import { defineConfig } from "vitest/config";

// Only while editing: a build compiles the messages first, because the plug-in keeps its process alive for half a minute.
const messages = paraglideVitePlugin({
  project: "./project.inlang",
  outdir: "./src/lib/paraglide",
  strategy: ["globalVariable", "baseLocale"],
  emitTsDeclarations: true,
});

export default defineConfig(({ command, mode }) => {
  // Where the server is while editing; otherwise it serves what is built here.
  const server = loadEnv(mode, ".", "ROUNDSMAN_")["ROUNDSMAN_SERVER"] ?? "http://localhost:8080";
  return {
    plugins: [
      command === "serve" && mode !== "test" && messages,
      sveltekit({
        // Every path is answered with this page: ids in paths are read by the app itself.
        adapter: adapter({ fallback: "index.html" }),
        paths: { relative: false },
        // The layout registers it, to hear of a version that waits.
        serviceWorker: { register: false },
      }),
    ],
    server: { proxy: { "/api": server, "/sync": { target: server, ws: true } } },
    worker: { format: "es" },
    test: { include: ["src/**/*.test.ts", "kit/src/**/*.test.ts"] },
  };
});
