import { paraglideVitePlugin } from "@inlang/paraglide-js";
import adapter from "@sveltejs/adapter-static";
import { sveltekit } from "@sveltejs/kit/vite";
import { defineConfig } from "vitest/config";

// Where `npm run dev` finds the server; in production it serves these files itself.
const server = process.env.ROUNDSMAN_SERVER ?? "http://localhost:8080";

export default defineConfig({
  plugins: [
    paraglideVitePlugin({
      project: "./project.inlang",
      outdir: "./src/lib/paraglide",
      strategy: ["globalVariable", "baseLocale"],
      emitTsDeclarations: true,
    }),
    sveltekit({
      // The server answers every path under /office with this page, so that links and reloads work.
      adapter: adapter({ fallback: "index.html" }),
      paths: { base: "/office", relative: false },
    }),
  ],
  server: { proxy: { "/api": server } },
  test: { include: ["src/**/*.test.ts"] },
});
