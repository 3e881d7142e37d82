import { beforeEach, describe, expect, it, vi } from "vitest";
import { clockOff, dayOf, daysSince, distance, money, timeOfDay, when, whenDay } from "./format.ts";
import { correctClock, locale } from "./locale.svelte.ts";
import { errorText, figureText, fill, localName, traceText } from "./text.ts";

const noon = new Date(2026, 10, 23, 12, 0).getTime();
const HOUR = 3_600_000;

beforeEach(() => {
  vi.useFakeTimers({ now: noon });
  locale.current = "en";
});

describe("money", () => {
  it("has its currency, and places only when they say something", () => {
    expect(money({ minor: 238_000, currency: "CNY" })).toBe("¥2,380");
    expect(money({ minor: 238_050, currency: "CNY" })).toBe("¥2,380.50");
    expect(money({ minor: 238_000, currency: "CNY" }, true)).toBe("¥2,380.00");
    expect(money({ minor: -500, currency: "JPY" })).toBe("-¥500");
  });
});

describe("times", () => {
  it("say by how much a clock is off", () => {
    expect(clockOff(7 * 60_000)).toBe("7 minutes ahead");
    expect(clockOff(-26 * HOUR)).toBe("26 hours behind");
    expect(clockOff(3 * 365 * 24 * HOUR)).toBe("1095 days ahead");
  });

  it("are told by the corrected clock", () => {
    vi.setSystemTime(noon + 1_000 * HOUR);
    correctClock(1_000 * HOUR);
    expect(when(noon - 5 * 60_000)).toBe("5 min ago");
    correctClock(0);
  });

  it("are relative when near and absolute when not", () => {
    expect(when(noon - 20_000)).toBe("just now");
    expect(when(noon - 5 * 60_000)).toBe("5 min ago");
    expect(when(noon - 3 * HOUR)).toBe("09:00");
    expect(when(noon - 24 * HOUR)).toBe("yesterday 12:00");
    expect(when(noon - 100 * HOUR)).toBe("19 Nov");
    expect(whenDay(noon - 100 * HOUR)).toBe("4 days ago");
  });

  it("count calendar days, not spans of 24 hours", () => {
    expect(daysSince(noon - 13 * HOUR)).toBe(1);
    expect(daysSince(noon - 11 * HOUR)).toBe(0);
    expect(daysSince(noon + 13 * HOUR)).toBe(-1);
  });

  it("go to a day and back", () => {
    expect(dayOf(timeOfDay("2026-03-09"))).toBe("2026-03-09");
  });
});

describe("texts", () => {
  it("leave out what they have no parameter for", () => {
    expect(fill("Over the limit[ by {over}].", {})).toBe("Over the limit.");
    expect(fill("Over the limit[ by {over}].", { over: "¥1" })).toBe("Over the limit by ¥1.");
  });

  it("say a refusal with its figures", () => {
    expect(errorText({ code: "OVER_CREDIT", params: { over: "1520.00 CNY" } })).toBe("Over the credit limit by ¥1,520.");
    expect(errorText({ code: "SHORT", params: { product: "P-1", short: "12", unit: "pc" } })).toBe("Not enough in stock: P-1 is 12 pc short.");
    expect(errorText({ code: "INVALID", params: { field: "phone" } })).toBe("Phone: This value cannot be used.");
    expect(errorText(new Error("boom"))).toBe("Something went wrong.");
  });

  it("say figures and price steps as people write them", () => {
    expect(figureText("3 box = 36 pc")).toBe("3 box = 36 pc");
    expect(figureText("-12.50 CNY")).toBe("-¥12.50");
    expect(traceText({ code: "discount", detail: "5" })).toBe("Discount 5%");
    locale.current = "zh-CN";
    expect(figureText("3 box = 36 pc")).toBe("3 盒 = 36 件");
    expect(traceText({ code: "list_price", detail: "pc" })).toBe("价目表单价（每件）");
  });

  it("fall back to the other language's name", () => {
    expect(localName({ zh: "吐司", en: "" })).toBe("吐司");
  });
});

it("says distances roughly", () => {
  expect(distance(3)).toBe("10 m");
  expect(distance(654)).toBe("650 m");
  expect(distance(1_380)).toBe("1.4 km");
});
