import type { Device } from "../harness/device.ts";
import { expectAccessible, takePicture } from "../harness/look.ts";
import { Rep } from "../harness/rep.ts";
import { expect, test } from "../harness/test.ts";

const SHOP = "晨光便利 观海路店";
const CUSTOMER = "海港食品 中山路店";
const HARBOUR = "harbour-7";

const form = (office: Device, label: string) => office.page.getByRole("form", { name: office.text(label) });

/** Chooses the territory in which Lin Mei works, which names her. */
async function choosesLin(office: Device): Promise<void> {
  const adding = form(office, "add_customer");
  const manager = adding.getByLabel(office.text("account_manager"));
  await expect(manager.getByRole("option", { name: "Lin Mei" })).toBeAttached();
  const territory = adding.getByLabel(office.text("territory"));
  const [, ...names] = await territory.getByRole("option").allTextContents();
  for (const name of names) {
    await territory.selectOption(name);
    if ((await manager.locator("option:checked").textContent()) === "Lin Mei") return;
  }
  throw new Error("Lin Mei works nowhere");
}

for (const language of ["zh-CN", "en"] as const) {
  test.describe(language, () => {
    test.use({ language });

    test("a shop that the office adds is on the rep's phone, and so is what is corrected there", async ({ phone, office }) => {
      const rep = new Rep(phone);
      await rep.begins();
      const { page } = office;
      await office.signIn("office");
      await page.getByRole("navigation").getByRole("link", { name: office.text("customers") }).first().click();
      await expect(page.getByRole("row").nth(1)).toBeVisible();

      await page.keyboard.press("n");
      const adding = form(office, "add_customer");
      const name = adding.getByLabel(office.text("field.name"), { exact: true });
      await expect(name).toBeFocused();
      await page.keyboard.press("Control+Enter");
      await expect(adding.getByRole("alert")).toBeVisible();
      await expect(name).toBeFocused();
      await takePicture(office, "office-new-customer-error");
      await name.fill(SHOP);
      await page.keyboard.press("Escape");
      await page.getByRole("dialog").getByRole("button", { name: office.text("keep_typing") }).click();
      await expect(name).toHaveValue(SHOP);
      await choosesLin(office);
      await adding.getByLabel(office.text("territory")).press("Escape");
      await page.getByRole("dialog").getByRole("button", { name: office.text("keep_typing") }).click();
      await adding.getByLabel(office.text("field.phone")).fill("0532 111");
      await expectAccessible(office);
      await takePicture(office, "office-new-customer");
      await page.keyboard.press("Control+Enter");
      const panel = page.getByRole("complementary", { name: office.text("customer_panel") });
      await expect(panel.getByRole("heading", { level: 2, name: SHOP })).toBeVisible();

      await rep.opensCustomer("cgbl", SHOP);
      await panel.getByRole("button", { name: office.text("edit_customer") }).click();
      await form(office, "edit_customer").getByLabel(office.text("field.phone")).fill("0532 222");
      await page.keyboard.press("Control+Enter");
      await expect(rep.page.getByText("0532 222").first()).toBeVisible();

      await panel.getByRole("button", { name: office.text("switch_off") }).click();
      await expect(rep.page.getByText(phone.text("inactive"), { exact: true })).toBeVisible();
      await page.getByRole("button", { name: office.text("undo") }).click();
      await expect(rep.page.getByText(phone.text("inactive"), { exact: true })).toBeHidden();
    });

    test("of two people at one account, the second sees what the first wrote", async ({ newDesk }) => {
      const desks = [await newDesk(), await newDesk()] as const;
      for (const desk of desks) {
        await desk.signIn("office");
        await desk.page.goto("/office/customers?search=hgsp");
        await desk.page.getByRole("link", { name: new RegExp(CUSTOMER) }).click();
        await desk.page.getByRole("button", { name: desk.text("edit_account") }).click();
      }
      const limit = (desk: Device) => form(desk, "edit_account").getByLabel(desk.text("credit_limit_in", { currency: "CNY" }));
      const [first, second] = desks;
      await limit(second).fill("much");
      await second.page.keyboard.press("Control+Enter");
      await expect(form(second, "edit_account").getByRole("alert")).toBeVisible();
      await limit(second).fill("7000");
      await limit(first).fill("5000");
      await first.page.keyboard.press("Control+Enter");
      await expect(form(first, "edit_account")).toBeHidden();
      await expect(second.page.getByText(second.text("meanwhile", { value: "5000" }))).toBeVisible();
      await expect(limit(second)).toHaveValue("7000");
      await expectAccessible(second);
      await takePicture(second, "office-account-meanwhile");
      await second.page.keyboard.press("Control+Enter");
      await expect(first.page.getByText(/7,000/).first()).toBeVisible();
      await takePicture(first, "office-customer");
    });

    test("whoever has no password yet is seen in the list", async ({ office, server }) => {
      const { page } = office;
      await office.signIn("office");
      // As an import leaves a rep.
      await server.alter("update person set password_hash = '' where login = ?", "wang");
      await page.getByRole("navigation").getByRole("link", { name: office.text("people") }).first().click();
      await page.getByRole("row").filter({ hasText: office.text("no_password_yet") }).getByRole("link").first().click();
      const wang = page.getByRole("complementary", { name: office.text("person_panel") });
      await expect(wang.getByText(office.text("no_password_hint"))).toBeVisible();
      await expectAccessible(office);
      await takePicture(office, "office-no-password");
    });

    test("somebody who is added signs in on a phone, and again with a new password", async ({ phone, office }) => {
      const { page } = office;
      await office.signIn("office");
      await page.getByRole("navigation").getByRole("link", { name: office.text("people") }).first().click();
      await page.getByRole("link", { name: office.text("add_person") }).click();
      const adding = form(office, "add_person");
      await adding.getByLabel(office.text("full_name")).fill("Qian Yun");
      await adding.getByLabel(office.text("field.login")).fill("LIN");
      await adding.getByLabel(office.text("first_password")).fill("roundsman");
      await page.keyboard.press("Control+Enter");
      await expect(adding.getByRole("alert")).toHaveText(office.text("error.TAKEN"));
      await takePicture(office, "office-new-person");
      await adding.getByLabel(office.text("field.login")).fill("qian");
      await page.keyboard.press("Control+Enter");
      await expect(page.getByRole("heading", { level: 2, name: "Qian Yun" })).toBeVisible();
      await phone.signIn("qian");

      await page.getByRole("button", { name: office.text("new_password"), exact: true }).click();
      const reset = form(office, "new_password");
      await reset.getByLabel(office.text("new_password")).fill("short");
      await page.keyboard.press("Control+Enter");
      await expect(reset.getByRole("alert")).toHaveText(office.text("error.TOO_SHORT", { min: 8 }));
      await reset.getByLabel(office.text("new_password")).fill(HARBOUR);
      await expectAccessible(office);
      await takePicture(office, "office-new-password");
      await page.keyboard.press("Control+Enter");
      await expect(reset).toBeHidden();
      await expect(page.getByText(office.text("password_set"))).toBeVisible();
    });
  });
}
