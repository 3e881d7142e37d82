import type { LineEdit, Wish } from "#lib/cart.svelte.ts";
import { Draft } from "#lib/draft.svelte.ts";
import type { CartLineView, OrderView, WantedLine } from "#lib/engine.ts";

/** What somebody wants to make of a submitted order; it survives a closed tab, and nothing is recorded before they save. */
export class Amendment implements LineEdit {
  readonly #order: () => OrderView;
  readonly #draft: Draft<{ versions: number; lines: WantedLine[]; requestedOn: string | null; note: string | null }>;

  constructor(id: string, order: () => OrderView) {
    this.#order = order;
    this.#draft = new Draft(`amend.${id}`, { versions: 0, lines: [], requestedOn: null, note: null });
  }

  get #begun(): boolean {
    return this.#draft.value.versions > 0;
  }

  /** Somebody else changed the order since this was begun. */
  get overtaken(): boolean {
    return this.#begun && this.#draft.value.versions !== this.#order().row.versions;
  }

  get lines(): WantedLine[] {
    return this.#begun ? this.#draft.value.lines : wanted(this.#order());
  }

  get requestedOn(): string {
    return this.#draft.value.requestedOn ?? this.#order().row.requestedOn ?? "";
  }

  set requestedOn(day: string) {
    this.#begin().requestedOn = day;
  }

  get note(): string {
    return this.#draft.value.note ?? this.#order().note;
  }

  set note(note: string) {
    this.#begin().note = note;
  }

  of(product: string, _: CartLineView | null | undefined): Wish | undefined {
    return this.lines.find((line) => line.product === product);
  }

  want({ product, pack, quantity, discount }: Wish): void {
    const draft = this.#begin();
    const at = draft.lines.findIndex((line) => line.product === product);
    const known = draft.lines[at];
    if (quantity === "0") draft.lines = draft.lines.filter((line) => line.product !== product);
    else if (known) draft.lines[at] = { ...known, pack, quantity, discount };
    else draft.lines.push({ product, pack, quantity, discount });
  }

  /** Begins again from what stands. */
  clear(): void {
    this.#draft.clear();
  }

  #begin() {
    const draft = this.#draft.value;
    if (!this.#begun) {
      draft.lines = wanted(this.#order());
      draft.versions = this.#order().row.versions;
    }
    return draft;
  }
}

/** The lines of an order as they stand. */
export function wanted(order: OrderView): WantedLine[] {
  return order.lines.map(({ id, product, pack, quantity, discount }) => ({ line: id, product, pack, quantity, discount }));
}
