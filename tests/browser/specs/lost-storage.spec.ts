import { Rep } from "../harness/rep.ts";
import { expect, test } from "../harness/test.ts";

test.use({ language: "en" });

test("a phone that lost its files goes on as a new device by itself, and says so", async ({ phone }) => {
  const rep = new Rep(phone);
  await rep.begins();
  await rep.opensCustomer("hgsp", "海港食品 中山路店");
  await rep.checksIn();
  await rep.checksOut("noNeed");
  await rep.allDelivered();
  await phone.closeTab();

  // What a browser does that runs out of space.
  await phone.openTab("/icon.svg");
  await phone.page.evaluate(async () => {
    const folder = await navigator.storage.getDirectory();
    await folder.removeEntry("roundsman", { recursive: true });
  });
  await phone.closeTab();

  await phone.openTab();
  await rep.tab("sync").click();
  await expect(phone.page.getByText(phone.text("lost_title"))).toBeVisible();
  await rep.button("understood").click();
  await expect(phone.page.getByText(phone.text("lost_title"))).toBeHidden();
  await rep.opensCustomer("hgsp", "海港食品 中山路店");
  await expect(phone.page.getByText(phone.text("visit.noNeed")).first()).toBeVisible();
});
