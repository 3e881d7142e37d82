import { ApiError } from "#api/client.ts";
import type { CartLineView, Reason, WantedLine } from "#api/types.ts";
import { drafts } from "./drafts.ts";
import { Resource } from "./resource.svelte.ts";

/** A line as it was typed; each product stands once. */
export interface TypedLine {
  /** The line of the order that it is; none: it is new. */
  line?: string;
  product: string;
  pack: string;
  quantity: string;
  discount: string;
}

/** What was typed, as a whole. */
export interface Typed {
  lines: TypedLine[];
  requestedOn: string;
  note: string;
}

/** What it comes to. */
export interface Quote {
  lines: CartLineView[];
  total: { minor: number; currency: string };
  warnings: Reason[];
}

/** What is sent to be priced and to be recorded. */
export interface Sent {
  lines: (WantedLine & { line: string | null })[];
  requestedOn: string | null;
  note: string;
}

/** Typing on within this time is asked about once. */
const PAUSE_MS = 120;

const isNumber = (text: string): boolean => /^\d+(\.\d+)?$/.test(text.trim());

/** Whether so much can be ordered. */
export const isQuantity = (text: string): boolean => isNumber(text) && Number(text) > 0;

/** Whether so much can be taken off; nothing is nothing. */
export const isDiscount = (text: string): boolean => text.trim() === "" || isNumber(text);

/** An order as somebody on the telephone wants it: what was typed, and what it comes to. */
export abstract class OrderForm<Q extends Quote = Quote, Done = unknown> {
  lines = $state<TypedLine[]>([]);
  requestedOn = $state("");
  note = $state("");
  /** Prices, stock and credit of what was typed. */
  quote = new Resource<Q>();
  /** Why it was not recorded. */
  failure = $state.raw<unknown>();
  busy = $state(false);

  /** What it is about, fixed as soon as something is typed, and kept with that. */
  protected mark = $state("");
  readonly #name: string;
  /** What stood there when it was begun; others may change that meanwhile. */
  #began = $state("");
  /** How often something was typed, and how often it had been when what is shown was asked for. */
  #typed = $state(0);
  #priced = $state(-1);
  #pause: ReturnType<typeof setTimeout> | undefined;

  /** `name` keeps what was typed when the form is left and opened again. */
  constructor(name: string) {
    this.#name = name;
  }

  /** What stands there before anything is typed. */
  protected abstract begun(): Typed & { mark: string };
  protected abstract price(sent: Sent, signal: AbortSignal): Promise<Q>;
  protected abstract record(sent: Sent, told: Quote["total"]): Promise<Done>;

  /** Nothing was typed. */
  isUntouched = $derived.by(() => JSON.stringify(this.#written()) === this.#began);
  /** Lines that cannot be read as an amount. */
  unread = $derived(this.lines.filter((line) => !isQuantity(line.quantity) || !isDiscount(line.discount)));
  /** Something of it cannot be recorded. */
  isWrong = $derived.by(() => this.unread.length > 0 || Boolean(this.quote.value?.lines.some((line) => line.problems.length > 0)));
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
    const [typed, sent] = [this.#typed, this.#sent()];
    await this.quote.load((signal) => this.price(sent, signal));
    if (!this.quote.loading) this.#priced = typed;
  }

  /** Records it at the total that is shown. None: it was not, and `failure` says why. */
  async send(): Promise<{ done: Done } | undefined> {
    if (this.busy || this.unread.length > 0) return undefined;
    this.busy = true;
    this.failure = undefined;
    try {
      if (!this.settled || this.quote.error) await this.ask();
      if (this.quote.error) throw this.quote.error;
      const done = await this.record(this.#sent(), this.quote.value?.total ?? { minor: 0, currency: "" });
      this.giveUp();
      return { done };
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
    drafts.delete(this.#name);
    this.begin();
  }

  /** Begins with what was typed before, or with what stands there. */
  begin(): void {
    clearTimeout(this.#pause);
    const kept = drafts.get(this.#name);
    const begun = this.begun();
    this.#began = JSON.stringify(this.#writtenOf(begun));
    this.mark = kept?.["mark"] ?? begun.mark;
    this.lines = kept ? (JSON.parse(kept["lines"] ?? "[]") as TypedLine[]) : begun.lines;
    this.requestedOn = kept?.["requestedOn"] ?? begun.requestedOn;
    this.note = kept?.["note"] ?? begun.note;
    this.failure = undefined;
    this.#typed += 1;
  }

  #sent(): Sent {
    const read = this.lines.filter((line) => !this.unread.includes(line));
    const lines = read.map((it) => ({ ...it, line: it.line ?? null, quantity: it.quantity.trim(), discount: it.discount.trim() || "0" }));
    return { lines, requestedOn: this.requestedOn || null, note: this.note.trim() };
  }

  #keep(): void {
    if (this.isUntouched) drafts.delete(this.#name);
    else drafts.set(this.#name, { mark: this.mark, ...this.#written() });
  }

  #written(): Record<string, string> {
    return this.#writtenOf(this);
  }

  #writtenOf({ lines, requestedOn, note }: Typed): Record<string, string> {
    return { lines: JSON.stringify(lines), requestedOn, note: note.trim() };
  }
}
