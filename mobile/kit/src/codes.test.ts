// @vitest-environment node
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import en from "../messages/en.json" with { type: "json" };
import zh from "../messages/zh-CN.json" with { type: "json" };

const core = (file: string): string => readFileSync(new URL(`../../../core/src/${file}`, import.meta.url), "utf8");
const codes = [...core("error.rs").matchAll(/^\s+[A-Z_]+ = "([A-Z_]+)";$/gm)].map((match) => match[1]);
const fixes = [...core("rules/mod.rs").matchAll(/pub const [A-Z_]+: &str = "(\w+)";/g)].map((match) => match[1]);

describe("texts of the core's codes", () => {
  it("finds the codes", () => {
    expect(codes.length).toBeGreaterThan(30);
    expect(fixes.length).toBeGreaterThan(5);
  });

  it.each([
    ["en", en],
    ["zh-CN", zh],
  ])("has a sentence for every one in %s", (_, texts: Record<string, string>) => {
    expect(codes.filter((code) => !texts[`error.${code}`])).toEqual([]);
    expect(fixes.filter((code) => !texts[`fix.${code}`])).toEqual([]);
  });

  it("has the same texts in both languages, with the same parameters", () => {
    const shape = (texts: Record<string, string>) =>
      Object.entries(texts).map(([key, text]) => [key, [...text.matchAll(/\{\w+\}/g)].map(String).sort()]);
    expect(shape(zh)).toEqual(shape(en));
  });
});
