import { expect, test } from "vitest";
import { shapeNames, strokesOf, tintOf } from "./pictures.ts";

test("every picture is small", () => {
  expect(shapeNames.length).toBeGreaterThan(25);
  for (const shape of shapeNames) {
    const drawn = strokesOf(shape).map(([tone, path]) => `<path class="${tone}" d="${path}"/>`).join("");
    expect(drawn.length, shape).toBeLessThan(1_200);
    expect(drawn, shape).not.toContain("NaN");
  }
});

test("what this app does not know is a plain box in a neutral colour", () => {
  expect(strokesOf("hovercraft")).toBe(strokesOf("box"));
  expect(strokesOf(undefined)).toBe(strokesOf("box"));
  expect(tintOf("ultraviolet")).toEqual(tintOf("slate"));
});
