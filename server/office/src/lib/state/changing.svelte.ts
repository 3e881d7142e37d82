import { answer, api } from "#api/client.ts";
import type { AmendView, OrderView } from "#api/types.ts";
import { OrderForm, type Quote, type Sent, type TypedLine } from "./order-form.svelte.ts";

/** What a customer on the telephone wants instead of what they ordered. */
export class Changing extends OrderForm<AmendView, void> {
  readonly #order: () => OrderView;

  /** `order` as it stands now; it may change while somebody types. */
  constructor(id: string, order: () => OrderView) {
    super(`change/${id}`);
    this.#order = order;
    this.begin();
  }

  /** Somebody else changed the order since this was begun. */
  get overtaken(): boolean {
    return this.mark !== String(this.#order().row.versions);
  }

  /** The mark is how many versions there were. */
  protected begun() {
    const { row, note, lines } = this.#order();
    return { mark: String(row.versions), lines: lines.map(typed), requestedOn: row.requestedOn ?? "", note };
  }

  protected price(body: Sent, signal: AbortSignal): Promise<AmendView> {
    return answer(api.POST("/api/orders/{id}/amendment", { params: this.#path(), body, signal }));
  }

  protected async record(sent: Sent, told: Quote["total"]): Promise<void> {
    await answer(api.POST("/api/orders/{id}/amend", { params: this.#path(), body: { ...sent, told, seen: Number(this.mark) } }));
  }

  #path() {
    return { path: { id: this.#order().row.id } };
  }
}

/** A line of an order as it stands. */
export function typed({ id, product, pack, quantity, discount }: OrderView["lines"][number]): TypedLine {
  return { line: id, product, pack, quantity, discount: Number(discount) ? discount : "" };
}
