import { expectAccessible, takePicture } from "../harness/look.ts";
import { Rep } from "../harness/rep.ts";
import { expect, test } from "../harness/test.ts";

test("a product that the office renames, prices and counts is so on the phone", async ({ phone, office }) => {
  const rep = new Rep(phone);
  await rep.begins();
  const { page, text } = office;
  await office.signIn("office");
  await page.getByRole("navigation").getByRole("link", { name: text("products") }).first().click();
  await page.getByRole("row").nth(1).getByRole("link").click();
  const panel = page.getByRole("complementary", { name: text("product_panel") });
  await expect(panel.getByRole("heading", { level: 2 })).toBeVisible();
  await expectAccessible(office);
  await takePicture(office, "office-product");

  await panel.getByRole("button", { name: text("edit_product") }).click();
  await panel.getByLabel(text("name_zh")).fill("");
  await panel.getByRole("button", { name: text("save"), exact: true }).click();
  await expect(panel.getByRole("alert")).toBeVisible();
  await panel.getByLabel(text("name_zh")).fill("新面粉");
  await expectAccessible(office);
  await takePicture(office, "office-product-edit");
  await panel.getByRole("button", { name: text("save"), exact: true }).click();
  await expect(panel.getByRole("heading", { level: 2, name: "新面粉" })).toBeVisible();

  // In every list, since any of them may be the customer's.
  const lists = panel.getByRole("button", { name: new RegExp(text("edit_price_in", { list: ".*" })) });
  const count = await lists.count();
  for (let list = 0; list < count; list += 1) {
    await lists.nth(list).click();
    const price = panel.getByRole("form", { name: text("edit_price") });
    await price.getByRole("textbox").nth(0).fill("12.34");
    if (list === 0) await takePicture(office, "office-product-price");
    await panel.getByRole("button", { name: text("save"), exact: true }).click();
    await expect(price).toBeHidden();
  }
  await expect(panel.getByText("¥12.34").first()).toBeVisible();

  await panel.getByRole("button", { name: text("count_stock") }).first().click();
  const counted = panel.getByRole("textbox");
  await counted.fill("many");
  await panel.getByRole("button", { name: text("save"), exact: true }).click();
  await expect(panel.getByRole("alert")).toBeVisible();
  await expect(counted).toHaveValue("many");
  await counted.fill("777");
  await panel.getByRole("button", { name: text("save"), exact: true }).click();
  await expect(panel.getByText(/^777 /)).toBeVisible();

  await rep.opensCustomer("hgsp", "海港食品 中山路店");
  await rep.checksIn();
  await rep.link("take_order").click();
  await phone.page.getByRole("searchbox").fill("新面粉");
  const row = phone.page.getByRole("listitem").filter({ hasText: "新面粉" });
  await expect(row).toContainText("12.34");
});

test("a price of a day to come is told on the phone, moved and taken back", async ({ phone, office }) => {
  const rep = new Rep(phone);
  await rep.begins();
  const { page, text } = office;
  await office.signIn("office");
  await page.getByRole("navigation").getByRole("link", { name: text("products") }).first().click();
  await page.getByRole("row").nth(1).getByRole("link").click();
  const panel = page.getByRole("complementary", { name: text("product_panel") });
  const name = await panel.getByRole("heading", { level: 2 }).innerText();
  const form = panel.getByRole("form", { name: text("edit_price") });
  const save = form.getByRole("button", { name: text("save"), exact: true });
  const coming = panel.getByRole("group", { name: new RegExp(text("price_from_day", { day: ".*" })) });

  // In every list, since any of them may be the customer's.
  const lists = panel.locator("section > header").getByRole("button", { name: new RegExp(text("edit_price_in", { list: ".*" })) });
  const count = await lists.count();
  for (let list = 0; list < count; list += 1) {
    await lists.nth(list).click();
    const since = form.getByLabel(text("price_since"));
    const today = await since.inputValue();
    if (list === 0) {
      await since.fill(later(today, -1));
      await form.getByRole("textbox").first().fill("15.50");
      await save.click();
      await expect(form.getByRole("alert")).toBeVisible();
      await expect(since).toBeFocused();
    }
    await form.getByRole("textbox").first().fill("15.50");
    await since.fill(later(today, 3));
    if (list === 0) await takePicture(office, "office-product-price-day");
    await page.keyboard.press("Control+Enter");
    await expect(form).toBeHidden();
  }
  await expect(coming).toHaveCount(count);
  await expect(coming.first()).toContainText("15.50");
  await expectAccessible(office);
  await takePicture(office, "office-product-coming");

  await rep.opensCustomer("hgsp", "海港食品 中山路店");
  await rep.checksIn();
  await rep.link("take_order").click();
  await phone.page.getByRole("searchbox").fill(name);
  const row = phone.page.getByRole("listitem").filter({ hasText: name }).first();
  await expect(row).toContainText("15.50");
  await expectAccessible(phone);
  await takePicture(phone, "phone-product-coming");

  await coming.first().getByRole("button").first().click();
  const since = form.getByLabel(text("price_since"));
  await since.fill(later(await since.inputValue(), 1));
  await form.getByRole("textbox").first().fill("16.60");
  await save.click();
  await expect(coming.first()).toContainText("16.60");

  for (let left = count; left > 0; left -= 1) {
    await coming.first().getByRole("button").last().click();
    await page.getByRole("dialog").getByRole("button", { name: text("withdraw_price"), exact: true }).click();
    await expect(coming).toHaveCount(left - 1);
  }
  await expect(row).not.toContainText("15.50");
  await expect(row).not.toContainText("16.60");
});

/** So many days after a day written `2026-11-23`. */
function later(day: string, days: number): string {
  return new Date(Date.parse(`${day}T00:00:00Z`) + days * 86_400_000).toISOString().slice(0, 10);
}
