import { expectAccessible } from "../harness/look.ts";
import { expect, test } from "../harness/test.ts";

for (const language of ["zh-CN", "en"] as const) {
  test.describe(language, () => {
    test.use({ language });

    test("a rep signs in and sees today", async ({ phone }) => {
      await expectAccessible(phone);
      await phone.signIn("lin");
      await expect(phone.page.getByRole("heading", { level: 1 })).toBeVisible();
      await expect(phone.page.getByRole("main").getByText(phone.text("orders_taken"), { exact: true })).toBeVisible();
      await expectAccessible(phone);
    });

    test("the office signs in", async ({ office }) => {
      await expectAccessible(office);
      await office.signIn("office");
      await expect(office.page.getByRole("navigation")).toBeVisible();
      await expectAccessible(office);
    });
  });
}
