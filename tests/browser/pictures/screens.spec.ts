import { Rep } from "../harness/rep.ts";
import { expect, test } from "../harness/test.ts";
import { Camera } from "./camera.ts";

for (const language of ["zh-CN", "en"] as const) {
  test.describe(language, () => {
    test.use({ language });

    test("the phone", async ({ phone }) => {
      const { page } = phone;
      const rep = new Rep(phone);
      const camera = new Camera(phone, "phone");
      const first = (list: string) => page.getByRole("main").locator(`a[href*="${list}"]`).first();
      await camera.takes("sign-in");
      await rep.begins();
      await camera.takes("today");

      await rep.tab("customers").click();
      await expect(page).toHaveURL(/\/customers$/);
      await expect(page.getByRole("main").getByRole("list").getByRole("link").first()).toBeVisible();
      await camera.takes("customers");
      await page.getByRole("searchbox").fill("zzzz");
      await camera.takes("customers-none");
      await camera.opens("/customers/new", "customer-new");
      await rep.tab("today").click().catch(() => page.goto("/"));
      await first("/customers/").click();
      await expect(page).toHaveURL(/\/customers\/[0-9a-f-]+$/);
      const customer = page.url();
      await camera.takes("customer");
      await camera.opens(`${customer}/edit`, "customer-edit");
      await camera.opens(`${customer}/history`, "customer-history");
      await camera.opens(`${customer}/visits`, "customer-visits");

      await page.goto(customer);
      await rep.checksIn();
      await camera.takes("visit");
      const visit = page.url();
      await rep.link("take_order").click();
      await rep.chooses(3);
      await camera.takes("catalogue");
      await rep.link("review_cart").click();
      await expect(rep.button("submit_order")).toBeVisible();
      await camera.takes("cart");
      await rep.button("submit_order").click();
      await expect(page.getByText(/^SO-\d+/)).toBeVisible();
      const order = page.url();
      await camera.takes("order");
      await camera.opens(`${order}/change`, "order-change");
      await camera.opens(`${order}/history`, "order-history");
      await page.goto(visit);
      await rep.checksOut("ordered");
      await camera.takes("visit-done");
      await camera.opens("/orders", "orders");
      await camera.opens("/attention", "needs-you");
      await phone.goOffline();
      await camera.opens("/status", "sync-offline");
      await camera.opens("/", "today-offline");
    });

    test("the console", async ({ office }) => {
      const { page } = office;
      const camera = new Camera(office, "office");
      await camera.takes("sign-in");
      await office.signIn("office");
      await expect(page.getByRole("heading", { level: 1 })).toBeVisible();
      await camera.takes("home");
      for (const section of ["orders", "visits", "customers", "products", "people", "devices", "quarantine"]) {
        await page.goto(`/office/${section}`);
        await expect(page.getByRole("heading", { level: 1 })).toBeVisible();
        await camera.takes(section);
        const row = page.getByRole("row").getByRole("link").first();
        if (await row.isVisible()) {
          await row.click();
          await expect(page.getByRole("complementary").first()).toBeVisible();
          await camera.takes(`${section}-open`);
        }
      }
      await page.goto("/office/devices");
      await page.getByRole("button", { name: office.text("add_phone") }).click();
      await camera.takes("add-phone");
      await page.goto("/office/");
      await expect(page.getByRole("heading", { level: 1 })).toBeVisible();
      await page.keyboard.press("Control+k");
      await expect(page.getByRole("dialog")).toBeVisible();
      await camera.takes("palette");
      await page.keyboard.press("Escape");
      await page.keyboard.press("?");
      await camera.takes("keys");
      await camera.opens("/office/customers/duplicates", "duplicates");
      await camera.opens("/office/orders/new", "new-order-who");
      await page.getByRole("combobox").fill("hgsp");
      await page.getByRole("option").first().click();
      await page.getByRole("region", { name: office.text("usually_ordered") }).getByRole("button").first().click();
      await expect(page.getByRole("list", { name: office.text("order_lines") })).toBeVisible();
      await camera.takes("new-order");
      await page.goto("/office/orders");
      await page.getByRole("row").getByRole("link").first().click();
      await page.getByRole("complementary").getByRole("link", { name: office.text("change_order") }).click();
      await expect(page.getByRole("list", { name: office.text("order_lines") })).toBeVisible();
      await camera.takes("change-order");
      await camera.opens("/office/restoration", "restoration");
      await camera.opens("/office/imports", "imports");
      await camera.opens("/office/erp", "erp");
      await page.getByRole("button", { name: office.text("erp_connect") }).click();
      await camera.takes("erp-connect");
    });
  });
}
