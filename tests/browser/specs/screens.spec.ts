import { expectAccessible, expectOutline, expectRoomForLargeText, takePicture } from "../harness/look.ts";
import { Rep } from "../harness/rep.ts";
import { expect, test } from "../harness/test.ts";

const CUSTOMER = "海港食品 中山路店";

for (const language of ["zh-CN", "en"] as const) {
  test.describe(language, () => {
    test.use({ language });

    test("every screen of the phone is for everybody", async ({ phone }) => {
      const rep = new Rep(phone);
      const looked = async (name: string) => {
        await expectAccessible(phone);
        await takePicture(phone, `phone-${name}`);
        await expectOutline(phone, `phone-${name}`);
        await expectRoomForLargeText(phone);
      };
      await rep.begins();
      await looked("today");
      await rep.tab("customers").click();
      await expect(phone.page.getByRole("searchbox")).toBeVisible();
      await looked("customers");
      await rep.opensCustomer("hgsp", CUSTOMER);
      await looked("customer");
      await rep.checksIn();
      await looked("visit");
      const visit = phone.page.url();
      await rep.link("take_order").click();
      await rep.chooses(3);
      await looked("catalogue");
      await rep.link("review_cart").click();
      await expect(rep.button("submit_order")).toBeVisible();
      await looked("cart");
      await rep.button("submit_order").click();
      await expect(phone.page.getByText(/^SO-\d+/)).toBeVisible();
      await looked("order");
      await phone.page.goto(visit);
      await rep.checksOut("ordered");
      await rep.tab("orders").click().catch(() => phone.page.goto("/orders"));
      await looked("orders");
      await rep.tab("needs_you").click();
      await looked("needs-you");
      await rep.tab("sync").click();
      await looked("sync");
    });

    test("every screen of the console is for everybody", async ({ phone, office }) => {
      const rep = new Rep(phone);
      await rep.begins();
      await rep.opensCustomer("hgsp", CUSTOMER);
      await rep.checksIn();
      const number = await rep.takesOrder(4);

      const { page } = office;
      const opens = async (section: string) =>
        page.getByRole("navigation").getByRole("link", { name: office.text(section) }).first().click();
      const looked = async (name: string) => {
        await expectAccessible(office);
        await takePicture(office, `office-${name}`);
        await expectOutline(office, `office-${name}`);
        await expectRoomForLargeText(office);
      };
      await office.signIn("office");
      await expect(page.getByRole("heading", { level: 1 })).toBeVisible();
      await looked("home");
      await opens("orders");
      await page.getByRole("row", { name: new RegExp(number) }).getByRole("link").click();
      await expect(page.getByRole("complementary").getByText(number).first()).toBeVisible();
      await expect(page.getByRole("complementary").getByText(office.text("history")).first()).toBeVisible();
      await looked("order");
      for (const section of ["visits", "customers", "products", "quarantine"]) {
        await opens(section);
        await expect(page.getByRole("heading", { level: 1, name: office.text(section) })).toBeVisible();
        await looked(section);
      }
    });
  });
}
