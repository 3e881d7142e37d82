import { expectRoomForLargeText, looked } from "../harness/look.ts";
import { Rep } from "../harness/rep.ts";
import { expect, test } from "../harness/test.ts";

const SHOP = "海港食品 中山路店";
const TWICE = "港口食品超市";

test("a shop that was entered twice becomes one, with what a rep does there meanwhile, and two again", async ({ phone, office }) => {
  test.setTimeout(180_000);
  const { page } = office;
  const rep = new Rep(phone);
  await office.signIn("office");
  const said = await page.evaluate(async (name) => {
    const { rows } = await (await fetch("/api/customers?search=hgsp")).json();
    const { phone, address, territory, accountManager } = rows[0];
    const body = JSON.stringify({ fields: { name, phone, address }, territory, accountManager });
    return (await fetch("/api/customers", { method: "POST", body, headers: { "content-type": "application/json" } })).status;
  }, TWICE);
  expect(said).toBe(200);

  // A rep without a network is in the shop under its second name.
  await rep.begins();
  await rep.opensCustomer(TWICE, TWICE);
  await phone.goOffline();
  await rep.checksIn();

  await page.getByRole("navigation").getByRole("link", { name: office.text("customers") }).first().click();
  await page.getByRole("main").getByRole("link", { name: office.text("duplicates") }).click();
  const pair = page.getByRole("main").getByRole("listitem").filter({ hasText: TWICE });
  await expect(pair).toContainText(SHOP);
  await looked(office, "office-duplicates");
  await expectRoomForLargeText(office);
  await pair.getByRole("button", { name: office.text("compare") }).click();
  const dialog = page.getByRole("dialog");
  const stays = dialog.getByRole("columnheader").filter({ hasText: SHOP }).getByRole("radio");
  await expect(stays).toBeChecked();
  await dialog.getByRole("radio", { name: TWICE, exact: true }).check();
  await dialog.getByRole("radio", { name: SHOP, exact: true }).check();
  await looked(office, "office-merge");
  await dialog.getByRole("button", { name: office.text("merge"), exact: true }).click();
  await expect(page.getByText(office.text("merged_done", { leaves: TWICE, stays: SHOP }))).toBeVisible();
  await expect(page.getByText(office.text("no_duplicates"), { exact: true })).toBeVisible();

  await rep.checksOut("noNeed");
  await phone.goOnline();
  await rep.allDelivered();
  await rep.opensCustomer("hgsp", SHOP);
  await expect(rep.page.getByText(phone.text("also_entered_as"))).toBeVisible();
  await expect(rep.fact("last_visit")).toHaveText(phone.text("days_since", { n: 0 }));

  await page.goto("/office/customers?search=hgsp");
  await expect(page.getByRole("row")).toHaveCount(2);
  await page.getByRole("row").nth(1).click();
  const panel = page.getByRole("complementary", { name: office.text("customer_panel") });
  await expect(panel.getByRole("heading", { level: 2, name: SHOP })).toBeVisible();
  await expect(panel.getByText(office.text("entered_twice"))).toBeVisible();
  await looked(office, "office-merged");
  await panel.getByRole("button", { name: office.text("take_apart_named", { name: TWICE }) }).click();
  await expect(page.getByText(office.text("merge_undone"))).toBeVisible();
  await expect(panel.getByText(office.text("entered_twice"))).toBeHidden();
  await rep.opensCustomer(TWICE, TWICE);
  await expect(rep.fact("last_visit")).toHaveText(phone.text("days_since", { n: 0 }));
});
