import { assets, immutable } from "$app/manifest";
import { version } from "$app/env";
import { self } from "$app/service-worker";
import workers from "virtual:worker-files";

const CACHE = `roundsman-${version}`;
const SHELL = "/";
const files = new Set([SHELL, ...[...immutable, ...assets].map((it) => `/${it.path}`), ...workers.map((it) => `/${it}`)]);

self.addEventListener("install", (event) => event.waitUntil(precache()));
self.addEventListener("activate", (event) => event.waitUntil(dropOld()));

// A new version waits until the page asks for it, so that nobody's screen changes under their hands.
self.addEventListener("message", (event) => {
  if (event.data === "take over") void self.skipWaiting();
});

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (request.method !== "GET" || url.origin !== self.location.origin) return;
  if (isServers(url.pathname)) return;
  if (request.mode === "navigate") event.respondWith(cached(SHELL, request));
  else if (files.has(url.pathname)) event.respondWith(cached(url.pathname, request));
});

/** What only the server can answer is never kept here. */
function isServers(path: string): boolean {
  return ["/api", "/sync", "/office"].some((it) => path === it || path.startsWith(`${it}/`));
}

async function precache(): Promise<void> {
  const cache = await caches.open(CACHE);
  const before = await Promise.all((await oldCaches()).map((name) => caches.open(name)));
  await Promise.all([...files].map((file) => take(cache, before, file)));
}

/** Files with a hash in their name never change, so they are copied from an earlier version if it has them. */
async function take(cache: Cache, before: Cache[], file: string): Promise<void> {
  if (file.includes("/immutable/")) {
    for (const old of before) {
      const kept = await old.match(file);
      if (kept) return cache.put(file, kept);
    }
  }
  await cache.add(new Request(file, { cache: "no-cache" }));
}

async function cached(file: string, request: Request): Promise<Response> {
  const cache = await caches.open(CACHE);
  return (await cache.match(file)) ?? fetch(request);
}

async function oldCaches(): Promise<string[]> {
  return (await caches.keys()).filter((name) => name.startsWith("roundsman-") && name !== CACHE);
}

async function dropOld(): Promise<void> {
  await Promise.all((await oldCaches()).map((name) => caches.delete(name)));
  await self.clients.claim();
}
