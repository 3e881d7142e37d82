import { readdirSync } from "node:fs";
import { join, relative } from "node:path";
import { paraglideVitePlugin } from "@inlang/paraglide-js";
import adapter from "@sveltejs/adapter-static";
import { sveltekit } from "@sveltejs/kit/vite";
import { loadEnv, type Plugin } from "vite";
import { defineConfig } from "vitest/config";

// Only while editing: a build compiles the messages first, because the plug-in keeps its process alive for half a minute.
const messages = paraglideVitePlugin({
  project: "./project.inlang",
  outdir: "./src/lib/paraglide",
  strategy: ["globalVariable", "baseLocale"],
  emitTsDeclarations: true,
});

/** Lists what the engine's worker loads for the service worker: SvelteKit's own manifest has the worker alone. */
function workerFiles(): Plugin {
  const id = "virtual:worker-files";
  return {
    name: "worker-files",
    resolveId: (source) => (source === id ? `\0${id}` : undefined),
    load(source) {
      if (source !== `\0${id}`) return undefined;
      const { outDir } = this.environment.config.build;
      const found = readdirSync(join(outDir, "_app/immutable/workers"), { recursive: true, withFileTypes: true });
      const files = found.filter((it) => it.isFile()).map((it) => relative(outDir, join(it.parentPath, it.name)));
      return `export default ${JSON.stringify(files)}`;
    },
  };
}

export default defineConfig(({ command, mode }) => {
  // Where the server is while editing; otherwise it serves what is built here.
  const server = loadEnv(mode, ".", "ROUNDSMAN_")["ROUNDSMAN_SERVER"] ?? "http://localhost:8080";
  return {
    plugins: [
      workerFiles(),
      command === "serve" && mode !== "test" && messages,
      sveltekit({
        // Every path is answered with this page: ids in paths are read by the app itself.
        adapter: adapter({ fallback: "index.html" }),
        paths: { relative: false },
        // The layout registers it, to hear of a version that waits.
        serviceWorker: { register: false },
      }),
    ],
    server: {
      // The packages beside this one are read where they are.
      fs: { allow: ["kit", "../wasm/client"] },
      proxy: { "/api": server, "/sync": { target: server, ws: true } },
    },
    worker: { format: "es" },
    resolve: mode === "test" ? { conditions: ["browser"] } : {},
    test: { include: ["src/**/*.test.ts", "kit/src/**/*.test.ts"], environment: "./test-environment.ts" },
  };
});
