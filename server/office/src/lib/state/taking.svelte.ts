import { v7 as newId } from "uuid";
import { answer, api, ApiError } from "#api/client.ts";
import type { CartView, CartLineView, Taken } from "#api/types.ts";
import { drafts } from "./drafts.ts";
import { Resource } from "./resource.svelte.ts";

/** A line as it was typed; each product stands once. */
export interface TypedLine {
  product: string;
  pack: string;
  quantity: string;
  discount: string;
}

/** Typing on within this time is asked about once. */
const PAUSE_MS = 120;

const isNumber = (text: string): boolean => /^\d+(\.\d+)?$/.test(text.trim());

/** Whether so much can be ordered. */
export const isQuantity = (text: string): boolean => isNumber(text) && Number(text) > 0;

/** Whether so much can be taken off; nothing is nothing. */
export const isDiscount = (text: string): boolean => text.trim() === "" || isNumber(text);

/** An order that is taken with the customer on the telephone: what was typed, and what it comes to. */
export class Taking {
  lines = $state<TypedLine[]>([]);
  requestedOn = $state("");
  note = $state("");
  /** Prices, stock and credit of what was typed. */
  quote = new Resource<CartView>();
  /** Why it was not taken. */
  failure = $state.raw<unknown>();
  busy = $state(false);

  // Made here and kept with what was typed, so that pressing twice, or once more after a lost answer, makes one order.
  #id: string;
  readonly #name: string;
  /** How often something was typed, and how often it had been when what is shown was asked for. */
  #typed = $state(0);
  #priced = $state(-1);
  #pause: ReturnType<typeof setTimeout> | undefined;

  constructor(readonly customer: string) {
    this.#name = `order/${customer}`;
    const kept = drafts.get(this.#name);
    this.#id = kept?.["id"] ?? newId();
    this.lines = JSON.parse(kept?.["lines"] ?? "[]") as TypedLine[];
    this.requestedOn = kept?.["requested_on"] ?? "";
    this.note = kept?.["note"] ?? "";
  }

  isEmpty = $derived(this.lines.length === 0 && !this.requestedOn && !this.note.trim());
  /** Lines that cannot be read as an amount. */
  unread = $derived(this.lines.filter((line) => !isQuantity(line.quantity) || !isDiscount(line.discount)));
  /** What is shown is about what stands there now. */
  settled = $derived.by(() => this.#priced === this.#typed);

  /** What is known of a line's product and price. */
  of(product: string): CartLineView | undefined {
    return this.quote.value?.lines.find((it) => it.product === product);
  }

  has(product: string): boolean {
    return this.lines.some((it) => it.product === product);
  }

  /** Puts a product in, unless it is there. */
  add(line: TypedLine): void {
    if (!this.has(line.product)) this.lines.push(line);
    this.changed();
  }

  remove(product: string): void {
    this.lines = this.lines.filter((it) => it.product !== product);
    this.changed();
  }

  /** Something was typed: it is kept, and asked about. */
  changed(): void {
    this.failure = undefined;
    this.#keep();
    this.#typed += 1;
    clearTimeout(this.#pause);
    this.#pause = setTimeout(() => void this.ask(), PAUSE_MS);
  }

  /** Asks what it comes to. */
  async ask(): Promise<void> {
    clearTimeout(this.#pause);
    const typed = this.#typed;
    const lines = this.#readable().map((line, addedAt) => ({ ...line, addedAt }));
    const body = { customer: this.customer, lines };
    await this.quote.load((signal) => answer(api.POST("/api/quotes", { body, signal })));
    if (!this.quote.loading) this.#priced = typed;
  }

  /** Takes the order at the total that is shown. None: it was not taken, and `failure` says why. */
  async take(): Promise<Taken | undefined> {
    if (this.busy || this.unread.length > 0) return undefined;
    this.busy = true;
    this.failure = undefined;
    try {
      if (!this.settled || this.quote.error) await this.ask();
      if (this.quote.error) throw this.quote.error;
      const taken = await answer(api.POST("/api/orders", { body: this.#form() }));
      this.giveUp();
      return taken;
    } catch (error) {
      this.failure = error;
      if (error instanceof ApiError && error.code === "TOTAL_CHANGED") await this.ask();
      return undefined;
    } finally {
      this.busy = false;
    }
  }

  /** Forgets what was typed. */
  giveUp(): void {
    clearTimeout(this.#pause);
    [this.lines, this.requestedOn, this.note, this.failure] = [[], "", "", undefined];
    this.#id = newId();
    drafts.delete(this.#name);
  }

  #form() {
    const told = this.quote.value?.total ?? { minor: 0, currency: "" };
    const lines = this.#readable().map((it) => ({ ...it, line: null }));
    const requestedOn = this.requestedOn || null;
    return { id: this.#id, customer: this.customer, lines, requestedOn, note: this.note.trim(), told };
  }

  #readable(): TypedLine[] {
    const read = (line: TypedLine) => ({ ...line, quantity: line.quantity.trim(), discount: line.discount.trim() || "0" });
    return this.lines.filter((line) => !this.unread.includes(line)).map(read);
  }

  #keep(): void {
    if (this.isEmpty) return void drafts.delete(this.#name);
    const lines = JSON.stringify(this.lines);
    drafts.set(this.#name, { id: this.#id, lines, requested_on: this.requestedOn, note: this.note });
  }
}
