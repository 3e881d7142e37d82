import { readdir } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { createServer } from "vite";
import type { ViteDevServer } from "vite";

const KIT = fileURLToPath(new URL("../../../mobile/kit/", import.meta.url));

/** Serves the page that shows the kit. */
export async function serveKit(): Promise<{ server: ViteDevServer; url: string }> {
  const server = await createServer({ configFile: `${KIT}gallery/vite.config.ts`, logLevel: "error", server: { port: 0, host: "127.0.0.1" } });
  await server.listen();
  return { server, url: server.resolvedUrls?.local[0] ?? "" };
}

/** The names of all components of the kit. */
export async function componentNames(): Promise<string[]> {
  const files = await readdir(`${KIT}src`);
  return files.filter((file) => file.endsWith(".svelte")).map((file) => file.replace(".svelte", "")).sort();
}
