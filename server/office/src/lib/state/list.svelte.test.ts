import { expect, it } from "vitest";
import { concerns, List } from "./list.svelte.ts";

interface Row {
  id: string;
  state: string;
}

async function listOf(...pages: Row[][]): Promise<List<Row>> {
  const list = new List<Row>((row) => row.id);
  await list.page.load(async () => ({ total: 2, rows: pages.shift() ?? [] }));
  return list;
}

const row = (id: string, state = "waiting"): Row => ({ id, state });

it("marks what changed and what is new after a refresh, and nothing else", async () => {
  const list = await listOf([row("a"), row("b")], [row("c"), row("a"), row("b", "held")]);
  expect(list.fresh.size).toBe(0);
  await list.refresh();
  expect([...list.fresh]).toEqual(["c", "b"]);
});

it("steps through its rows and stops at both ends", async () => {
  const list = await listOf([row("a"), row("b")]);
  const ids = [list.step("", 1), list.step("", -1), list.step("a", 1), list.step("b", 1), list.step("a", -1)].map((it) => it?.id);
  expect(ids).toEqual(["a", "b", "b", "b", "a"]);
});

it("takes a change that names nothing as one that concerns everything", () => {
  expect([concerns(new Set(), "a"), concerns(new Set(["b"]), "a"), concerns(new Set(["b"]), "a", "b")]).toEqual([true, false, true]);
});
