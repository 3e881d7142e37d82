import { readFile } from "node:fs/promises";
import type { Device } from "../harness/device.ts";
import { expectRoomForLargeText, looked } from "../harness/look.ts";
import { expect, test } from "../harness/test.ts";

/** Sold since yesterday, and without a price in any list. */
const PRODUCTS = "Code,Name\nX1,Marzipan\nX2,Nougat\n";

const HEADER = "Article,Price list,From,Valid from,Remark,Unit price";
/** Every second row is wrong, each in another way. */
const ROWS = [
  'P1001,"Wholesale, without tax",0,2026-11-01,,7.31',
  ',"Wholesale, without tax",0,2026-11-01,,4.10',
  'P1002,"Wholesale, without tax",0,2026-11-01,,4.75',
  'P1003,"Wholesale, without tax",0,2026-11-01,,',
  'P1004,"Wholesale, without tax",0,2026-11-01,,9.05',
  'P1005,"Wholesale, without tax",0,2026-11-01,,on request',
  'X1,"Wholesale, without tax",0,2026-11-01,new,12.50',
  'P1006,"Wholesale, without tax",0,2026-11-01,,-3',
  'X1,"Wholesale, without tax",10,2026-11-01,new,11.90',
  'P9999,"Wholesale, without tax",0,2026-11-01,,5',
  "P1007,Nobody's list,0,2026-11-01,,5",
  'P1001,"Wholesale, without tax",0,2026-11-01,,7.99',
  'P1008,"Wholesale, without tax",0,soon,,5',
  'X2,"Wholesale, without tax",10,2026-11-01,,5',
  'P1009,"Wholesale, without tax",0,2026-11-01,,1,234.50',
];
const FAULTS: [row: number, why: string][] = [
  [3, "Article: is missing"],
  [5, "Unit price: is missing"],
  [7, "Unit price: “on request” is not a number"],
  [9, "Unit price: “-3” is less than zero"],
  [11, "Article: “P9999” is not known here"],
  [12, "Price list: “Nobody's list” is not known here"],
  [13, "Article: “P1001” occurs in an earlier row"],
  [14, "Valid from: “soon” is not a date"],
  [15, "From: “10” begins a list without a price from 0"],
  [16, "Article: “P1009” has more cells than there are columns; is there a comma in a number?"],
];

test.use({ language: "en" });

/** Opens the page and says what the next file holds. */
async function opens(office: Device, kind: string): Promise<void> {
  const { page, text } = office;
  await page.getByRole("navigation").getByRole("link", { name: text("imports") }).click();
  await page.getByRole("button", { name: text(kind), exact: true }).click();
}

/** Chooses a file as a person does. */
async function chooses({ page, text }: Device, name: string, content: string | Buffer): Promise<void> {
  const chooser = page.waitForEvent("filechooser");
  await page.getByRole("button", { name: text("import_file") }).click();
  await (await chooser).setFiles({ name, mimeType: "text/csv", buffer: Buffer.from(content) });
}

/** What the office sees as the wholesale price of bread flour. */
async function expectPrice({ page, text }: Device, price: string): Promise<void> {
  await page.getByRole("navigation").getByRole("link", { name: text("products") }).first().click();
  await page.getByRole("searchbox").fill("P1001");
  await page.getByRole("row", { name: /P1001/ }).getByRole("link").click();
  await expect(page.getByRole("complementary", { name: text("product_panel") }).getByText(price).first()).toBeVisible();
}

