import assert from "node:assert/strict";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, beforeEach, test } from "node:test";
import { setTimeout as wait } from "node:timers/promises";
import { WebSocket, WebSocketServer } from "ws";
import { NUMBERS } from "./protocol.ts";
import type { FrameName } from "./protocol.ts";
import { Proxy } from "./proxy.ts";

const QUIET_MS = 60;

/** A hub that notes what it hears and answers each Push with a Receipt that carries its length. */
async function startHub() {
  const heard: string[] = [];
  const http = createServer((_, response) => response.end("page"));
  const sockets = new WebSocketServer({ server: http });
  sockets.on("connection", (socket) => {
    socket.on("error", () => {});
    socket.on("message", (data: Buffer) => {
      heard.push(describe(data));
      if (data[1] === NUMBERS.Push) socket.send(frame("Receipt", data.length));
      else socket.send(data);
    });
  });
  http.listen(0, "127.0.0.1");
  await once(http, "listening");
  const close = () => {
    for (const socket of sockets.clients) socket.terminate();
    http.closeAllConnections();
    http.close();
  };
  return { heard, port: (http.address() as AddressInfo).port, sockets, close };
}

function frame(name: FrameName, length: number): Buffer {
  const bytes = Buffer.alloc(length);
  bytes.set([1, NUMBERS[name]]);
  return bytes;
}

function describe(data: Buffer): string {
  const name = Object.entries(NUMBERS).find(([, number]) => number === data[1])?.[0];
  return `${name} ${data.length}`;
}

let hub: Awaited<ReturnType<typeof startHub>>;
let proxy: Proxy;
let page: WebSocket;
let received: string[];

async function connectPage(): Promise<WebSocket> {
  const socket = new WebSocket(`ws://127.0.0.1:${proxy.port}/sync`);
  socket.on("error", () => {});
  socket.on("message", (data: Buffer) => received.push(describe(data)));
  await once(socket, "open");
  return socket;
}

beforeEach(async () => {
  received = [];
  hub = await startHub();
  proxy = await Proxy.open(hub.port);
  page = await connectPage();
});

afterEach(() => {
  page.terminate();
  proxy.close();
  hub.close();
});

test("what nobody forbids passes unchanged, whatever its size", async () => {
  const sizes = [2, 125, 126, 65_535, 65_536, 3_000_000];
  for (const size of sizes) page.send(frame("Batch", size));
  while (received.length < sizes.length) await once(page, "message");
  assert.deepEqual(hub.heard, sizes.map((size) => `Batch ${size}`));
  assert.deepEqual(received, hub.heard);
  assert.equal((await fetch(`http://127.0.0.1:${proxy.port}/`)).status, 200);
});

test("a fragmented message is one frame", async () => {
  const push = proxy.drop("Push", 1);
  page.send(frame("Push", 10), { fin: false });
  page.ping();
  page.send(Buffer.alloc(10), { fin: true });
  await push.caught();
  page.send(frame("Push", 7));
  await once(page, "message");
  assert.deepEqual(hub.heard, ["Push 7"]);
});

test("a dropped frame never arrives, the line stays open", async () => {
  const receipts = proxy.drop("Receipt", 1);
  page.send(frame("Push", 5));
  await receipts.caught();
  page.send(frame("Push", 6));
  await once(page, "message");
  assert.deepEqual(hub.heard, ["Push 5", "Push 6"]);
  assert.deepEqual(received, ["Receipt 6"]);
  assert.deepEqual(proxy.seen.map(({ name, fate }) => `${name} ${fate}`), [
    "Push passed",
    "Receipt drop",
    "Push passed",
    "Receipt passed",
  ]);
  assert.equal(proxy.passed("Receipt"), 1);
});

test("what follows a held frame waits behind it, in order", async () => {
  const pushes = proxy.hold("Push");
  page.send(frame("Push", 5));
  page.send(frame("Ping", 3));
  await pushes.caught();
  await wait(QUIET_MS);
  assert.deepEqual(hub.heard, []);
  pushes.lift();
  while (received.length < 2) await once(page, "message");
  assert.deepEqual(hub.heard, ["Push 5", "Ping 3"]);
  page.send(frame("Push", 6));
  await once(page, "message");
  assert.equal(pushes.count, 1);
});

test("a line can break at a frame", async () => {
  const receipts = proxy.cutAt("Receipt");
  page.send(frame("Push", 5));
  await once(page, "close");
  assert.equal(receipts.count, 1);
  assert.deepEqual(hub.heard, ["Push 5"]);
  assert.deepEqual(received, []);
  page = await connectPage();
  page.send(frame("Push", 6));
  await once(page, "message");
});

test("a cut breaks what exists and refuses what is new, until restored on the same port", async () => {
  const port = proxy.port;
  proxy.cut();
  await once(page, "close");
  await assert.rejects(fetch(`http://127.0.0.1:${port}/`), isRefused);
  await proxy.restore();
  assert.equal(proxy.port, port);
  page = await connectPage();
});

test("refusing spares what exists", async () => {
  proxy.refuse();
  await assert.rejects(fetch(`http://127.0.0.1:${proxy.port}/`), isRefused);
  page.send(frame("Push", 5));
  await once(page, "message");
});

test("half-open upwards: the hub hears nothing, and still reaches the page", async () => {
  proxy.silence("up");
  page.send(frame("Push", 5));
  for (const socket of hub.sockets.clients) socket.send(frame("Grants", 4));
  await once(page, "message");
  assert.deepEqual(hub.heard, []);
  assert.equal(page.readyState, WebSocket.OPEN);
  await proxy.restore();
  page.send(frame("Push", 6));
  await wait(QUIET_MS);
  assert.deepEqual(hub.heard, [], "a connection that went silent stays so");
  const other = await connectPage();
  other.send(frame("Push", 7));
  await once(other, "message");
  other.terminate();
});

test("half-open downwards: the page hears nothing, not even that the hub is gone", async () => {
  proxy.silence("down");
  page.send(frame("Push", 5));
  await wait(QUIET_MS);
  for (const socket of hub.sockets.clients) socket.terminate();
  await wait(QUIET_MS);
  assert.deepEqual(hub.heard, ["Push 5"]);
  assert.deepEqual(received, []);
  assert.equal(page.readyState, WebSocket.OPEN);
});

test("the names are those of the protocol", () => {
  const source = new URL("../../../core/src/sync/message.rs", import.meta.url);
  const declared = readFileSync(source, "utf8").matchAll(/^ +0x([0-9A-F]{2}) (\w+)\(/gm);
  const numbers = Object.fromEntries([...declared].map(([, hex, name]) => [name, parseInt(hex!, 16)]));
  assert.deepEqual({ ...NUMBERS }, numbers);
});

function isRefused(error: Error): boolean {
  return (error.cause as NodeJS.ErrnoException).code === "ECONNREFUSED";
}
