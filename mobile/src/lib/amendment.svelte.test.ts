import { flushSync } from "svelte";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Amendment } from "./amendment.svelte.ts";
import type { OrderView } from "./engine.ts";

vi.mock("#lib/app.svelte.ts", () => ({ app: { session: { person: "lin" } } }));

const store = new Map<string, string>();
vi.stubGlobal("localStorage", {
  getItem: (key: string) => store.get(key) ?? null,
  setItem: (key: string, value: string) => store.set(key, value),
  removeItem: (key: string) => store.delete(key),
});

const line = (id: string, quantity: string) => ({ id, product: `product ${id}`, pack: "box", quantity, discount: "0" });
let order = { row: { versions: 1, requestedOn: null }, note: "", lines: [line("a", "5"), line("b", "2")] } as unknown as OrderView;

function amendment(): Amendment {
  let made: Amendment | undefined;
  leave = $effect.root(() => {
    made = new Amendment("1", () => order);
  });
  flushSync();
  if (!made) throw new Error("not made");
  return made;
}

let leave = (): void => undefined;
afterEach(() => leave());
beforeEach(() => store.clear());

describe("Amendment", () => {
  it("begins with the lines that stand, and keeps nothing until one is changed", () => {
    expect(amendment().lines.map((it) => [it.line, it.quantity])).toEqual([["a", "5"], ["b", "2"]]);
    expect(store.size).toBe(0);
  });

  it("changes a line, takes one out and adds one", () => {
    const it = amendment();
    it.want({ product: "product a", pack: "box", quantity: "3", discount: "0" });
    it.want({ product: "product b", pack: "box", quantity: "0", discount: "0" });
    it.want({ product: "product c", pack: "pc", quantity: "1", discount: "0" });
    expect(it.lines.map(({ line, product, quantity }) => [line, product, quantity])).toEqual([["a", "product a", "3"], [undefined, "product c", "1"]]);
  });

  it("is there again after the tab was killed, and says when somebody else was faster", () => {
    amendment().want({ product: "product a", pack: "box", quantity: "3", discount: "0" });
    flushSync();
    leave();
    const again = amendment();
    expect(again.lines[0]?.quantity).toBe("3");
    expect(again.overtaken).toBe(false);
    order = { ...order, row: { ...order.row, versions: 2 } };
    expect(again.overtaken).toBe(true);
    again.clear();
    expect([again.overtaken, again.lines[0]?.quantity]).toEqual([false, "5"]);
  });
});
