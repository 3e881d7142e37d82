import { serveClient } from "../harness/client.ts";
import { expect, test } from "../harness/test.ts";

test.use({ language: "en" });

test("the example takes an order offline through the client package", async ({ phone }) => {
  const { page } = phone;
  await serveClient(page);
  await page.goto("/client/example/index.html");
  await page.getByLabel("Login").fill("lin");
  await page.getByLabel("Password").fill("roundsman");
  await page.getByRole("button", { name: "Sign in" }).click();
  await expect(page.getByLabel("Product").locator("option").first()).toBeAttached();
  await page.getByLabel("Customer").selectOption({ label: "海港食品 中山路店" });

  await phone.goOffline();
  await page.getByRole("button", { name: "Order" }).click();
  await expect(page.getByRole("listitem")).toContainText("savedHere");
  await phone.goOnline();
  await expect(page.getByRole("listitem")).toContainText(/SO-\d+/);
});

interface Row {
  id: string;
  unit: string;
  packs: { code: string }[];
}

const BASKETS = 1_000;

test("a thousand baskets cost the same in Chromium and in the ERP", async ({ phone, office }) => {
  test.setTimeout(180_000);
  await office.signIn("office");
  const { page } = phone;
  await serveClient(page);
  await page.goto("/client/example/index.html");
  const seed = Number(process.env["SEED"] ?? Math.floor(Math.random() * 2 ** 31));
  test.info().annotations.push({ type: "seed", description: String(seed) });

  const quotes = await page.evaluate(
    async ({ seed, count }) => {
      const { open } = await import("/client/dist/index.js" as string);
      const client = await open();
      await client.signIn("lin", "roundsman");
      while (client.status.value.catchUp || client.status.value.connection !== "online") {
        await new Promise((resolve) => requestAnimationFrame(resolve));
      }
      // mulberry32: small, seeded, good enough to choose baskets.
      let state = seed;
      const below = (n: number) => {
        state = (state + 0x6d2b79f5) | 0;
        let t = Math.imul(state ^ (state >>> 15), 1 | state);
        t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
        return ((t ^ (t >>> 14)) >>> 0) % n;
      };
      const customers = (await client.query("customers", {})).rows as Row[];
      const shelf = (await client.query("catalogue", { customer: customers[0]?.id })).rows as Row[];
      const quotes = [];
      for (let n = 0; n < count; n += 1) {
        const customer = customers[below(customers.length)]?.id;
        const lines = Array.from({ length: 1 + below(8) }, () => {
          const row = shelf[below(shelf.length)] as Row;
          const packs = [row.unit, ...row.packs.map((pack) => pack.code)];
          const quantity = below(5) === 0 ? (below(99_999) / 100 + 0.01).toFixed(2) : String(1 + below(500));
          return { product: row.id, pack: packs[below(packs.length)], quantity, discount: (below(120) / 10).toFixed(1), addedAt: 0 };
        });
        quotes.push({ customer, lines, view: await client.query("quote", { customer, lines }) });
      }
      return quotes;
    },
    { seed, count: BASKETS },
  );

  const different = await office.page.evaluate(async (quotes) => {
    const sorted = (_: string, value: unknown) =>
      value && typeof value === "object" && !Array.isArray(value) ? Object.fromEntries(Object.entries(value).sort()) : value;
    const money = (view: { lines: object[] }) => {
      const { net, taxes, total } = view as unknown as Record<string, unknown>;
      const lines = view.lines.map((line) => {
        const { product, unitPrice, net, tax, total, price, problems } = line as Record<string, unknown>;
        return { product, unitPrice, net, tax, total, price, problems };
      });
      return JSON.stringify({ net, taxes, total, lines }, sorted);
    };
    const found = [];
    for (const { customer, lines, view } of quotes) {
      const response = await fetch("/api/quotes", {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ customer, lines }),
      });
      const server = await response.json();
      const [ours, theirs] = [money(view), money(server)];
      if (ours !== theirs) found.push({ customer, lines, ours, theirs });
    }
    return found;
  }, quotes);
  expect(different, `seed ${seed}`).toEqual([]);
  expect(quotes.filter(({ view }) => view.total.minor > 0).length).toBeGreaterThan(BASKETS / 2);
});
