/**
 * What a rep waits for in Chromium, on a synced phone: a line into the cart, a search through all
 * customers, the app opened cold and offline, and 300 entries recorded again after the office
 * declined what they rest on. Prints a figure a line, in milliseconds. `cargo xtask bench --only
 * phone` runs it on a large company; by itself, with the pinned Node:
 * `BENCH_SERVER=http://localhost:8080 node tests/browser/bench/phone.ts`.
 *
 * BENCH_SERVER: where a server with a company listens. BENCH_REP: who signs in.
 * BENCH_OUTSIDER: whose customer is given away to where they do not see it.
 */

import { type BrowserContext, type Page, type Worker, chromium } from "@playwright/test";
import { serveClient } from "../harness/client.ts";
import { quota } from "./quota.ts";

const SERVER = process.env["BENCH_SERVER"] ?? "http://127.0.0.1:8080";
const REP = process.env["BENCH_REP"] ?? "lin";
const OUTSIDER = process.env["BENCH_OUTSIDER"] ?? REP;
const PASSWORD = "roundsman";
const LINES = 60;
const SEARCHES = ["amber", "zeph", "harbor iron", "w", "quartz", "river stone", "no such shop"];
const DEPENDANTS = 300;

const limit = await quota(process.env["ROUNDSMAN_CHROMIUM"] ?? "/usr/bin/chromium");
const browser = await chromium.launch({ executablePath: limit.executable, args: ["--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-features=LocalNetworkAccessChecks"] });
try {
  const context = await newContext();
  const page = await signedIn(context, REP);
  const customer = await firstCustomer(page);
  await limit.on();
  figure("line", await lines(page, customer));
  figure("search", await searches(page));
  await limit.off();
  await page.close();
  figure("open", await coldOpen(context));
  figure("rebase", await rebase());
  console.log(limit.works ? "note a quarter of this machine for the browser, but for rebase" : "note no control groups here: the browser had all of this machine");
} finally {
  await browser.close();
  await limit.remove();
}

function figure(name: string, ms: number): void {
  console.log(`${name} ${ms.toFixed(1)}`);
}

function newContext(): Promise<BrowserContext> {
  return browser.newContext({ baseURL: SERVER, viewport: { width: 390, height: 844 } });
}

