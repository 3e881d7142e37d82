import { locale } from "@roundsman/kit";
import { beforeAll, expect, it } from "vitest";
import { overwriteGetLocale } from "./paraglide/runtime.js";
import { brief, changeText, figure, lasted, stateText } from "./words.ts";

beforeAll(() => {
  overwriteGetLocale(() => locale.current);
  locale.current = "en";
});

it("writes what a rule saw as people do", () => {
  expect(["1520.00 CNY", "-12.50 EUR", "10 pc", "0.5", "yes", "north"].map(figure)).toEqual(["¥1,520.00", "-€12.50", "10 pc", "0.5", "yes", "north"]);
});

it("names how long something took by its largest unit", () => {
  expect([20_000, 59 * 60_000, 2.1 * 3_600_000, 72 * 3_600_000].map(lasted)).toEqual(["1 min", "59 min", "2 h", "3 d"]);
});

it("puts codes of a history into words", () => {
  expect([changeText("outcome", "noNeed"), changeText("active", "false"), changeText("phone", "021")]).toEqual(["Nothing needed", "no", "021"]);
});

it("has a word for what holds an order, and none for what it does not know", () => {
  expect([brief("OVER_CREDIT"), brief("SOMETHING_NEW"), stateText("countered")]).toEqual(["credit", "", "Countered"]);
});
