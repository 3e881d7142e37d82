import { describe, expect, it } from "vitest";
import { customers, isNarrowed, nextSort, orders, query, read, write } from "./filters.ts";

const stateOf = (search: string) => read(orders, new URLSearchParams(search));

describe("a list's address", () => {
  it("says nothing when the list is as it is on its own", () => {
    expect(write(orders, stateOf(""))).toBe("");
  });

  it("is read back as it was written", () => {
    const search = "?search=%E6%B5%B7%E6%B8%AF&state=held&rep=r-1&from=2026-11-01&to=2026-11-23&sort=-total&page=3&open=o-1";
    expect(write(orders, stateOf(search))).toBe(search);
    expect(stateOf(search)).toMatchObject({ search: "海港", state: "held", page: 3, open: "o-1" });
  });

  it("ignores what it cannot understand", () => {
    expect(write(orders, stateOf("?state=eaten&from=2026-13-45&sort=colour&page=-2&other=1"))).toBe("");
  });

  it("takes a known column in both directions", () => {
    expect(stateOf("?sort=total").sort).toBe("total");
    expect(stateOf("?sort=-total").sort).toBe("-total");
  });
});

describe("the question to the API", () => {
  it("leaves out filters that are not set and turns a page into an offset", () => {
    expect(query(orders, stateOf("?state=held&page=3"))).toEqual({ state: "held", sort: "-placedAt", limit: 50, offset: 100 });
  });

  it("does not send which row is open", () => {
    expect(query(customers, read(customers, new URLSearchParams("?conflicts=true&open=c")))).toEqual({ conflicts: "true", sort: "name", limit: 50, offset: 0 });
  });
});

it("knows whether anything narrows the list", () => {
  expect(isNarrowed(orders, stateOf("?sort=total&page=2&open=o"))).toBe(false);
  expect(isNarrowed(orders, stateOf("?search=a"))).toBe(true);
});

it("turns a sort round on the second press", () => {
  expect(nextSort("-placedAt", "total")).toBe("total");
  expect(nextSort("total", "total")).toBe("-total");
  expect(nextSort("-total", "total")).toBe("total");
  expect(nextSort("name", "-balance")).toBe("-balance");
  expect(nextSort("-balance", "-balance")).toBe("balance");
});
