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

test("an update keeps what was not delivered yet, and delivers it", async ({ phone }) => {
  const rep = new Rep(phone);
  await rep.begins();
  await rep.opensCustomer("hgsp", "海港食品 中山路店");
  // Everything gets through but what was recorded here.
  const rule = phone.network.cutAt("Push", Infinity);
  await rep.checksIn();
  await phone.page.getByLabel(phone.text("visit_note")).fill("Before the update");
  await rep.checksOut("noNeed");
  await rule.caught();

  const before = await readFile(WORKER, "utf8");
  try {
    await writeFile(WORKER, `${before}\n// another version`);
    await phone.page.evaluate(async () => (await navigator.serviceWorker.getRegistration())?.update());
    const choose = rep.button("update_now");
    await expect(choose).toBeVisible();
    await choose.click();
    await expect(choose).toBeHidden();
  } finally {
    await writeFile(WORKER, before);
  }
  // The new app has it and tries to deliver it.
  await rule.caught(rule.count + 1);
  expect(phone.network.passed("Push")).toBe(0);
  rule.lift();
  await rep.allDelivered();
  await rep.opensCustomer("hgsp", "海港食品 中山路店");
  await expect(phone.page.getByText(phone.text("visit.noNeed")).first()).toBeVisible();
});
