import { Rep } from "../harness/rep.ts";
import { expect, test } from "../harness/test.ts";
import type { Device } from "../harness/device.ts";

const CUSTOMER = "海港食品 中山路店";

test.use({ language: "en" });

async function edits(rep: Rep, values: Record<string, string>): Promise<void> {
  const { page, phone } = rep;
  await page.getByRole("link", { name: phone.text("edit_customer") }).click();
  for (const [field, value] of Object.entries(values)) await page.getByLabel(phone.text(`field.${field}`)).fill(value);
  await rep.button("save").click();
  await expect(page).toHaveURL(/\/customers\/[^/]+$/);
}

async function opensCustomer(office: Device): Promise<void> {
  const { page } = office;
  await page.getByRole("navigation").getByRole("link", { name: office.text("customers") }).click();
  await page.getByRole("searchbox", { name: office.text("search_customers") }).fill("hgsp");
  await page.getByRole("row", { name: new RegExp(CUSTOMER) }).getByRole("link").click();
  await expect(page.getByRole("complementary").getByRole("heading", { name: CUSTOMER })).toBeVisible();
}

test("two phones and the console edit one customer; the choice reaches everybody", async ({ newPhone, office }) => {
  const [first, second] = [new Rep(await newPhone()), new Rep(await newPhone())];
  for (const rep of [first, second]) {
    await rep.begins();
    await rep.opensCustomer("hgsp", CUSTOMER);
    await rep.phone.goOffline();
  }
  await edits(first, { phone: "111 1111" });
  await edits(second, { phone: "222 2222", note: "Back door" });
  await office.signIn("office");
  await opensCustomer(office);

  await first.phone.goOnline();
  await second.phone.goOnline();
  for (const { page, phone } of [first, second]) {
    await expect(page.getByText(phone.text("n_values", { n: 2 }))).toBeVisible();
  }
  // Without a reload, the console shows both values with who wrote them.
  const panel = office.page.getByRole("complementary");
  await expect(panel.getByText("111 1111").first()).toBeVisible();
  await expect(panel.getByText("222 2222").first()).toBeVisible();
  await expect(panel.getByText("Lin Mei").first()).toBeVisible();

  const third = new Rep(await newPhone());
  await third.begins();
  await third.opensCustomer("hgsp", CUSTOMER);
  await third.page.getByRole("button", { name: new RegExp(`^${third.phone.text("n_values", { n: 2 })}`) }).click();
  const sheet = third.page.getByRole("dialog");
  await expect(sheet.getByText("111 1111").first()).toBeVisible();
  await sheet.getByRole("button", { name: /111 1111/ }).click();
  await expect(sheet).toBeHidden();

  for (const { page, phone } of [first, second, third]) {
    await expect(page.getByText(phone.text("n_values", { n: 2 }))).toBeHidden();
    await expect(page.getByText("111 1111").first()).toBeVisible();
  }
  await expect(panel.getByText(office.text("operation.customer.choose")).first()).toBeVisible();
});
