import type { Locator } from "@playwright/test";
import type { Device } from "../harness/device.ts";
import { looked } from "../harness/look.ts";
import { Rep } from "../harness/rep.ts";
import { expect, test } from "../harness/test.ts";

const CUSTOMER = "海港食品 中山路店";

/** A thumb that is counted. */
class Thumb {
  taps = 0;

  async presses(what: Locator): Promise<void> {
    await what.click();
    this.taps += 1;
  }
}

/** The visit that is open comes to an order of so many lines. */
async function sells(rep: Rep, lines: number): Promise<string> {
  const visit = rep.page.url();
  const number = await rep.takesOrder(lines);
  await rep.page.goto(visit);
  await rep.checksOut("ordered");
  return number;
}

/** From the customer's screen to an order that is like the last one. */
async function ordersAgain(rep: Rep, lines: number, thumb = new Thumb()): Promise<void> {
  await thumb.presses(rep.button("repeat_order", { n: lines }));
  await thumb.presses(rep.button("submit_order"));
  await expect(rep.page).toHaveURL(/\/orders\//);
}

/** The article number of the first line of an order. */
async function codeIn(office: Device, number: string): Promise<string> {
  return office.page.evaluate(async (number) => {
    const json = async <T>(path: string) => (await (await fetch(path)).json()) as T;
    const { rows } = await json<{ rows: { id: string }[] }>(`/api/orders?search=${number}`);
    const { lines } = await json<{ lines: { code: string }[] }>(`/api/orders/${rows[0]?.id}`);
    return lines[0]?.code ?? "";
  }, number);
}

test.use({ language: "zh-CN" });

test("ten lines like last time are submitted in five taps, without a network", async ({ phone }) => {
  const rep = new Rep(phone);
  const { page } = phone;
  await rep.begins();
  await rep.opensCustomer("hgsp", CUSTOMER);
  await expect(rep.fact("last_visit")).toHaveText(phone.text("never"));
  await looked(phone, "phone-customer-first");
  await phone.goOffline();
  await rep.checksIn();
  // The visit that goes on is not the last one.
  await expect(rep.fact("last_visit")).toHaveText(phone.text("never"));
  const number = await sells(rep, 10);
  await rep.opensOrder(number);
  const before = await rep.list("order_lines").allInnerTexts();
  expect(before).toHaveLength(10);

  await page.reload();
  await rep.tab("customers").click();
  const thumb = new Thumb();
  await thumb.presses(page.getByRole("link", { name: new RegExp(CUSTOMER) }));
  await expect(rep.fact("last_visit")).toHaveText(phone.text("days_since", { n: 0 }));
  await ordersAgain(rep, 10, thumb);
  expect(thumb.taps).toBeLessThanOrEqual(5);
  await expect(rep.state("savedHere")).toBeVisible();
  await expect(page.getByText(number, { exact: true })).toBeHidden();
  expect(await rep.list("order_lines").allInnerTexts()).toEqual(before);

  await phone.goOnline();
  await expect(page.getByText(/^SO-\d+/)).toBeVisible();
});

test("the usual basket goes into the cart, and what is no longer sold is said", async ({ phone, office, server }) => {
  const rep = new Rep(phone);
  const { page } = phone;
  await rep.begins();
  await office.signIn("office");
  await rep.opensCustomer("hgsp", CUSTOMER);
  await rep.checksIn();
  const number = await sells(rep, 3);
  await rep.opensCustomer("hgsp", CUSTOMER);
  await ordersAgain(rep, 3);
  await expect(page.getByText(/^SO-\d+/)).toBeVisible();
  const gone = await codeIn(office, number);
  await server.imports("products", `code,active\n${gone},no\n`);
  await rep.opensCustomer("hgsp", CUSTOMER);
  await expect(rep.button("repeat_order", { n: 2 })).toBeVisible();
  await expect(page.getByText(phone.text("left_out", { names: "" }))).toBeVisible();

  await phone.goOffline();
  const basket = rep.list("usual_basket");
  await expect(basket).toHaveCount(2);
  await expect(basket.filter({ hasText: phone.text("usual_times", { times: 2, orders: 2 }) })).toHaveCount(2);
  await looked(phone, "phone-customer-again");
  // One of the two is in the cart already, and more of it than usual.
  await page.getByRole("link", { name: phone.text("order"), exact: true }).click();
  await rep.chooses(1);
  const quantity = page.getByRole("main").getByRole("textbox").first();
  await quantity.fill("9");
  await quantity.press("Enter");
  await page.goBack();
  await expect(basket.filter({ hasText: phone.text("in_cart") })).toHaveCount(1);
  await rep.button("add_usual").click();
  const lines = page.getByRole("main").getByRole("list", { name: phone.text("order_lines") }).getByRole("textbox");
  await expect(lines).toHaveCount(2);
  expect(await Promise.all((await lines.all()).map((it) => it.inputValue()))).toEqual(["9", "1"]);
  await page.goBack();
  await expect(basket.filter({ hasText: phone.text("in_cart") })).toHaveCount(2);
  // It says why there is nothing to press.
  await rep.button("add_usual").click({ force: true });
  await expect(page.getByRole("status").filter({ hasText: phone.text("all_in_cart") })).toBeVisible();
  await rep.button("add_usual").scrollIntoViewIfNeeded();
  await looked(phone, "phone-customer-basket");
});
