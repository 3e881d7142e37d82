import { expect, test } from "vitest";
import { percentOf, usualDay } from "./sold.ts";

const days = (...minor: number[]): { orderTotal: { minor: number } }[] => minor.map((it) => ({ orderTotal: { minor: it } }));

test("a usual day is the middle one of those with orders, and today is none of them", () => {
  expect(usualDay(days(3049, 0, 100, 9000, 0, 200, 5))).toBe(3000);
});

test("nothing is usual after three days", () => {
  expect(usualDay(days(100, 200, 0, 300, 400))).toBeUndefined();
});

test("a part of nothing is nothing", () => {
  expect(percentOf(5, 0)).toBe(0);
  expect(percentOf(1, 3)).toBe(33);
});
