import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { api } from "#api/client.ts";
import { drafts } from "./drafts.ts";
import { isDiscount, isQuantity } from "./order-form.svelte.ts";
import { Taking } from "./taking.svelte.ts";

const butter = { product: "b", pack: "box", quantity: "2", discount: "" };
const soy = { product: "s", pack: "pc", quantity: "1", discount: "5" };

/** A server that prices every line at one yuan and answers as told. */
let sent: { path: string; body: Record<string, unknown> }[] = [];
let quotes: (lines: unknown[]) => unknown;
let orders: () => { data?: unknown; error?: unknown; response: Response };

const good = (data: unknown) => ({ data, response: new Response() });
const bad = (status: number, error?: unknown) => ({ error, response: new Response(null, { status }) });

beforeEach(() => {
  drafts.clear();
  sent = [];
  quotes = (lines) => good({ lines, total: { minor: 100 * lines.length, currency: "CNY" } });
  orders = () => good({ id: "o", fresh: true });
  const post = async (path: string, { body }: { body: Record<string, unknown> }) => {
    sent.push({ path, body });
    if (path === "/api/orders") return orders();
    return quotes(body["lines"] as unknown[]);
  };
  vi.spyOn(api, "POST").mockImplementation(post as never);
});
afterEach(() => vi.restoreAllMocks());

const ordered = () => sent.filter((it) => it.path === "/api/orders").map((it) => it.body);

it("takes what was typed at the total that is shown", async () => {
  const taking = new Taking("c");
  taking.add(butter);
  taking.add(soy);
  taking.add({ ...butter, quantity: "9" });
  expect(await taking.send()).toEqual({ done: { id: "o", fresh: true } });
  const [form] = ordered();
  expect(form).toMatchObject({ customer: "c", requestedOn: null, told: { minor: 200, currency: "CNY" } });
  expect(form?.["lines"]).toEqual([{ ...butter, discount: "0", line: null }, { ...soy, line: null }]);
  expect([taking.isUntouched, drafts.size]).toEqual([true, 0]);
});

it("asks for the same order again after a lost answer, also when it is opened anew", async () => {
  const taking = new Taking("c");
  taking.add(butter);
  orders = () => bad(502);
  expect(await taking.send()).toBeUndefined();
  expect(taking.failure).toMatchObject({ code: "UNREACHABLE" });
  const again = new Taking("c");
  expect(again.lines).toEqual([butter]);
  orders = () => good({ id: "o", fresh: false });
  await again.send();
  const [first, second] = ordered();
  expect(first?.["id"]).toBe(second?.["id"]);
  again.add(soy);
  await again.send();
  expect(ordered()[2]?.["id"]).not.toBe(first?.["id"]);
});

it("asks for prices again that could not be read before", async () => {
  const [taking, priced] = [new Taking("c"), quotes];
  taking.add(butter);
  quotes = () => bad(502);
  await taking.ask();
  expect(await taking.send()).toBeUndefined();
  quotes = priced;
  expect(await taking.send()).toEqual({ done: { id: "o", fresh: true } });
});

it("asks for prices again when something is typed before they are answered", async () => {
  const [taking, priced] = [new Taking("c"), quotes];
  let answer = () => {};
  const held = new Promise<void>((resolve) => (answer = resolve));
  quotes = (lines) => held.then(() => priced(lines));
  taking.add(butter);
  const asked = taking.ask();
  taking.add(soy);
  answer();
  await asked;
  expect(taking.settled).toBe(false);
  await taking.send();
  expect(ordered()[0]).toMatchObject({ told: { minor: 200 } });
});

it("prices anew what costs something else than the customer was told", async () => {
  const taking = new Taking("c");
  taking.add(butter);
  await taking.ask();
  orders = () => bad(409, { code: "TOTAL_CHANGED" });
  await taking.send();
  expect(sent.map((it) => it.path)).toEqual(["/api/quotes", "/api/orders", "/api/quotes"]);
  expect([taking.lines.length, taking.failure]).toMatchObject([1, { code: "TOTAL_CHANGED" }]);
});

it("leaves out of the price what cannot be read yet", async () => {
  const taking = new Taking("c");
  taking.add({ ...butter, quantity: "2,5" });
  taking.add(soy);
  await taking.ask();
  expect(sent[0]?.body["lines"]).toEqual([{ ...soy, addedAt: 0 }]);
  expect(taking.unread.map((it) => it.product)).toEqual(["b"]);
});

it("knows an amount when it reads one", () => {
  expect(["1", "0.5", " 12 "].every(isQuantity)).toBe(true);
  expect(["", "0", "-1", "1,5", "a"].some(isQuantity)).toBe(false);
  expect(["", "0", "2.5"].every(isDiscount)).toBe(true);
  expect(["-1", "x", "5%"].some(isDiscount)).toBe(false);
});