async function signedIn(context: BrowserContext, login: string): Promise<Page> {
  const page = await context.newPage();
  await serveClient(page);
  await page.goto("/client/example/index.html");
  await page.evaluate(
    async ({ login, password }) => {
      const { open } = await import("/client/dist/index.js" as string);
      const client = await open();
      Object.assign(globalThis, { client: () => client });
      await client.signIn(login, password);
      while (client.status.value.catchUp || client.status.value.connection !== "online") {
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    },
    { login, password: PASSWORD },
  );
  return page;
}

async function firstCustomer(page: Page): Promise<string> {
  return page.evaluate(async () => (await client().query("customers", { limit: 1 })).rows[0].id);
}

async function lines(page: Page, customer: string): Promise<number> {
  const times = await page.evaluate(
    async ({ customer, count }) => {
      const shelf = (await client().query("catalogue", { customer, limit: 50 })).rows;
      const times: number[] = [];
      for (let n = 0; n < count; n += 1) {
        const row = shelf[n % shelf.length];
        const start = performance.now();
        await client().run({ operation: "cart.set_line", customer, product: row.id, pack: row.unit, quantity: String(n + 1) });
        times.push(performance.now() - start);
      }
      return times;
    },
    { customer, count: LINES },
  );
  return percentile(times, 0.95);
}

async function searches(page: Page): Promise<number> {
  const times = await page.evaluate(async (words) => {
    const times: number[] = [];
    for (const search of [...words, ...words, ...words, ...words]) {
      const start = performance.now();
      await client().query("customers", { search, limit: 50 });
      times.push(performance.now() - start);
    }
    return times;
  }, SEARCHES);
  return percentile(times, 0.95);
}

/** From asking for the page without a network to the rep's day on the screen. */
async function coldOpen(context: BrowserContext): Promise<number> {
  const first = await context.newPage();
  await first.goto("/");
  await first.getByRole("navigation").first().waitFor();
  await first.evaluate(async () => void (await navigator.serviceWorker.ready));
  await first.close();
  await context.setOffline(true);
  await limit.on();
  const times: number[] = [];
  for (let n = 0; n < 3; n += 1) {
    const page = await context.newPage();
    const start = performance.now();
    await page.goto("/", { waitUntil: "commit" });
    await page.getByRole("navigation").first().waitFor();
    times.push(performance.now() - start);
    await page.close();
  }
  await limit.off();
  await context.setOffline(false);
  return percentile(times, 0.5);
}

/** How long the engine takes for the frame that says that an entry with 300 dependants was declined. */
async function rebase(): Promise<number> {
  const page = await signedIn(await newContext(), OUTSIDER);
  const customer = await firstCustomer(page);
  const office = await signedInOffice();
  await page.context().setOffline(true);
  await moveAway(office, customer);
  await page.evaluate(
    async ({ customer, count }) => {
      const edit = (fields: object) => client().run({ operation: "customer.edit", customer, fields });
      await edit({ phone: "666" });
      for (let n = 0; n < count; n += 1) await edit({ note: `note ${n}` });
    },
    { customer, count: DEPENDANTS },
  );
  // One of them leads; which is not told.
  await Promise.all(page.workers().map(watchFrames));
  await page.context().setOffline(false);
  await page.evaluate(async () => {
    client().syncNow();
    while (client().status.value.journal.waiting > 0) await new Promise((resolve) => setTimeout(resolve, 20));
  });
  const before: number = await page.evaluate(() => client().status.value.journal.entries);
  await declineFirst(office);
  await page.evaluate(async (before) => {
    while (client().status.value.journal.entries <= before) await new Promise((resolve) => setTimeout(resolve, 20));
  }, before);
  const longest = page.workers().map((worker) => worker.evaluate(() => Math.max(0, ...(globalThis as unknown as { frames: number[] }).frames)));
  return Math.max(...(await Promise.all(longest)));
}

async function watchFrames(worker: Worker): Promise<void> {
  await worker.evaluate(async () => {
    const { Engine } = await import("/client/dist/roundsman_wasm.js" as string);
    const frames: number[] = [];
    Object.assign(globalThis, { frames });
    const receive = Engine.prototype.receive;
    Engine.prototype.receive = function (frame: Uint8Array) {
      const start = performance.now();
      try {
        return receive.call(this, frame);
      } finally {
        frames.push(performance.now() - start);
      }
    };
  });
}

async function signedInOffice(): Promise<Page> {
  const office = await (await newContext()).newPage();
  await office.goto("/office/");
  await post(office, "/api/session", { login: "office", password: PASSWORD });
  return office;
}

/** Gives a customer to a territory that the rep does not see, as far as there is one. */
async function moveAway(office: Page, customer: string): Promise<void> {
  const territories = await get(office, "/api/territories");
  const people = await get(office, "/api/people");
  const other = people.find((person: { role: string; name: string }) => person.role === "rep" && person.name !== OUTSIDER);
  const card = await get(office, `/api/customers/${customer}`);
  const elsewhere = territories.find((it: { id: string }) => it.id !== card.assignment?.territory && it.id !== card.territory);
  await post(office, "/api/customers/move", { customers: [customer], territory: elsewhere.id, accountManager: other.id });
}

async function declineFirst(office: Page): Promise<void> {
  const { rows } = await get(office, "/api/quarantine?limit=200&sort=at");
  const first = rows.filter((row: { refusal: { code: string } }) => row.refusal.code !== "RESTS_ON_QUARANTINED").sort((a: { n: number }, b: { n: number }) => a.n - b.n)[0];
  await post(office, `/api/quarantine/${first.device}/${first.n}/decline`, {});
}

async function get(office: Page, path: string): Promise<any> {
  return office.evaluate(async (path) => {
    const response = await fetch(path);
    if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
    return response.json();
  }, path);
}

async function post(office: Page, path: string, body: object): Promise<void> {
  await office.evaluate(
    async ({ path, body }) => {
      const response = await fetch(path, { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) });
      if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
    },
    { path, body },
  );
}

function percentile(times: number[], part: number): number {
  const sorted = [...times].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(part * sorted.length))] ?? Number.NaN;
}

/** The engine that the page holds; runs in the page. */
declare function client(): any;
