import { readFile } from "node:fs/promises";
import { extname } from "node:path";
import { fileURLToPath } from "node:url";
import type { Page } from "@playwright/test";

const PACKAGE = fileURLToPath(new URL("../../../wasm/client/", import.meta.url));
const TYPES: Record<string, string> = { ".html": "text/html", ".js": "text/javascript", ".wasm": "application/wasm" };

/** Serves the client package as built, under `/client/` of whatever origin the page is at. */
export async function serveClient(page: Page): Promise<void> {
  await page.context().route("**/client/**", async (route) => {
    const path = new URL(route.request().url()).pathname.replace("/client/", "");
    const body = await readFile(PACKAGE + path).catch(() => null);
    if (!body) return route.fulfill({ status: 404 });
    await route.fulfill({ body, contentType: TYPES[extname(path)] ?? "text/plain" });
  });
}
