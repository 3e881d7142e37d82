import { AxeBuilder } from "@axe-core/playwright";
import { expect } from "@playwright/test";
import type { Device } from "./device.ts";

const RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"];

/** Whatever can be looked at: a device's screen, or a page that is no device's. */
type Seen = Pick<Device, "page" | "locale">;

/** Nothing on the screen shuts out who sees, hears or points differently (WCAG 2.2 AA). */
export async function expectAccessible(device: Seen): Promise<void> {
  const { violations } = await new AxeBuilder({ page: device.page }).withTags(RULES).analyze();
  const found = violations.map(({ id, help, nodes }) => ({ id, help, where: nodes.map((node) => node.html) }));
  expect(found, "accessibility").toEqual([]);
}

/** The screen as assistive technology hears it is as kept in `specs/snapshots`, in one language: it is the structure that counts. */
export async function expectOutline(device: Seen, name: string): Promise<void> {
  if (device.locale !== "en") return;
  const file = `${name}.aria.yml`;
  await expect(device.page.locator("main")).toMatchAriaSnapshot({ name: file });
}

/** Keeps a picture of the screen in `results/pictures`. */
export async function takePicture(device: Seen, name: string): Promise<void> {
  await device.page.evaluate(() => document.fonts.ready);
  await device.page.screenshot({ path: `results/pictures/${name}-${device.locale}.png` });
}

/** Looks at the screen in light and dark: it is for everybody, and a picture of it is kept. */
export async function looked(device: Seen, name: string): Promise<void> {
  for (const colorScheme of ["light", "dark"] as const) {
    await device.page.emulateMedia({ colorScheme });
    await expectAccessible(device);
    await takePicture(device, `${name}-${colorScheme}`);
  }
  await device.page.emulateMedia({ colorScheme: "light" });
}

/** With text of twice the size nothing is cut off, runs into something else or has to be pushed sideways. */
export async function expectRoomForLargeText(device: Seen): Promise<void> {
  const { page } = device;
  const size = (percent: string) => page.evaluate((it) => (document.documentElement.style.fontSize = it), percent);
  await size("200%");
  expect.soft(await page.evaluate(cutOff, page.viewportSize()?.width ?? 0), "cut off at 200 % text").toEqual([]);
  await size("");
}

/** In the browser: what does not fit into a screen of this width. A phone shows a page that is too wide smaller, so the page cannot be asked. */
function cutOff(width: number): string[] {
  const found: string[] = [];
  if (document.documentElement.scrollWidth > width + 1) found.push(`the page is ${document.documentElement.scrollWidth} wide`);
  const scrolls = (it: Element): boolean => /auto|scroll/.test(getComputedStyle(it).overflowX);
  const said = (it: Element): string => `${it.tagName.toLowerCase()}.${it.getAttribute("class") ?? ""}: ${(it.textContent ?? "").trim().slice(0, 60)}`;
  for (const element of document.body.querySelectorAll("*")) {
    const style = getComputedStyle(element);
    const box = element.getBoundingClientRect();
    if (!element.checkVisibility() || box.width <= 1 || element.closest(".sr-only, svg, dialog:not([open])")) continue;
    const isWords = [...element.childNodes].some((node) => node.nodeType === Node.TEXT_NODE && node.textContent?.trim());
    const hides = (overflow: string): boolean => overflow === "hidden" || overflow === "clip";
    if (hides(style.overflowX) && element.scrollWidth > element.clientWidth + 1) found.push(`too narrow: ${said(element)}`);
    if (hides(style.overflowY) && element.scrollHeight > element.clientHeight + 1) found.push(`too low: ${said(element)}`);
    if (!isWords) continue;
    let around: Element | null = element;
    while (around && !scrolls(around)) around = around.parentElement;
    if (!around && (box.right > width + 1 || box.left < -1)) found.push(`beside the screen: ${said(element)}`);
    const control = element.closest("button, a, label, [role=option]")?.getBoundingClientRect();
    if (control && (box.left < control.left - 1 || box.right > control.right + 1)) found.push(`beside its control: ${said(element)}`);
  }
  return found;
}
