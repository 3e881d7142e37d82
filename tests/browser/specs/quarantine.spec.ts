import { Rep } from "../harness/rep.ts";
import { expect, test } from "../harness/test.ts";
import type { Device } from "../harness/device.ts";
import type { Server } from "../harness/server.ts";

const CUSTOMER = "海港食品 中山路店";

test.use({ language: "en" });

/** The rep edits a customer offline, and meanwhile loses access to all of the territory. */
async function editAfterAccessEnded(rep: Rep, server: Server): Promise<void> {
  const { phone, page } = rep;
  await rep.begins();
  await rep.opensCustomer("hgsp", CUSTOMER);
  await phone.goOffline();
  await page.getByRole("link", { name: phone.text("edit_customer") }).click();
  await page.getByLabel(phone.text("field.note")).fill("Closed on Mondays");
  await rep.button("save").click();
  const ended = Date.now() - 60 * 60 * 1000;
  await server.alter("update channel_grant set until = ? where channel like 'territory/%'", ended);
  await phone.goOnline();
}

async function opensEntry(office: Device): Promise<void> {
  await office.signIn("office");
  const { page } = office;
  await page.getByRole("navigation").getByRole("link", { name: office.text("quarantine") }).click();
  await page.getByRole("row", { name: new RegExp(CUSTOMER) }).getByRole("link").click();
  const panel = page.getByRole("complementary");
  await expect(panel.getByText(office.text("access_ended")).first()).toBeVisible();
}

async function note(office: Device): Promise<string> {
  return office.page.evaluate(async () => {
    const found = await (await fetch("/api/customers?search=hgsp")).json();
    const card = await (await fetch(`/api/customers/${found.rows[0].id}`)).json();
    return card.fields.find((field: { field: string }) => field.field === "note")?.value ?? "";
  });
}

test("an entry whose access ended waits for the office, which lets it in", async ({ phone, office, server }) => {
  const rep = new Rep(phone);
  await editAfterAccessEnded(rep, server);
  await opensEntry(office);
  expect(await note(office)).not.toBe("Closed on Mondays");
  await office.page.getByRole("button", { name: office.text("release"), exact: true }).click();
  const dialog = office.page.getByRole("dialog");
  await dialog.getByRole("button", { name: office.text("release") }).click();
  await expect(dialog).toBeHidden();
  await expect.poll(() => note(office)).toBe("Closed on Mondays");
});

test("what the office declines is told to the rep and keeps nobody else waiting", async ({ phone, office, server }) => {
  const rep = new Rep(phone);
  await editAfterAccessEnded(rep, server);
  await opensEntry(office);
  await office.page.getByRole("button", { name: office.text("decline"), exact: true }).click();
  const dialog = office.page.getByRole("dialog");
  await dialog.getByLabel(office.text("reason_for_rep")).fill("They are open on Mondays");
  await dialog.getByRole("button", { name: office.text("decline") }).click();
  await expect(dialog).toBeHidden();
  expect(await note(office)).not.toBe("Closed on Mondays");
  await rep.tab("needs_you").click();
  await expect(phone.page.getByText(phone.text("kind_declined")).first()).toBeVisible();
  await expect(phone.page.getByText("They are open on Mondays").first()).toBeVisible();
});