test("a price list with ten different errors is looked through, imported and taken back", async ({ newDesk, server }) => {
  await server.imports("products", PRODUCTS);
  const office = await newDesk();
  const { page, text } = office;
  await office.signIn("office");
  await expectPrice(office, "¥4.2");

  await opens(office, "kind_prices");
  await looked(office, "office-imports");
  await chooses(office, "autumn-prices.csv", `${HEADER}\n${ROWS.join("\n")}\n`);
  await expect(page.getByRole("heading", { name: "autumn-prices.csv" })).toBeVisible();

  // A column that must be there is asked for before anything is pressed.
  const price = page.getByRole("combobox", { name: "Unit price" });
  await expect(price).toHaveValue("price");
  await price.selectOption({ label: text("import_left_out") });
  await expect(page.getByText(text("import_needs", { fields: text("if_price") })).first()).toBeVisible();
  await looked(office, "office-import-columns");
  await price.selectOption({ label: text("if_price") });
  await expect(page.getByText(text("import_needs_hint"))).toBeHidden();

  await page.getByRole("button", { name: text("import_check") }).click();
  const left = page.getByRole("table", { name: text("import_would_not_in") });
  await expect(left).toBeVisible();
  for (const [row, why] of FAULTS) {
    await expect(left.getByRole("row").filter({ has: page.getByRole("rowheader", { name: String(row), exact: true }) })).toContainText(why);
  }
  await expect(left.getByRole("row")).toHaveCount(1 + FAULTS.length);
  await expect(figure(office, "import_would_refused")).toHaveText("10");
  await looked(office, "office-import-checked");
  await expectRoomForLargeText(office);

  const download = page.waitForEvent("download");
  await page.getByRole("link", { name: text("import_download") }).click();
  const lines = (await readFile(await (await download).path(), "utf8")).trimEnd().split("\n");
  expect(lines[0]).toBe(`\u{feff}${HEADER},Row,Why not imported`);
  expect(lines).toHaveLength(1 + FAULTS.length);
  for (const [at, [row, why]] of FAULTS.entries()) expect(lines[at + 1]).toMatch(new RegExp(`,${row},"?${why.replace(/[?.]/g, "\\$&")}"?$`));
  // What a spreadsheet would compute is made harmless.
  expect(lines[4]).toContain(",'-3,");

  await page.getByRole("button", { name: text("import_run", { many: "other", count: 5 }) }).click();
  await expect(page.getByText(text("import_done"), { exact: true })).toBeVisible();
  await expect(figure(office, "import_created")).toHaveText("1");
  await expect(figure(office, "import_changed")).toHaveText("4");
  await expect(figure(office, "import_refused")).toHaveText("10");
  await looked(office, "office-import-done");
  await expectPrice(office, "¥7.31");

  await page.goBack();
  await page.goto("/office/imports");
  await page.getByRole("link", { name: "autumn-prices.csv" }).click();
  await page.getByRole("button", { name: text("import_undo") }).click();
  await page.getByRole("dialog").getByRole("button", { name: text("import_undo") }).click();
  await expect(page.getByText(text("import_undone"), { exact: true })).toBeVisible();
  await expectPrice(office, "¥4.2");
});

test("a file that cannot be read is refused with what to do", async ({ office }) => {
  const { page, text } = office;
  await office.signIn("office");
  await opens(office, "kind_prices");
  const refused = page.getByRole("alert");
  await chooses(office, "empty.csv", "");
  await expect(refused).toContainText(text("import_not_taken", { file: "empty.csv" }));
  await expect(refused).toContainText(text("import_file_empty"));
  await chooses(office, "broken.xlsx", "PK\u0003\u0004 and nothing else");
  await expect(refused).toContainText(text("import_not_taken", { file: "broken.xlsx" }));
  await expect(refused).toContainText(text("import_file_unreadable"));
  await looked(office, "office-import-refused");
  await chooses(office, "old.xls", Buffer.from("d0cf11e0a1b11ae100000000", "hex"));
  await expect(refused).toContainText(text("import_not_taken", { file: "old.xls" }));
  await chooses(office, "prices.csv", `${HEADER}\n${ROWS[0]}\n`);
  await expect(page.getByRole("heading", { name: "prices.csv" })).toBeVisible();
});

/** How many rows became this, or would. */
const figure = ({ page, text }: Device, outcome: string) => page.getByRole("listitem").filter({ has: page.getByText(text(outcome), { exact: true }) }).locator("b");
