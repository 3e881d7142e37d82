import type { Locator } from "@playwright/test";
import type { Device } from "../harness/device.ts";
import { looked } from "../harness/look.ts";
import { Rep } from "../harness/rep.ts";
import type { Server } from "../harness/server.ts";
import { expect, test } from "../harness/test.ts";

const CUSTOMER = "海港食品 中山路店";

/** The rep takes an order and the office has answered it. */
async function takesOrder(rep: Rep): Promise<string> {
  await rep.opensCustomer("hgsp", CUSTOMER);
  await rep.checksIn();
  const number = await rep.takesOrder(3);
  await expect(rep.page.getByText(/^SO-\d+/)).toBeVisible();
  return number;
}

/** Both are at work, and the customer may owe nothing more: the office has to look at every order. */
async function beginWithoutCredit(rep: Rep, office: Device, server: Server): Promise<void> {
  await rep.begins();
  await office.signIn("office");
  await server.alter("update erp_customer set credit_limit = 1 where id in (select id from customer_row where name = ?)", CUSTOMER);
}

async function opensOrder(office: Device, number: string): Promise<Locator> {
  await office.page.getByRole("navigation").getByRole("link", { name: office.text("orders") }).first().click();
  await office.page.getByRole("row", { name: new RegExp(number) }).getByRole("link").click();
  const panel = office.page.getByRole("complementary");
  await expect(panel.getByText(number).first()).toBeVisible();
  return panel;
}

/** One press, a note, and the same word again. */
async function rules(office: Device, panel: Locator, word: string, note: string): Promise<void> {
  await panel.getByRole("button", { name: office.text(word) }).click();
  const dialog = office.page.getByRole("dialog");
  await dialog.getByLabel(office.text("note_for_rep")).fill(note);
  await dialog.getByRole("button", { name: office.text(word) }).click();
  await expect(dialog).toBeHidden();
}

async function cancels(rep: Rep, reason: string): Promise<void> {
  const { phone, page } = rep;
  await rep.button("cancel_order").click();
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel(phone.text("cancel_reason")).fill(reason);
  await dialog.getByRole("button", { name: phone.text("cancel_order") }).click();
  await expect(dialog).toBeHidden();
}

/** So many of the first line instead. */
async function wants(rep: Rep, quantity: string): Promise<void> {
  const { phone, page } = rep;
  await rep.link("change_order").click();
  const first = page.getByRole("main").getByRole("list", { name: phone.text("order_lines") }).getByRole("textbox").first();
  await first.fill(quantity);
  await first.press("Enter");
  await rep.button("save_change").click();
  await expect(rep.state("savedHere")).toBeVisible();
}

test.use({ language: "en" });

test("an order that is changed without a network is another version of the same order", async ({ phone, office }) => {
  const rep = new Rep(phone);
  await rep.begins();
  await office.signIn("office");
  const number = await takesOrder(rep);
  const { page } = phone;
  await phone.goOffline();
  await rep.link("change_order").click();
  const lines = page.getByRole("main").getByRole("list", { name: phone.text("order_lines") });
  await expect(lines.getByRole("listitem")).toHaveCount(3);
  await lines.getByRole("textbox").first().fill("7");
  await lines.getByRole("textbox").first().press("Enter");
  await expect(page.getByRole("list", { name: phone.text("version.changes") }).getByRole("listitem")).toHaveCount(1);
  // What was typed survives a closed app.
  await page.reload();
  await expect(lines.getByRole("textbox").first()).toHaveValue("7");
  await looked(phone, "phone-change-order");
  await rep.button("save_change").click();
  await expect(rep.state("savedHere")).toBeVisible();
  await expect(page.getByText(phone.text("version.n", { n: 2 }), { exact: true }).first()).toBeVisible();

  await phone.goOnline();
  await expect(rep.state("confirmed")).toBeVisible();
  await looked(phone, "phone-order-versions");
  const panel = await opensOrder(office, number);
  await expect(panel.getByRole("list", { name: office.text("version.list") }).getByRole("listitem").filter({ hasText: office.text("version.unsigned") })).toHaveCount(1);
  await panel.getByText(office.text("version.list"), { exact: true }).scrollIntoViewIfNeeded();
  await looked(office, "office-order-versions");
});

