import { flushSync } from "svelte";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Pages } from "./pages.svelte.ts";

interface Asked {
  args: { search?: string; limit: number; offset: number };
  answer: (result: { total: number; rows: { id: string }[] }) => void;
  ended: boolean;
}

let asked: Asked[] = [];
vi.mock("#lib/engine.ts", () => ({
  engine: () => ({
    live(_: string, args: Asked["args"], answer: Asked["answer"]) {
      const one: Asked = { args, answer, ended: false };
      asked.push(one);
      return () => (one.ended = true);
    },
  }),
}));

let search = $state("");
const rows = (from: number, count: number) => Array.from({ length: count }, (_, index) => ({ id: String(from + index) }));

function list(pages?: number): Pages<"customers"> {
  let list: Pages<"customers"> | undefined;
  leave = $effect.root(() => {
    list = new Pages("customers", () => ({ search }), pages);
  });
  flushSync();
  if (!list) throw new Error("not made");
  return list;
}

let leave = (): void => undefined;
afterEach(() => leave());

beforeEach(() => {
  asked = [];
  search = "";
});

describe("Pages", () => {
  it("asks for the next page once the one before is here, and never beyond the end", () => {
    const it = list();
    it.more();
    expect(asked).toHaveLength(1);
    asked[0]?.answer({ total: 90, rows: rows(0, 60) });
    it.more();
    expect(asked[1]?.args).toMatchObject({ limit: 60, offset: 60 });
    asked[1]?.answer({ total: 90, rows: rows(60, 30) });
    it.more();
    expect(asked).toHaveLength(2);
    expect(it.rows).toHaveLength(90);
  });

  it("shows a row once while it moves from one page to another", () => {
    const it = list(2);
    asked[1]?.answer({ total: 61, rows: rows(59, 2) });
    asked[0]?.answer({ total: 61, rows: rows(0, 60) });
    expect(it.rows.map((row) => row.id)).toHaveLength(61);
  });

  it("keeps the last answer until the first of a new question", () => {
    const it = list();
    asked[0]?.answer({ total: 2, rows: rows(0, 2) });
    search = "x";
    flushSync();
    expect(asked[0]?.ended).toBe(true);
    expect(it.rows).toHaveLength(2);
    asked[1]?.answer({ total: 1, rows: rows(7, 1) });
    expect(it.rows.map((row) => row.id)).toEqual(["7"]);
  });
});
