import { expect, test } from "vitest";
import type { Summary } from "#api/types.ts";
import { waits } from "./waits.ts";

const quiet = { needsOffice: 0, quarantined: 0, conflicts: 0, restoredSince: null } as Summary;

test("what waits leads to where it waits, the most urgent first", () => {
  expect(waits(quiet)).toEqual([]);
  const entries = waits({ ...quiet, quarantined: 3, conflicts: 2 });
  expect(entries.map((it) => [it.count, it.href])).toEqual([
    [3, expect.stringContaining("/quarantine?")],
    [2, expect.stringContaining("/customers?")],
  ]);
  expect(waits({ ...quiet, conflicts: 1, restoredSince: 1 })[0]?.icon).toBe("history");
});
