import { AxeBuilder } from "@axe-core/playwright";
import { expect } from "@playwright/test";
import type { Device } from "./device.ts";

const RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"];

/** Nothing on the screen shuts out who sees, hears or points differently (WCAG 2.2 AA). */
export async function expectAccessible(device: Device): Promise<void> {
  const { violations } = await new AxeBuilder({ page: device.page }).withTags(RULES).analyze();
  const found = violations.map(({ id, help, nodes }) => ({ id, help, where: nodes.map((node) => node.html) }));
  expect(found, "accessibility").toEqual([]);
}

/** The screen as assistive technology hears it is as kept in `specs/snapshots`. */
export async function expectOutline(device: Device, name: string): Promise<void> {
  const file = `${name}-${device.locale}.aria.yml`;
  await expect(device.page.locator("main")).toMatchAriaSnapshot({ name: file });
}

/** Keeps a picture of the screen in `results/pictures`. */
export async function takePicture(device: Device, name: string): Promise<void> {
  await device.page.evaluate(() => document.fonts.ready);
  await device.page.screenshot({ path: `results/pictures/${name}-${device.locale}.png` });
}

/** Looks at the screen in light and dark: it is for everybody, and a picture of it is kept. */
export async function looked(device: Device, name: string): Promise<void> {
  for (const colorScheme of ["light", "dark"] as const) {
    await device.page.emulateMedia({ colorScheme });
    await expectAccessible(device);
    await takePicture(device, `${name}-${colorScheme}`);
  }
  await device.page.emulateMedia({ colorScheme: "light" });
}
