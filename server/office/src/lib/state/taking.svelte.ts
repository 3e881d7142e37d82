import { v7 as newId } from "uuid";
import { answer, api } from "#api/client.ts";
import type { CartView, Taken } from "#api/types.ts";
import { OrderForm, type Quote, type Sent } from "./order-form.svelte.ts";

/** An order that is taken with the customer on the telephone. */
export class Taking extends OrderForm<CartView, Taken> {
  constructor(readonly customer: string) {
    super(`order/${customer}`);
    this.begin();
  }

  /** The mark is the new order's id. It is made here, so that pressing twice, or once more after a lost answer, makes one order. */
  protected begun() {
    return { mark: newId(), lines: [], requestedOn: "", note: "" };
  }

  protected price({ lines }: Sent, signal: AbortSignal): Promise<CartView> {
    const cart = lines.map(({ line: _, ...it }, addedAt) => ({ ...it, addedAt }));
    return answer(api.POST("/api/quotes", { body: { customer: this.customer, lines: cart }, signal }));
  }

  protected record(sent: Sent, told: Quote["total"]): Promise<Taken> {
    return answer(api.POST("/api/orders", { body: { id: this.mark, customer: this.customer, ...sent, told } }));
  }
}
