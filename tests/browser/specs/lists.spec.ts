import { expect, test } from "../harness/test.ts";

const CUSTOMER = "海港食品 中山路店";

test.use({ language: "en" });

test("a row that is opened while the search still waits for the next letter stays open", async ({ office }) => {
  const { page } = office;
  await office.signIn("office");
  await page.getByRole("navigation").getByRole("link", { name: office.text("customers") }).first().click();
  const row = page.getByRole("row", { name: new RegExp(CUSTOMER) }).getByRole("link");
  await expect(row).toBeVisible();

  await page.clock.install();
  await page.clock.pauseAt(new Date());
  await page.getByRole("searchbox", { name: office.text("search_customers") }).fill("hgsp");
  await row.click();
  await page.clock.runFor(100);
  // The link itself carries what was typed; the search that comes later has nothing left to say.
  await expect(page).toHaveURL(/search=hgsp.*open=|open=.*search=hgsp/);
  await page.clock.resume();
  await expect(page.getByRole("complementary").getByRole("heading", { name: CUSTOMER })).toBeVisible();
});
