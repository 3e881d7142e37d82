import { looked } from "../harness/look.ts";
import { Rep } from "../harness/rep.ts";
import { expect, test } from "../harness/test.ts";

// A company with a past.
test.use({ scale: 1 });

test("a customer's screen answers first", async ({ phone }) => {
  test.setTimeout(180_000);
  const rep = new Rep(phone);
  const { page } = phone;
  await rep.begins("lin", 90_000);
  await phone.goOffline();
  await rep.tab("customers").click();
  await page.getByLabel(phone.text("sort_by")).selectOption("lastOrder");
  await page.getByRole("main").getByRole("list").getByRole("link").nth(20).click();
  const days = phone.text("days_since", { n: "N" }).replace("N", "\\d+");
  await expect(rep.fact("last_visit")).toHaveText(new RegExp(`^(${days}|${phone.text("days_since", { n: 1 })}|${phone.text("days_since", { n: 0 })})$`));
  await expect(rep.fact("last_order")).toContainText(/¥[\d,.]+/);
  const owed = phone.text("overdue_amount", { amount: "¥" }).replace("¥", "¥[\\d,.]+");
  await expect(rep.fact("balance_overdue")).toContainText(new RegExp(`¥[\\d,.]+\\s*(${owed}|${phone.text("nothing_overdue")})`));
  await expect(rep.list("usual_basket").first()).toBeVisible();
  await looked(phone, "phone-customer-past");
  await rep.list("usual_basket").last().scrollIntoViewIfNeeded();
  await looked(phone, "phone-customer-past-basket");
});
