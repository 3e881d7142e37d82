import type { Locator } from "@playwright/test";
import type { Device } from "../harness/device.ts";
import { expectAccessible, takePicture } from "../harness/look.ts";
import { Rep } from "../harness/rep.ts";
import { expect, test } from "../harness/test.ts";

const CUSTOMER = "海港食品 中山路店";

/** Opens a section of the console. */
async function opens(office: Device, section: string): Promise<void> {
  await office.page.getByRole("navigation").getByRole("link", { name: office.text(section) }).first().click();
}

/** Confirms what was asked in a dialog. */
async function confirms(office: Device, act: string): Promise<void> {
  const dialog = office.page.getByRole("dialog");
  await dialog.getByRole("button", { name: office.text(act), exact: true }).click();
  await expect(dialog).toBeHidden();
}

/** Moves the customer in the list to a territory, after a look at what that touches. */
async function moves(office: Device, to: (name: string) => boolean, look?: (dialog: Locator) => Promise<void>): Promise<void> {
  const { page } = office;
  await page.getByRole("checkbox", { name: new RegExp(CUSTOMER) }).check();
  await page.getByRole("button", { name: office.text("move_to") }).click();
  const dialog = page.getByRole("dialog");
  const territory = dialog.getByLabel(office.text("territory"));
  await expect(dialog.getByLabel(office.text("account_manager")).getByRole("option")).not.toHaveCount(1);
  const [, ...names] = await territory.getByRole("option").allTextContents();
  await territory.selectOption(names.find(to) ?? "");
  await expect(dialog.getByText(office.text("impact"))).toBeVisible();
  await look?.(dialog);
  await dialog.getByRole("button", { name: office.text("move"), exact: true }).click();
  await expect(dialog).toBeHidden();
}

test.describe("in English", () => {
  test.use({ language: "en" });

  test("a phone that was shut out still delivers, and is wiped when it comes", async ({ phone, office }) => {
    const rep = new Rep(phone);
    await rep.begins();
    await rep.opensCustomer("hgsp", CUSTOMER);
    await phone.goOffline();
    await rep.checksIn();
    await rep.checksOut("noNeed");

    await office.signIn("office");
    await opens(office, "devices");
    await office.page.getByRole("row", { name: /Lin Mei/ }).getByRole("link").click();
    await office.page.getByRole("button", { name: office.text("revoke_device"), exact: true }).click();
    await confirms(office, "revoke_device");
    const panel = office.page.getByRole("complementary");
    await expect(panel.getByText(office.text("device_revoked")).first()).toBeVisible();
    await office.page.getByRole("button", { name: office.text("wipe_device"), exact: true }).click();
    await confirms(office, "wipe_device");
    await expect(panel.getByText(office.text("device_wipe_ordered")).first()).toBeVisible();

    await phone.goOnline();
    await expect(phone.page.getByText(phone.text("error.DEVICE_WIPED"))).toBeVisible();
    await expect(panel.getByText(office.text("device_wiped")).first()).toBeVisible();
    // What was recorded is not lost: it waits for the office.
    await opens(office, "quarantine");
    await expect(office.page.getByRole("row", { name: new RegExp(CUSTOMER) }).first()).toBeVisible();

    // Nothing is left on the phone, also when it starts again; the next sign-in begins anew.
    await takePicture(phone, "phone-wiped");
    await phone.closeTab();
    await phone.openTab();
    await expect(phone.page.getByText(phone.text("error.DEVICE_WIPED"))).toBeVisible();
    const left = await phone.page.evaluate(async () => {
      const pool = await navigator.storage.getDirectory().then((root) => root.getDirectoryHandle("roundsman"));
      let bytes = 0;
      async function count(folder: FileSystemDirectoryHandle): Promise<void> {
        for await (const entry of folder.values()) {
          if (entry.kind === "directory") await count(entry as FileSystemDirectoryHandle);
          else bytes = Math.max(bytes, (await (entry as FileSystemFileHandle).getFile()).size);
        }
      }
      await count(pool);
      return bytes;
    });
    // The pool keeps empty files with a header of one page for later use.
    expect(left).toBeLessThanOrEqual(4096);
    await rep.begins();
    await rep.opensCustomer("hgsp", CUSTOMER);
  });

  test("customers move after the office has seen what that touches, and back again", async ({ phone, office }) => {
    const rep = new Rep(phone);
    await rep.begins();
    await rep.opensCustomer("hgsp", CUSTOMER);
    await phone.goOffline();
    await rep.checksIn();

    await office.signIn("office");
    await opens(office, "customers");
    const { page } = office;
    await page.getByRole("searchbox").fill("hgsp");
    const row = page.getByRole("row", { name: new RegExp(CUSTOMER) });
    const before = (await row.textContent()) ?? "";
    await moves(office, (name) => !before.includes(name), async (dialog) => {
      await expect(dialog.getByRole("row", { name: /Lin Mei/ })).toBeVisible();
      await expectAccessible(office);
      await takePicture(office, "office-move");
    });

    // The visit was begun before: it counts, and the phone has delivered it before the customer goes.
    await phone.goOnline();
    await opens(office, "visits");
    await expect(row.first()).toBeVisible();
    await phone.page.goto("/customers");
    await phone.page.getByRole("searchbox", { name: phone.text("search_customers") }).fill("hgsp");
    const customer = phone.page.getByRole("link", { name: new RegExp(CUSTOMER) });
    await expect(customer).toHaveCount(0);

    await opens(office, "customers");
    await page.getByRole("searchbox").fill("hgsp");
    await moves(office, (name) => before.includes(name));
    await expect(customer.first()).toBeVisible();
    // Taken back: it is where it was moved to before.
    await page.getByRole("button", { name: office.text("undo"), exact: true }).last().click();
    await expect(customer).toHaveCount(0);
  });
});

for (const [language, scheme] of [["zh-CN", "light"], ["en", "dark"]] as const) {
  test.describe(language, () => {
    test.use({ language });

    test(`people and devices are for everybody, ${scheme}`, async ({ phone, office }) => {
      await new Rep(phone).begins();
      await office.page.emulateMedia({ colorScheme: scheme });
      await office.signIn("office");
      for (const section of ["devices", "people"]) {
        await opens(office, section);
        await office.page.getByRole("row", { name: /Lin Mei/ }).getByRole("link").first().click();
        await expect(office.page.getByRole("complementary").getByRole("heading", { level: 2 })).toBeVisible();
        await expectAccessible(office);
        await takePicture(office, `office-${section}-${scheme}`);
      }
    });
  });
}
