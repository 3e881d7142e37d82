import type { Device } from "../harness/device.ts";
import { Rep } from "../harness/rep.ts";
import { expect, test } from "../harness/test.ts";

test.use({ language: "en" });

/** What happens to the app's files behind its back, while it is closed. */
async function files(phone: Device, does: "copy" | "restore" | "remove"): Promise<void> {
  // Whatever else is opened here becomes the app, whose worker would hold the files.
  await phone.openTab("/api/openapi.json");
  await phone.page.evaluate(async (does) => {
    const root = await navigator.storage.getDirectory();
    // A tab that was closed lets go of its files when its worker has ended, which nobody is told.
    const remove = async (name: string): Promise<void> => {
      for (;;) {
        const failed: unknown = await root.removeEntry(name, { recursive: true }).catch((error: unknown) => error);
        if (!(failed instanceof DOMException) || failed.name === "NotFoundError") return;
        if (failed.name !== "NoModificationAllowedError") throw failed;
        await new Promise((again) => setTimeout(again, 50));
      }
    };
    const copy = async (from: FileSystemDirectoryHandle, to: FileSystemDirectoryHandle) => {
      for await (const entry of from.values()) {
        if (entry.kind === "directory") {
          await copy(entry, await to.getDirectoryHandle(entry.name, { create: true }));
        } else {
          const file = await to.getFileHandle(entry.name, { create: true });
          const writable = await file.createWritable();
          await writable.write(await entry.getFile());
          await writable.close();
        }
      }
    };
    const [from, to] = does === "copy" ? ["roundsman", "kept"] : ["kept", "roundsman"];
    if (does !== "copy") await remove("roundsman");
    if (does !== "remove") {
      await copy(await root.getDirectoryHandle(from), await root.getDirectoryHandle(to, { create: true }));
    }
  }, does);
  await phone.closeTab();
}

test("a phone that lost its files goes on as a new device by itself, and says so", async ({ phone }) => {
  const rep = new Rep(phone);
  await rep.begins();
  await rep.opensCustomer("hgsp", "海港食品 中山路店");
  await rep.checksIn();
  await rep.checksOut("noNeed");
  await rep.allDelivered();
  await phone.closeTab();

  // What a browser does that runs out of space.
  await files(phone, "remove");

  await phone.openTab();
  await rep.tab("sync").click();
  await expect(phone.page.getByText(phone.text("lost_title"))).toBeVisible();
  await rep.button("understood").click();
  await expect(phone.page.getByText(phone.text("lost_title"))).toBeHidden();
  await rep.opensCustomer("hgsp", "海港食品 中山路店");
  await expect(phone.page.getByText(phone.text("visit.noNeed")).first()).toBeVisible();
});

test("files from before the phone went on as another device ask for a sign-in and lose nothing", async ({ phone }) => {
  const rep = new Rep(phone);
  await rep.begins();
  await rep.opensCustomer("hgsp", "海港食品 中山路店");
  await rep.checksIn();
  await rep.checksOut("noNeed");
  await rep.allDelivered();
  await phone.closeTab();

  // A backup of the files alone; then they are lost, and the phone goes on by itself.
  await files(phone, "copy");
  await files(phone, "remove");
  await phone.openTab();
  await rep.tab("sync").click();
  await rep.button("understood").click();
  await rep.allDelivered();
  await phone.closeTab();

  await files(phone, "restore");
  await phone.openTab();
  await phone.signIn("lin");
  await rep.allDelivered();
  await rep.opensCustomer("hgsp", "海港食品 中山路店");
  await expect(phone.page.getByText(phone.text("visit.noNeed")).first()).toBeVisible();
});
