import { engine, type CartLineView } from "#lib/engine.ts";
import { complain } from "#lib/run.ts";

/** How many packs of a product are wanted. */
export interface Wish {
  product: string;
  pack: string;
  quantity: string;
  discount: string;
}

/** Lines under the thumb, of a cart or of an order that is being changed. */
export interface LineEdit {
  /** What to show for a product: what was just wished, else what its line says. */
  of(product: string, line: CartLineView | null | undefined): Wish | undefined;
  want(wish: Wish): void;
}

const SETTLE_MS = 250;

/**
 * Edits of one customer's cart. A figure changes under the thumb at once; what it settles on is recorded, so that
 * ten taps are one entry in the journal.
 */
export class CartEdit implements LineEdit {
  readonly #customer: string;
  #wishes = $state<Record<string, Wish>>({});
  readonly #timers = new Map<string, ReturnType<typeof setTimeout>>();
  /** Recorded, and shown until the next answer of the cart contains it. */
  readonly #recorded = new Set<string>();

  constructor(customer: string) {
    this.#customer = customer;
    $effect(() => () => void this.flush());
  }

  of(product: string, line: CartLineView | null | undefined): Wish | undefined {
    const wish = this.#wishes[product];
    if (wish) return wish.quantity === "0" ? undefined : wish;
    return line ? { product, pack: line.pack, quantity: line.quantity, discount: line.discount } : undefined;
  }

  want(wish: Wish): void {
    this.#wishes[wish.product] = wish;
    this.#recorded.delete(wish.product);
    clearTimeout(this.#timers.get(wish.product));
    this.#timers.set(wish.product, setTimeout(() => void this.#record(wish.product), SETTLE_MS));
  }

  /** The cart was answered anew: what was recorded before is in it. */
  answered(): void {
    for (const product of this.#recorded) delete this.#wishes[product];
    this.#recorded.clear();
  }

  /** Records everything that has not settled yet. */
  async flush(): Promise<void> {
    await Promise.all([...this.#timers.keys()].map((product) => this.#record(product)));
  }

  async #record(product: string): Promise<void> {
    const wish = this.#wishes[product];
    clearTimeout(this.#timers.get(product));
    this.#timers.delete(product);
    if (!wish) return;
    try {
      await engine().run({ operation: "cart.set_line", customer: this.#customer, ...wish });
      if (!this.#timers.has(product)) this.#recorded.add(product);
    } catch (error) {
      delete this.#wishes[product];
      complain(error);
    }
  }
}
