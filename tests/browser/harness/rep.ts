import { expect } from "@playwright/test";
import type { Locator } from "@playwright/test";
import type { Device } from "./device.ts";

/** What a rep does on a phone, in the words of the app. */
export class Rep {
  readonly phone: Device;

  constructor(phone: Device) {
    this.phone = phone;
  }

  get page() {
    return this.phone.page;
  }

  button(key: string, params?: Record<string, string | number>): Locator {
    return this.page.getByRole("button", { name: this.phone.text(key, params), exact: true });
  }

  link(key: string): Locator {
    return this.page.getByRole("link", { name: this.phone.text(key), exact: true });
  }

  tab(key: string): Locator {
    return this.page.getByRole("navigation").getByRole("link", { name: this.phone.text(key) });
  }

  /** Signs in and waits until everything is on the phone and the app opens without a network; a large company takes its time. */
  async begins(login = "lin", patience_ms?: number): Promise<void> {
    await this.phone.signIn(login);
    await this.allDelivered(patience_ms);
    await this.phone.readyForOffline();
  }

  async allDelivered(patience_ms?: number): Promise<void> {
    await this.tab("today").click();
    const said = this.page.getByText(this.phone.text("all_delivered")).first();
    await expect(said).toBeVisible(patience_ms ? { timeout: patience_ms } : {});
  }

  async opensCustomer(search: string, name: string): Promise<void> {
    await this.tab("customers").click();
    await this.page.getByRole("searchbox", { name: this.phone.text("search_customers") }).fill(search);
    await this.page.getByRole("link", { name: new RegExp(name) }).first().click();
    await expect(this.page.getByRole("heading", { level: 1, name })).toBeVisible();
  }

  async checksIn(): Promise<void> {
    await this.button("start_visit").click();
    await expect(this.page).toHaveURL(/\/visits\//);
    await expect(this.page.getByLabel(this.phone.text("visit_note"))).toBeVisible();
  }

  /** Puts the first products of the catalogue into the cart. */
  async chooses(count: number): Promise<void> {
    const catalogue = this.page.getByRole("list", { name: this.phone.text("catalogue") });
    const rows = catalogue.getByRole("listitem").filter({ has: this.page.getByRole("button", { name: this.adding() }) });
    await expect(rows.first()).toBeVisible();
    for (let line = 1; line <= count; line += 1) {
      await rows.first().getByRole("button", { name: this.adding() }).click();
      await expect(this.page.getByText(this.phone.text("lines_with_tax", { n: line }))).toBeVisible();
    }
  }

  /** Takes an order of so many lines from the visit that is open; gives the device's number. */
  async takesOrder(lines: number): Promise<string> {
    await this.link("take_order").click();
    await this.chooses(lines);
    await this.link("review_cart").click();
    await this.button("submit_order").click();
    await expect(this.page).toHaveURL(/\/orders\//);
    const number = this.page.getByText(/^[A-Z]\d+-\d{4}$/);
    await expect(number).toBeVisible();
    return (await number.textContent()) ?? "";
  }

  async checksOut(outcome: string): Promise<void> {
    await this.page.getByRole("radio", { name: this.phone.text(`visit.${outcome}`) }).check();
    await this.button("check_out").click();
    await expect(this.button("check_out")).toBeHidden();
  }

  async opensOrder(number: string): Promise<void> {
    await this.tab("orders").click();
    await this.page.getByRole("link", { name: new RegExp(number) }).click();
    await expect(this.page.getByText(number, { exact: true })).toBeVisible();
  }

  /** The chip with the plain word for how far this screen's document got. */
  state(word: string): Locator {
    return this.page.getByRole("main").getByText(this.phone.text(`state.${word}`), { exact: true }).first();
  }

  /** One answer of the customer's screen, by its label. */
  fact(label: string): Locator {
    const glance = this.page.getByRole("region", { name: this.phone.text("at_a_glance") });
    return glance.locator("dl > div").filter({ hasText: this.phone.text(label) }).locator("dd");
  }

  /** The rows of a list. */
  list(name: string): Locator {
    return this.page.getByRole("list", { name: this.phone.text(name), exact: true }).getByRole("listitem");
  }

  private adding(): RegExp {
    const around = this.phone.text("add_product", { name: "\u0000" }).split("\u0000");
    return new RegExp(`^${around[0]}.+${around[1]}$`);
  }
}
