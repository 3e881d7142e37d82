import { expect, test } from "@playwright/test";
import { componentNames, serveKit } from "../harness/kit.ts";
import { expectAccessible, expectRoomForLargeText, takePicture } from "../harness/look.ts";

test("every component of the kit is shown, and is for everybody in both themes and languages", async ({ page }) => {
  const { server, url } = await serveKit();
  try {
    await page.setViewportSize({ width: 390, height: 844 });
    await page.goto(url);
    const components = page.locator("[data-component]");
    await expect(components.first()).toBeVisible();
    const shown = await components.evaluateAll((all) => all.map((it) => it.getAttribute("data-component") ?? ""));
    expect(shown.filter((name) => name !== "tokens").sort()).toEqual(await componentNames());

    for (const [locale, language, theme] of [["en", "English", "Light"], ["zh-CN", "中文", "Dark"]] as const) {
      const seen = { page, locale };
      await page.getByRole("button", { name: language, exact: true }).click();
      await page.getByRole("button", { name: theme, exact: true }).click();
      await expectRoomForLargeText(seen);
      await page.locator("[data-component=Toaster] button").nth(1).click();
      await expectAccessible(seen);
      await page.locator("[data-component=Sheet] button").click();
      await expect(page.getByRole("dialog")).toBeVisible();
      await expectAccessible(seen);
      await expectRoomForLargeText(seen);
      await page.keyboard.press("Escape");
      await takePicture(seen, `kit-${theme}`);
    }
  } finally {
    await server.close();
  }
});
