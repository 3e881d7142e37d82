import { expect, it } from "vitest";
import { isWithin, paths } from "./paths.ts";

it("builds a link for every section", () => {
  expect(Object.values(paths).map((path) => path())).toEqual([
    "/office/",
    "/office/orders",
    "/office/orders/new",
    "/office/orders/change",
    "/office/visits",
    "/office/customers",
    "/office/customers/duplicates",
    "/office/products",
    "/office/people",
    "/office/devices",
    "/office/imports",
    "/office/erp",
    "/office/restoration",
    "/office/quarantine",
  ]);
});

it("names filters and the open row", () => {
  expect(paths.orders({ state: "held", open: "o-1" })).toBe("/office/orders?state=held&open=o-1");
  expect(paths.customers({ conflicts: "true" })).toBe("/office/customers?conflicts=true");
  expect(paths.visits({ from: "2026-11-23", to: "2026-11-23" })).toBe("/office/visits?from=2026-11-23&to=2026-11-23");
});

it("knows the section of an address", () => {
  expect(isWithin("/office", paths.home())).toBe(true);
  expect(isWithin("/office/orders", paths.home())).toBe(false);
  expect(isWithin("/office/orders", paths.orders())).toBe(true);
  expect(isWithin("/office/orders2", paths.orders())).toBe(false);
});
