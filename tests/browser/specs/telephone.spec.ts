import type { Device } from "../harness/device.ts";
import { expectAccessible, expectOutline, expectRoomForLargeText, looked, takePicture } from "../harness/look.ts";
import { Rep } from "../harness/rep.ts";
import { expect, test } from "../harness/test.ts";

const CUSTOMER = "海港食品 中山路店";

/** Opens the form for a new order from anywhere, as hands on a keyboard do. */
async function beginsAnOrder({ page, text }: Device): Promise<void> {
  await page.keyboard.press("Control+k");
  await page.keyboard.type(text("new_order"));
  await page.keyboard.press("Enter");
  await expect(page.getByRole("combobox", { name: text("search_customers") })).toBeFocused();
  await page.keyboard.type("hgsp");
  await page.keyboard.press("Enter");
  await expect(page.getByRole("heading", { level: 2, name: CUSTOMER })).toBeVisible();
  await expect(page.getByRole("combobox", { name: text("search_to_order") })).toBeFocused();
}

/** Types a product and how much of it; Enter before anything is found counts, too. */
async function orders({ page, text }: Device, search: string, quantity: string): Promise<void> {
  await page.keyboard.type(search);
  await page.keyboard.press("Enter");
  await expect(page.locator("li[data-product] input:focus")).toHaveCount(1);
  await page.keyboard.type(quantity);
  await page.keyboard.press("Enter");
  await expect(page.getByRole("combobox", { name: text("search_to_order") })).toBeFocused();
}

for (const language of ["zh-CN", "en"] as const) {
  test.describe(language, () => {
    test.use({ language });

    test("a shop telephones: its order is taken without a mouse, and is on the rep's phone", async ({ phone, office }) => {
      // It is looked at in every colour and size.
      test.slow();
      const rep = new Rep(phone);
      await rep.begins();
      const { page, text } = office;
      await office.signIn("office");
      await beginsAnOrder(office);
      await page.keyboard.press("Control+Enter");
      await expect(page.getByText(text("order_empty")).first()).toBeVisible();
      await orders(office, "butter", "2");
      await orders(office, "soy", "3");
      const lines = page.getByRole("list", { name: text("order_lines") }).getByRole("listitem");
      await expect(lines).toHaveCount(2);

      await page.reload();
      await expect(lines).toHaveCount(2);
      await expect(lines.nth(1).getByRole("textbox").first()).toHaveValue("3");
      const quantity = lines.first().getByRole("textbox").first();
      await quantity.focus();
      await page.keyboard.press("Control+a");
      await page.keyboard.type("two");
      await page.keyboard.press("Control+Enter");
      await expect(quantity).toBeFocused();
      await expect(page.getByText(text("order_line_wrong")).first()).toBeAttached();
      await page.keyboard.type("2");
      await page.keyboard.press("Enter");
      await expect(lines.first().getByText(/¥\d/).last()).toBeVisible();
      await looked(office, "office-new-order");
      await expectOutline(office, "office-new-order");
      await expectRoomForLargeText(office);
      await page.setViewportSize({ width: 390, height: 844 });
      await looked(office, "office-new-order-narrow");
      await page.setViewportSize({ width: 1440, height: 900 });

      await page.keyboard.press("Control+Enter");
      const panel = page.getByRole("complementary", { name: text("order_panel") });
      await expect(panel.getByText(text("order.accepted")).first()).toBeVisible();
      const said = (await panel.getByText(/OFFICE-\d+-0001/).textContent()) ?? "";
      const number = said.split(" ")[0] ?? "";
      await expectAccessible(office);
      await takePicture(office, "office-new-order-taken");

      await rep.opensOrder(number);
      await expect(rep.state("confirmed")).toBeVisible();
      await expect(phone.page.getByText(phone.text("taken_in_office"))).toBeVisible();
      await takePicture(phone, "phone-order-from-office");
    });

    test("the last order again: on a dead line nothing is lost, and it is taken once", async ({ office }) => {
      const { page, text } = office;
      await office.signIn("office");
      await beginsAnOrder(office);
      await orders(office, "butter", "2");
      await page.keyboard.press("Control+Enter");
      await expect(page.getByRole("complementary", { name: text("order_panel") })).toBeVisible();

      await beginsAnOrder(office);
      await page.keyboard.press("Tab");
      await expect(page.getByRole("button", { name: text("last_order_again", { count: 1 }) })).toBeFocused();
      await page.keyboard.press("Enter");
      const lines = page.getByRole("list", { name: text("order_lines") }).getByRole("listitem");
      await expect(lines).toHaveCount(1);
      await expect(lines.getByRole("textbox").first()).toHaveValue("2");
      await page.getByLabel(text("note")).focus();
      await page.keyboard.type("ring twice");

      office.network.cut();
      await page.keyboard.press("Control+Enter");
      const failed = page.getByRole("alert");
      await expect(failed).toContainText(text("order_not_taken"));
      await takePicture(office, "office-new-order-unreachable");
      await office.network.restore();
      await page.keyboard.press("Control+Enter");
      const panel = page.getByRole("complementary", { name: text("order_panel") });
      await expect(panel.getByText("ring twice")).toBeVisible();
      await page.keyboard.press("Escape");
      await expect(page.getByRole("link", { name: /OFFICE-/ })).toHaveCount(2);
    });

    test("the shop telephones again: its order is changed, and then called off", async ({ phone, office }) => {
      const rep = new Rep(phone);
      await rep.begins();
      const { page, text } = office;
      await office.signIn("office");
      await beginsAnOrder(office);
      await orders(office, "butter", "2");
      await page.keyboard.press("Control+Enter");
      const panel = page.getByRole("complementary", { name: text("order_panel") });
      await expect(panel.getByText(text("order.accepted")).first()).toBeVisible();
      const said = (await panel.getByText(/OFFICE-\d+-0001/).textContent()) ?? "";
      const number = said.split(" ")[0] ?? "";

      await panel.getByRole("link", { name: text("change_order") }).click();
      const lines = page.getByRole("list", { name: text("order_lines") }).getByRole("listitem");
      await expect(lines).toHaveCount(1);
      await page.keyboard.press("Control+Enter");
      await expect(page.getByText(text("nothing_changed")).first()).toBeVisible();
      await orders(office, "soy", "3");
      await page.reload();
      await expect(lines).toHaveCount(2);
      await expect(page.getByRole("list", { name: text("version.changes") }).getByRole("listitem")).toHaveCount(1);
      await looked(office, "office-change-order");
      await expectOutline(office, "office-change-order");
      await expectRoomForLargeText(office);
      await page.keyboard.press("Control+Enter");
      await expect(panel.getByRole("list", { name: text("version.list") }).getByRole("listitem").first()).toBeVisible();

      await rep.opensOrder(number);
      await expect(phone.page.getByText(phone.text("version.n", { n: 2 }), { exact: true }).first()).toBeVisible();
      await expect(rep.list("order_lines")).toHaveCount(2);

      await panel.getByRole("button", { name: text("cancel_order") }).click();
      const asked = page.getByRole("dialog");
      await asked.getByRole("textbox").fill("closed for a week");
      await looked(office, "office-cancel-order");
      await asked.getByRole("button", { name: text("cancel_order") }).click();
      await expect(panel.getByText(text("order_was_cancelled"))).toBeVisible();
      await expect(panel.getByRole("button", { name: text("cancel_order") })).toBeHidden();
      await expect(phone.page.getByText(phone.text("order.cancelled"), { exact: true }).first()).toBeVisible();
      await expect(phone.page.getByText("closed for a week").first()).toBeVisible();
    });
  });
}
