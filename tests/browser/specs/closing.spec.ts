import { expectAccessible, takePicture } from "../harness/look.ts";
import { Rep } from "../harness/rep.ts";
import type { Server } from "../harness/server.ts";
import { expect, test } from "../harness/test.ts";

const CUSTOMER = "海港食品 中山路店";
const LONG_MS = 40 * 86_400_000;

/** Makes everything so old that the office closes it when it starts. */
async function closes(server: Server): Promise<void> {
  await server.alter("update visit_row set admitted_at = admitted_at - ?", LONG_MS);
  await server.alter("update order_row set admitted_at = admitted_at - ?", LONG_MS);
  await server.alter("update outcome_row set decided_at = decided_at - ?", LONG_MS);
}

test.use({ language: "zh-CN" });

test("a closed visit and a closed order look as before, and their history comes with a network", async ({ phone, server }) => {
  const rep = new Rep(phone);
  await rep.begins();
  await rep.opensCustomer("hgsp", CUSTOMER);
  await rep.checksIn();
  const visit = new URL(phone.page.url()).pathname;
  const number = await rep.takesOrder(2);
  await expect(phone.page.getByText(/^SO-\d+/)).toBeVisible();
  const order = new URL(phone.page.url()).pathname;
  const before = await phone.page.getByRole("list", { name: phone.text("order_lines") }).innerText();
  await phone.page.goto(visit);
  await rep.checksOut("ordered");
  await rep.allDelivered();

  await closes(server);
  const closed = phone.page.getByText(phone.text("needs_connection"));
  await expect(async () => {
    await phone.goOnline();
    await rep.allDelivered();
    await phone.goOffline();
    await phone.page.goto(`${order}/history`);
    await expect(closed).toBeVisible({ timeout: 2_000 });
  }).toPass();

  await phone.page.goto("/");
  await rep.opensOrder(number);
  const lines = phone.page.getByRole("list", { name: phone.text("order_lines") });
  expect(await lines.innerText()).toBe(before);
  await expect(rep.state("confirmed")).toBeVisible();
  await lines.getByRole("button").first().click();
  const sheet = phone.page.getByRole("dialog");
  await expect(sheet.getByText(phone.text("needs_connection"))).toBeVisible();
  await takePicture(phone, "phone-closed-price");
  await phone.page.keyboard.press("Escape");
  await rep.link("history").click();
  await expect(closed).toBeVisible();
  await expect(phone.page.getByText(phone.text("operation.order.submit"))).toBeVisible();
  await expectAccessible(phone);
  await takePicture(phone, "phone-closed-history");

  // It comes by itself, and stays.
  await phone.goOnline();
  await expect(closed).toBeHidden();
  await expect(phone.page.getByText(phone.text("from_office"))).toBeHidden();
  await takePicture(phone, "phone-fetched-history");
  await phone.page.goto(`${visit}/history`);
  await expect(phone.page.getByText(phone.text("operation.visit.check_out"))).toBeVisible();
  await expect(phone.page.getByText(phone.text("from_office"))).toBeHidden();
  await phone.goOffline();
  await phone.page.goto(order);
  await lines.getByRole("button").first().click();
  await expect(sheet.getByRole("row")).not.toHaveCount(1);
  await expect(sheet.getByText(phone.text("needs_connection"))).toBeHidden();
});
