import { readFile, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { Rep } from "../harness/rep.ts";
import { expect, test } from "../harness/test.ts";

const WORKER = fileURLToPath(new URL("../../../mobile/build/service-worker.js", import.meta.url));

test.use({ language: "en" });

test("an update waits until it is chosen, and keeps what was typed", async ({ phone }) => {
  const rep = new Rep(phone);
  await rep.begins();
  await rep.opensCustomer("hgsp", "海港食品 中山路店");
  await phone.page.getByRole("link", { name: phone.text("edit_customer") }).click();
  const field = phone.page.getByLabel(phone.text("field.note"));
  await field.fill("Half typed");

  const before = await readFile(WORKER, "utf8");
  try {
    await writeFile(WORKER, `${before}\n// another version`);
    await phone.page.evaluate(async () => (await navigator.serviceWorker.getRegistration())?.update());
    const choose = rep.button("update_now");
    await expect(choose).toBeVisible();
    await expect(field).toHaveValue("Half typed");
    await choose.click();
    await expect(choose).toBeHidden();
    await expect(field).toHaveValue("Half typed");
  } finally {
    await writeFile(WORKER, before);
  }
});
