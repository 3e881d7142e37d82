import { Rep } from "../harness/rep.ts";
import { expect, test } from "../harness/test.ts";

const CUSTOMER = "海港食品 中山路店";

test.use({ language: "en" });

test("a phone that enrolled after the backup signs in again, and the office has its day back", async ({ phone, office, server }) => {
  const backup = await server.backUp();
  const rep = new Rep(phone);
  await rep.begins();
  await rep.opensCustomer("hgsp", CUSTOMER);
  await rep.checksIn();
  const number = await rep.takesOrder(2);
  await expect(rep.state("confirmed")).toBeVisible();

  await server.goesBackTo(backup);
  await rep.tab("sync").click();
  await expect(phone.page.getByText(phone.text("error.SIGN_IN_AGAIN")).first()).toBeVisible();
  await rep.button("sign_in").click();
  await phone.signIn("lin");
  await rep.allDelivered();
  await rep.opensOrder(number);
  await expect(rep.state("confirmed")).toBeVisible();

  await office.signIn("office");
  await office.page.getByRole("navigation").getByRole("link", { name: office.text("orders"), exact: true }).click();
  await expect(office.page.getByRole("link", { name: new RegExp(number) })).toHaveCount(1);
});
