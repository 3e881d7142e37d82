import { expect, it } from "vitest";
import { amountOf, amountText } from "./amounts.ts";

it("reads what people type, and nothing else", () => {
  const minor = (text: string, currency = "CNY") => amountOf(text, currency)?.minor;
  expect([minor("0"), minor("1520"), minor(" 1520.5 "), minor("12,000.05"), minor("700", "JPY")]).toEqual([0, 152_000, 152_050, 1_200_005, 700]);
  for (const wrong of ["", "-1", "1.234", "1,2", "12e3", "much", "99999999999999999"]) expect(minor(wrong)).toBeUndefined();
  expect(minor("7.5", "JPY")).toBeUndefined();
});

it("writes what it reads", () => {
  for (const text of ["0", "1520", "1520.50", "0.07"]) expect(amountText(amountOf(text, "CNY")!)).toBe(text);
});
