import { Rep } from "../harness/rep.ts";
import { expect, test } from "../harness/test.ts";
import type { Device } from "../harness/device.ts";

const CUSTOMER = "海港食品 中山路店";
const LINES = 5;

/** Everything between the last bar of signal and the first: a visit with an order of five lines. */
async function offlineVisit(rep: Rep): Promise<string> {
  const { phone } = rep;
  await phone.goOffline();
  await phone.page.reload();
  await rep.opensCustomer("hgsp", CUSTOMER);
  await rep.checksIn();
  const visit = phone.page.url();
  const number = await rep.takesOrder(LINES);
  await expect(rep.state("savedHere")).toBeVisible();
  await phone.page.goto(visit);
  await rep.checksOut("ordered");
  return number;
}

/** Exactly one order with this number and one visit of today are on the server. */
async function exactlyOne(office: Device, number: string): Promise<void> {
  const rows = async (path: string) =>
    office.page.evaluate(async (path) => ((await (await fetch(path)).json()) as { rows: Record<string, string>[] }).rows, path);
  const orders = await rows(`/api/orders?search=${number}`);
  expect(orders.map((row) => row["deviceNumber"])).toEqual([number]);
  const visits = await rows("/api/visits?search=hgsp");
  expect(visits).toHaveLength(1);
  expect(visits[0]).toMatchObject({ outcome: "ordered" });
}

async function officeSees(office: Device, number: string): Promise<void> {
  await expect(office.page.getByRole("row", { name: new RegExp(number) })).toBeVisible();
  await exactlyOne(office, number);
}

async function phoneSeesAnswer(rep: Rep, number: string): Promise<void> {
  await rep.opensOrder(number);
  await expect(rep.page.getByText(/^SO-\d+/)).toBeVisible();
  await expect(rep.page.getByText(rep.phone.text("order.waiting"), { exact: true })).toBeHidden();
}

async function opensOrdersDesk(office: Device): Promise<void> {
  await office.signIn("office");
  await office.page.getByRole("link", { name: office.text("orders") }).first().click();
}

/** The rep is ready for the day, and the office looks at its orders. */
async function bothBegin(phone: Device, office: Device): Promise<Rep> {
  const rep = new Rep(phone);
  await rep.begins();
  await opensOrdersDesk(office);
  return rep;
}

test("a visit and an order without a network reach the office once, and the answer comes back", async ({ phone, office }) => {
  const rep = await bothBegin(phone, office);

  const number = await offlineVisit(rep);
  await phone.closeTab();
  await phone.openTab();
  await rep.opensOrder(number);
  await expect(rep.state("savedHere")).toBeVisible();
  await expect(rep.page.getByRole("list", { name: phone.text("order_lines") }).getByRole("listitem")).toHaveCount(LINES);

  await phone.goOnline();
  await officeSees(office, number);
  await phoneSeesAnswer(rep, number);
});

test("a receipt that never comes does not send anything twice", async ({ phone, office }) => {
  const rep = await bothBegin(phone, office);
  const number = await offlineVisit(rep);

  // The hub commits, and the line breaks before it can say so.
  const withheld = phone.network.cutAt("Receipt");
  await phone.goOnline();
  await withheld.caught();
  await officeSees(office, number);
  await phoneSeesAnswer(rep, number);
  await exactlyOne(office, number);
});

test("a push that never arrives is sent again", async ({ phone, office }) => {
  const rep = await bothBegin(phone, office);
  const number = await offlineVisit(rep);

  const withheld = phone.network.cutAt("Push");
  await phone.goOnline();
  await withheld.caught();
  await officeSees(office, number);
  await phoneSeesAnswer(rep, number);
});

test("a server that is killed goes on where it was", async ({ phone, office, server }) => {
  const rep = await bothBegin(phone, office);
  const number = await offlineVisit(rep);

  const held = phone.network.hold("Receipt");
  await phone.goOnline();
  await held.caught();
  await server.kill();
  held.lift();
  await server.restart();
  await officeSees(office, number);
  await phoneSeesAnswer(rep, number);
  await exactlyOne(office, number);
});

test("a line that is dead without anybody saying so is replaced", async ({ phone, office }) => {
  const rep = await bothBegin(phone, office);
  await rep.opensCustomer("hgsp", CUSTOMER);
  phone.network.silence("up", "down");
  await rep.checksIn();
  const visit = phone.page.url();
  const number = await rep.takesOrder(LINES);
  await expect(rep.state("savedHere")).toBeVisible();
  await phone.page.goto(visit);
  await rep.checksOut("ordered");

  await phone.network.restore();
  await rep.tab("sync").click();
  await rep.button("sync_now").click();
  await officeSees(office, number);
  await phoneSeesAnswer(rep, number);
});
