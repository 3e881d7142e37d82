import { flushSync } from "svelte";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Draft } from "./draft.svelte.ts";

vi.mock("#lib/app.svelte.ts", () => ({ app: { session: { person: "lin" } } }));

const store = new Map<string, string>();
vi.stubGlobal("localStorage", {
  getItem: (key: string) => store.get(key) ?? null,
  setItem: (key: string, value: string) => store.set(key, value),
  removeItem: (key: string) => store.delete(key),
});

function draft(): Draft<{ name: string; phone: string }> {
  let draft: Draft<{ name: string; phone: string }> | undefined;
  leave = $effect.root(() => {
    draft = new Draft("customer.new", { name: "", phone: "" });
  });
  flushSync();
  if (!draft) throw new Error("not made");
  return draft;
}

let leave = (): void => undefined;
afterEach(() => leave());

beforeEach(() => store.clear());

describe("Draft", () => {
  it("is there again after the tab was killed", () => {
    draft().value.name = "Café Zoë";
    flushSync();
    expect(draft().value).toEqual({ name: "Café Zoë", phone: "" });
  });

  it("leaves nothing behind once it is saved, or when nothing was typed", () => {
    const it = draft();
    expect(store.size).toBe(0);
    it.value.name = "x";
    flushSync();
    expect([...store.keys()]).toEqual(["roundsman.draft.lin.customer.new"]);
    it.clear();
    flushSync();
    expect(store.size).toBe(0);
  });

  it("does not trip over what it cannot read", () => {
    store.set("roundsman.draft.lin.customer.new", "{broken");
    expect(draft().value.name).toBe("");
  });
});
