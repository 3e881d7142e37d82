import { Rep } from "../harness/rep.ts";
import { expect, test } from "../harness/test.ts";

const CUSTOMER = "海港食品 中山路店";

test.use({ language: "en" });

test("a second tab asks the first one, and takes over when it closes", async ({ phone }) => {
  const rep = new Rep(phone);
  await rep.begins();
  const first = phone.page;
  await phone.openTab();
  await rep.opensCustomer("hgsp", CUSTOMER);
  await first.close();

  await rep.checksIn();
  await phone.page.getByLabel(phone.text("visit_note")).fill("Second tab");
  await rep.checksOut("noNeed");
  await rep.allDelivered();
});

test("what happens in one tab shows in the other", async ({ phone }) => {
  const rep = new Rep(phone);
  await rep.begins();
  const first = phone.page;
  await rep.opensCustomer("hgsp", CUSTOMER);
  await phone.openTab();
  await rep.opensCustomer("hgsp", CUSTOMER);
  await rep.checksIn();
  await expect(first.getByRole("link", { name: phone.text("continue_visit") })).toBeVisible();
});
