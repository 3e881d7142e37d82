import { expectAccessible, takePicture } from "../harness/look.ts";
import { Rep } from "../harness/rep.ts";
import { expect, test as base } from "../harness/test.ts";
import { Tryton } from "../harness/tryton.ts";

const TERRITORY = "市南区";
const FIRST_READING_MS_MAX = 60_000;
const CUSTOMER = "Golden Gate Market 金门超市";
const PRODUCT = "Strong flour 25 kg 高筋面粉";

const test = base.extend<{ tryton: Tryton }>({
  tryton: async ({}, use, info) => {
    const tryton = await Tryton.start();
    info.skip(!tryton, "Tryton cannot be installed here; nothing about it was tested");
    if (!tryton) return;
    await use(tryton);
    await tryton.stop();
  },
});

test("the office connects a Tryton, and what a rep orders offline becomes a sale there", async ({ phone, office, tryton }) => {
  const { page } = office;
  const { text } = office;
  const form = page.getByRole("form", { name: text("erp_connect") });
  const button = (label: string) => page.getByRole("button", { name: text(label), exact: true });
  await office.signIn("office");
  await page.goto("/office/erp");
  await expect(page.getByText(text("erp_embedded"), { exact: true })).toBeVisible();
  await takePicture(office, "office-erp-embedded");

  await button("erp_connect").click();
  await form.getByLabel(text("erp_url")).fill(tryton.way.url);
  await form.getByLabel(text("erp_database")).fill(tryton.way.database);
  await form.getByLabel(text("erp_login")).fill(tryton.way.login);
  await form.getByLabel(text("erp_password")).fill("guessed");
  await button("erp_test").click();
  await expect(form.getByLabel(text("erp_territory"))).toBeFocused();
  await form.getByLabel(text("erp_territory")).selectOption({ label: TERRITORY });
  await button("erp_test").click();
  await expect(form.getByRole("alert")).toBeVisible();
  await expect(form.getByLabel(text("erp_url"))).toHaveValue(tryton.way.url);
  await expectAccessible(office);
  await takePicture(office, "office-erp-refused");

  await form.getByLabel(text("erp_password")).fill(tryton.way.password);
  await button("erp_test").click();
  await expect(page.getByText(text("erp_found"))).toBeVisible();
  await expect(page.getByRole("cell", { name: "C-001" })).toBeVisible();
  await expectAccessible(office);
  await takePicture(office, "office-erp-preview");
  // Whoever types on tests again before connecting.
  await form.getByLabel(text("erp_database")).fill("another");
  await expect(button("erp_connect_now")).toBeHidden();
  await form.getByLabel(text("erp_database")).fill(tryton.way.database);
  await button("erp_connect_now").click();
  await expect(page.getByText(text("erp_fine"))).toBeVisible({ timeout: FIRST_READING_MS_MAX });
  await expect(page.getByText(text("erp_absent")).first()).toBeVisible();
  await expectAccessible(office);
  await takePicture(office, "office-erp-connected");

  const rep = new Rep(phone);
  const ordersFlour = async () => {
    await rep.link("take_order").click();
    await phone.page.getByRole("searchbox").fill("FL-25");
    await expect(phone.page.getByRole("listitem").filter({ hasText: PRODUCT })).toBeVisible();
    await rep.chooses(1);
    await rep.link("review_cart").click();
    await rep.button("submit_order").click();
    await expect(phone.page).toHaveURL(/\/orders\//);
  };
  await rep.begins();
  await rep.opensCustomer("golden gate", CUSTOMER);
  await phone.goOffline();
  await rep.checksIn();
  await ordersFlour();
  await phone.goOnline();
  // Confirmed, with the number of the sale there.
  await expect(phone.page.getByText(phone.text("in_erp"))).toBeVisible();
  await expectAccessible(phone);
  await takePicture(phone, "phone-order-in-erp");

  // Nobody knows whether what it was asked when it died is there.
  await tryton.kill();
  await rep.opensCustomer("golden gate", CUSTOMER);
  await ordersFlour();
  await expect(page.getByRole("row").filter({ hasText: CUSTOMER })).toBeVisible();
  await button("erp_disconnect").click();
  await expect(page.getByRole("dialog").getByText(text("erp_disconnect_tried", { count: 1 }))).toBeVisible();
  await expectAccessible(office);
  await takePicture(office, "office-erp-disconnect");
  await page.getByRole("dialog").getByRole("button", { name: text("erp_disconnect"), exact: true }).click();
  await expect(page.getByText(text("erp_embedded"), { exact: true })).toBeVisible();
});
