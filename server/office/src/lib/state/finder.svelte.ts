import { codeText, customerCode, localName, type IconName } from "@roundsman/kit";
import { answer, api } from "#api/client.ts";
import type { OrderRow } from "#api/types.ts";
import { m } from "../paraglide/messages.js";
import { paths } from "../paths.ts";
import { office } from "./office.svelte.ts";
import { Resource } from "./resource.svelte.ts";
import { session } from "./session.svelte.ts";

/** Somewhere to go. */
export interface Found {
  icon: IconName;
  label: string;
  detail: string;
  href: string;
  order?: OrderRow;
}

const PAUSE_MS = 120;
const OF_EACH = 5;

/** What the command palette looks through: the pages and people at once, orders, customers and products on the server. */
export class Finder {
  text = $state("");
  /** The one that Enter takes. */
  at = $state(0);
  #server = new Resource<Found[]>();
  #pause: ReturnType<typeof setTimeout> | undefined;
  #waiting = $state(false);

  found = $derived([...this.#pages(), ...(this.text.trim() ? (this.#server.value ?? []) : [])]);
  chosen = $derived(this.found[this.at]);
  error = $derived(this.#server.error);
  busy = $derived(this.#waiting || this.#server.loading);

  start(): void {
    this.find("");
  }

  find(text: string): void {
    this.text = text;
    this.at = 0;
    clearTimeout(this.#pause);
    const search = text.trim();
    this.#waiting = search !== "";
    if (!search) return;
    this.#pause = setTimeout(() => {
      this.#waiting = false;
      void this.#server.load((signal) => this.#ask(search, signal));
    }, PAUSE_MS);
  }

  step(by: number): void {
    const count = this.found.length;
    if (count > 0) this.at = (this.at + by + count) % count;
  }

  #pages(): Found[] {
    const pages: Found[] = [
      { icon: "home", label: m.home(), detail: "", href: paths.home() },
      { icon: "orders", label: m.orders(), detail: "", href: paths.orders() },
      { icon: "orders", label: m.orders(), detail: m.needs_office(), href: paths.orders({ state: "held" }) },
      { icon: "visit", label: m.visits(), detail: "", href: paths.visits() },
      { icon: "customers", label: m.customers(), detail: "", href: paths.customers() },
      { icon: "customers", label: m.customers(), detail: m.with_conflicts(), href: paths.customers({ conflicts: "true" }) },
      { icon: "box", label: m.products(), detail: "", href: paths.products() },
      { icon: "person", label: m.people(), detail: "", href: paths.people() },
      { icon: "device", label: m.devices(), detail: "", href: paths.devices() },
      { icon: "import", label: m.imports(), detail: "", href: paths.imports() },
      { icon: "sync", label: m.erp(), detail: "", href: paths.erp() },
      { icon: "lock", label: m.quarantine(), detail: "", href: paths.quarantine() },
    ];
    const may = session.me?.may;
    if (may?.takeOrders) pages.push({ icon: "plus", label: m.new_order(), detail: "", href: paths.newOrder() });
    if (may?.govern) pages.push({ icon: "plus", label: m.add_customer(), detail: "", href: paths.customers({ open: "new" }) });
    if (may?.appoint.length) pages.push({ icon: "plus", label: m.add_person(), detail: "", href: paths.people({ open: "new" }) });
    const wanted = this.text.trim().toLowerCase();
    if (wanted) pages.push(...this.#people());
    return pages.filter((page) => `${page.label} ${page.detail}`.toLowerCase().includes(wanted));
  }

  #people(): Found[] {
    return (office.people.value ?? []).map((it): Found => ({ icon: "person", label: it.name, detail: codeText("role", it.role), href: paths.people({ open: it.id }) }));
  }

  async #ask(search: string, signal: AbortSignal): Promise<Found[]> {
    const options = { params: { query: { search, limit: OF_EACH } }, signal };
    const [orders, customers, products] = await Promise.all([
      answer(api.GET("/api/orders", options)),
      answer(api.GET("/api/customers", options)),
      answer(api.GET("/api/products", options)),
    ]);
    return [
      ...customers.rows.map((row): Found => ({
        icon: "customers",
        label: row.name,
        detail: [customerCode(row.code), localName(row.territoryName), row.phone].filter(Boolean).join(" · "),
        href: paths.customers({ open: row.id }),
      })),
      ...orders.rows.map((row): Found => ({
        icon: "orders",
        label: row.deviceNumber,
        detail: row.customerName,
        href: paths.orders({ open: row.id }),
        order: row,
      })),
      ...products.rows.map((row): Found => ({
        icon: "box",
        label: localName(row.name),
        detail: row.code,
        href: paths.products({ open: row.id }),
      })),
    ];
  }
}
