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
