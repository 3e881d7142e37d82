import type { Page } from "@playwright/test";
import { serveClient } from "../harness/client.ts";
import { expect, test } from "../harness/test.ts";

test.use({ language: "en" });

interface Customer {
  id: string;
}

/** How one attempt to record ended: its number in the journal, or a code. */
type Ended = number | string;

/** Gives this origin so many bytes of storage; none: as many as there are. */
async function allow(page: Page, bytes?: number): Promise<void> {
  const devtools = await page.context().newCDPSession(page);
  const { origin } = new URL(page.url());
  await devtools.send("Storage.overrideQuotaForOrigin", bytes === undefined ? { origin } : { origin, quotaSize: bytes });
}

/** Signs in through the client package and waits until everything is here. */
async function begin(page: Page): Promise<string> {
  await serveClient(page);
  await page.goto("/client/example/index.html");
  return page.evaluate(async () => {
    const { open } = await import("/client/dist/index.js" as string);
    const client = await open();
    (globalThis as Record<string, unknown>)["client"] = client;
    if (!client.session.value) await client.signIn("lin", "roundsman");
    while (client.status.value.catchUp || client.status.value.connection !== "online") {
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    return ((await client.query("customers", {})).rows as Customer[])[0]?.id ?? "";
  });
}

/** Writes so many long notes, or stops at the first that is refused. */
function write(page: Page, customer: string, count: number, untilRefused = false): Promise<Ended[]> {
  return page.evaluate(
    async ({ customer, count, untilRefused }) => {
      const client = (globalThis as Record<string, any>)["client"];
      const ended: Ended[] = [];
      for (let n = 0; n < count; n += 1) {
        const note = `${n} ${crypto.randomUUID()} ${"long ".repeat(180)}`;
        try {
          ended.push((await client.run({ operation: "customer.edit", customer, fields: { note } })).n);
        } catch (error) {
          ended.push((error as { code: string }).code);
          if (untilRefused) break;
        }
      }
      return ended;
    },
    { customer, count, untilRefused },
  );
}

const entries = (page: Page): Promise<number> =>
  page.evaluate(() => (globalThis as Record<string, any>)["client"].status.value.journal.entries);

const waiting = (page: Page): Promise<number> =>
  page.evaluate(() => (globalThis as Record<string, any>)["client"].status.value.journal.waiting);

test("a phone whose storage is full refuses, keeps what it has, and goes on when there is room", async ({ phone }) => {
  const { page } = phone;
  const customer = await begin(page);
  const [first] = await write(page, customer, 1);
  expect(first).toBe(1);
  await phone.goOffline();
  await allow(page, 1);
  const ended = await write(page, customer, 5_000, true);
  expect(ended.at(-1)).toBe("STORAGE");
  const saved = 1 + ended.length - 1;
  await expect.poll(() => entries(page)).toBe(saved);
  // It opens without room, too.
  await page.reload();
  await page.evaluate(async () => {
    const { open } = await import("/client/dist/index.js" as string);
    (globalThis as Record<string, unknown>)["client"] = await open();
  });
  await expect.poll(() => entries(page)).toBe(saved);
  await allow(page);
  const [next] = await write(page, customer, 1);
  expect(next).toBe(saved + 1);
  await phone.goOnline();
  await expect.poll(() => waiting(page), { timeout: 30_000 }).toBe(0);
  expect(await entries(page)).toBe(saved + 1);
});

test("a browser that gives no storage says so instead of pretending to keep anything", async ({ phone }) => {
  await allow(phone.page, 1);
  const { page } = phone;
  await page.getByLabel(phone.text("field.login")).fill("lin");
  await page.getByLabel(phone.text("field.password")).fill("roundsman");
  await page.getByRole("button", { name: phone.text("sign_in") }).click();
  await expect(page.getByText(phone.text("error.STORAGE"))).toBeVisible();
});

test("what was being recorded when the leading tab died is there once, or said to be uncertain", async ({ phone }) => {
  const leading = phone.page;
  await begin(leading);
  await phone.openTab("/client/example/index.html");
  const customer = await begin(phone.page);
  const writing = write(phone.page, customer, 60);
  // In the middle of it.
  await expect.poll(() => entries(phone.page)).toBeGreaterThan(5);
  await leading.close();
  const ended = await writing;
  const recorded = ended.filter((it): it is number => typeof it === "number");
  const uncertain = ended.filter((it) => it === "INTERRUPTED").length;
  expect(ended.filter((it) => typeof it === "string" && it !== "INTERRUPTED")).toEqual([]);
  expect(new Set(recorded).size).toBe(recorded.length);
  await expect.poll(() => waiting(phone.page)).toBe(0);
  const held = await entries(phone.page);
  expect(held).toBeGreaterThanOrEqual(recorded.length);
  expect(held).toBeLessThanOrEqual(recorded.length + uncertain);
});