test("a rep cancels without a network while the office releases", async ({ phone, office, server }) => {
  const rep = new Rep(phone);
  await beginWithoutCredit(rep, office, server);
  const number = await takesOrder(rep);
  await expect(rep.state("needsOffice")).toBeVisible();
  await phone.goOffline();
  await cancels(rep, "The shop closes next week");
  await expect(rep.state("savedHere")).toBeVisible();
  await expect(rep.button("cancel_order")).toBeHidden();

  const panel = await opensOrder(office, number);
  await looked(office, "office-order-held");
  await rules(office, panel, "order_release", "They paid by phone");
  await expect(panel.getByText("They paid by phone")).toBeVisible();
  await expect(panel.getByRole("button", { name: office.text("order_release") })).toBeHidden();

  await phone.goOnline();
  await expect(rep.state("confirmed")).toBeVisible();
  await expect(rep.page.getByText(phone.text("order.cancelled"), { exact: true }).first()).toBeVisible();
  await looked(phone, "phone-order-cancelled");
  await expect(panel.getByText(office.text("order_was_cancelled"))).toBeVisible();
  await expect(panel.getByText("The shop closes next week")).toBeVisible();
});

test("two phones that change the same line are both kept, and somebody says which holds", async ({ phone, newPhone, office }) => {
  const [one, other] = [new Rep(phone), new Rep(await newPhone())];
  await one.begins();
  await office.signIn("office");
  const number = await takesOrder(one);
  await other.begins();
  await other.opensOrder(number);
  await phone.goOffline();
  await other.phone.goOffline();
  await wants(one, "7");
  await wants(other, "9");
  await phone.goOnline();
  await expect(one.state("confirmed")).toBeVisible();
  await other.phone.goOnline();
  await expect(other.state("needsYou")).toBeVisible();
  await expect(other.page.getByText(other.phone.text("order_conflict"))).toBeVisible();
  const versions = other.page.getByRole("list", { name: other.phone.text("version.list") });
  for (const state of ["stands", "countered"]) await expect(versions.getByText(other.phone.text(`version.${state}`), { exact: true })).toHaveCount(1);
  await looked(other.phone, "phone-order-conflict");
  await expect(one.state("needsYou")).toBeVisible();
  const panel = await opensOrder(office, number);
  await expect(panel.getByText(office.text("order_conflict_hint"))).toBeVisible();

  await other.button("keep_as_it_is").click();
  await expect(other.state("confirmed")).toBeVisible();
  await expect(one.state("confirmed")).toBeVisible();
  await expect(panel.getByText(office.text("order_conflict_hint"))).toBeHidden();
  await expect(panel.getByText(office.text("version.n", { n: 4 }), { exact: true })).toBeVisible();

  // Both sides of the line hold the same, whatever came in which order.
  await office.page.getByRole("navigation").getByRole("link", { name: office.text("devices") }).first().click();
  // The orders have rows as well, and are there until the devices are.
  await office.page.waitForURL(/\/office\/devices/);
  await office.page.getByRole("row").getByRole("link").first().click();
  await expect(office.page.getByRole("complementary").getByText(office.text("both_sides_same"))).toBeVisible();
  await looked(office, "office-device");
});

test("what one phone called off and another changed is settled in the office", async ({ phone, newPhone, office }) => {
  const [one, other] = [new Rep(phone), new Rep(await newPhone())];
  await one.begins();
  await office.signIn("office");
  const number = await takesOrder(one);
  await other.begins();
  await other.opensOrder(number);
  await phone.goOffline();
  await other.phone.goOffline();
  await cancels(one, "The shop closes next week");
  await wants(other, "9");
  await phone.goOnline();
  await expect(one.state("confirmed")).toBeVisible();
  await other.phone.goOnline();
  await expect(other.state("needsYou")).toBeVisible();

  const panel = await opensOrder(office, number);
  const keep = panel.getByRole("button", { name: office.text("keep_cancelled") });
  await expect(panel.getByText(office.text("order_conflict_cancelled"))).toBeVisible();
  await looked(office, "office-order-conflict");
  await keep.click();
  await expect(keep).toBeHidden();
  await expect(panel.getByRole("button", { name: office.text("cancel_order") })).toBeHidden();
  await expect(other.state("confirmed")).toBeVisible();
  await expect(one.state("confirmed")).toBeVisible();
});

test("the rep reads who gave an order back, and why", async ({ phone, office, server }) => {
  const rep = new Rep(phone);
  await beginWithoutCredit(rep, office, server);
  const number = await takesOrder(rep);
  const panel = await opensOrder(office, number);
  await rules(office, panel, "order_counter", "Half of it, please");
  await expect(rep.state("needsYou")).toBeVisible();
  await expect(rep.page.getByText("Half of it, please")).toBeVisible();
  await looked(phone, "phone-order-given-back");
});
