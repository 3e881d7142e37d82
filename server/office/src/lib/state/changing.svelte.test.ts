import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { api } from "#api/client.ts";
import type { OrderView } from "#api/types.ts";
import { Changing } from "./changing.svelte.ts";
import { drafts } from "./drafts.ts";

const line = { id: "l1", product: "b", pack: "box", quantity: "2", discount: "0" };
const order = (versions = 1) => ({ row: { id: "o", versions, requestedOn: null }, note: "", lines: [line] }) as unknown as OrderView;

let sent: { path: string; body: Record<string, unknown> }[] = [];

beforeEach(() => {
  drafts.clear();
  sent = [];
  const post = async (path: string, { body }: { body: Record<string, unknown> }) => {
    sent.push({ path, body });
    const data = path.endsWith("amendment") ? { lines: [], total: { minor: 500, currency: "CNY" } } : undefined;
    return { data, response: new Response(null, { status: 200 }) };
  };
  vi.spyOn(api, "POST").mockImplementation(post as never);
});
afterEach(() => vi.restoreAllMocks());

it("names the lines that stay and what was seen", async () => {
  const changing = new Changing("o", () => order());
  expect(changing.isUntouched).toBe(true);
  changing.add({ product: "s", pack: "pc", quantity: "1", discount: "5" });
  expect(changing.isUntouched).toBe(false);
  expect(await changing.send()).toEqual({ done: undefined });
  const lines = [{ line: "l1", product: "b", pack: "box", quantity: "2", discount: "0" }, { line: null, product: "s", pack: "pc", quantity: "1", discount: "5" }];
  expect(sent.at(-1)).toEqual({ path: "/api/orders/{id}/amend", body: { lines, requestedOn: null, note: "", told: { minor: 500, currency: "CNY" }, seen: 1 } });
  expect(drafts.size).toBe(0);
});

it("knows that somebody else was faster, also when it is opened anew", () => {
  const changing = new Changing("o", () => order());
  changing.note = "ring twice";
  changing.changed();
  const again = new Changing("o", () => order(2));
  expect([again.note, again.overtaken]).toEqual(["ring twice", true]);
  again.giveUp();
  expect([again.note, again.overtaken, again.isUntouched]).toEqual(["", false, true]);
});

it("follows what others make of it as long as nothing is typed", () => {
  let now = order();
  const changing = new Changing("o", () => now);
  now = { ...order(2), lines: [{ ...line, quantity: "5" }] } as unknown as OrderView;
  expect([changing.overtaken, changing.isUntouched]).toEqual([true, true]);
  changing.giveUp();
  expect([changing.lines[0]?.quantity, changing.overtaken]).toEqual(["5", false]);
});

it("is as it was when what was typed is taken back", () => {
  const changing = new Changing("o", () => order());
  changing.note = "x";
  changing.changed();
  expect(drafts.size).toBe(1);
  changing.note = "";
  changing.changed();
  expect([changing.isUntouched, drafts.size]).toEqual([true, 0]);
});
