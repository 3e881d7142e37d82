import { flushSync } from "svelte";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { CartEdit } from "./cart.svelte.ts";
import type { CartLineView } from "./engine.ts";

const run = vi.fn<(operation: unknown) => Promise<unknown>>();
const complain = vi.fn();
vi.mock("#lib/engine.ts", () => ({ engine: () => ({ run }) }));
vi.mock("#lib/run.ts", () => ({ complain: (error: unknown) => complain(error) }));

const SETTLED_MS = 300;
const wish = (quantity: string) => ({ product: "p", pack: "box", quantity, discount: "0" });
const line = (quantity: string) => ({ pack: "box", quantity, discount: "0" }) as CartLineView;

/** A cart's edits as a component holds them. */
function edits(): CartEdit {
  let edit: CartEdit | undefined;
  leave = $effect.root(() => {
    edit = new CartEdit("c");
  });
  flushSync();
  if (!edit) throw new Error("not made");
  return edit;
}

let leave = (): void => undefined;
afterEach(() => leave());

beforeEach(() => {
  vi.useFakeTimers();
  run.mockReset().mockResolvedValue({ n: 1, id: "cart" });
  complain.mockReset();
});

describe("CartEdit", () => {
  it("shows a figure at once and records what it settles on", async () => {
    const edit = edits();
    for (const quantity of ["1", "2", "3"]) edit.want(wish(quantity));
    expect(edit.of("p", null)?.quantity).toBe("3");
    expect(run).not.toHaveBeenCalled();
    await vi.advanceTimersByTimeAsync(SETTLED_MS);
    expect(run.mock.calls).toEqual([[{ operation: "cart.set_line", customer: "c", ...wish("3") }]]);
  });

  it("keeps showing what was recorded until the cart answers with it", async () => {
    const edit = edits();
    edit.want(wish("3"));
    await vi.advanceTimersByTimeAsync(SETTLED_MS);
    expect(edit.of("p", line("1"))?.quantity).toBe("3");
    edit.answered();
    expect(edit.of("p", line("4"))?.quantity).toBe("4");
  });

  it("does not let an answer undo what is still being typed", () => {
    const edit = edits();
    edit.want(wish("3"));
    edit.answered();
    expect(edit.of("p", line("1"))?.quantity).toBe("3");
  });

  it("shows no line once it is taken out", () => {
    const edit = edits();
    edit.want(wish("0"));
    expect(edit.of("p", line("1"))).toBeUndefined();
  });

  it("goes back to the cart's figure when it could not be recorded", async () => {
    const edit = edits();
    run.mockRejectedValue(new Error("full"));
    edit.want(wish("3"));
    await vi.advanceTimersByTimeAsync(SETTLED_MS);
    expect(edit.of("p", line("1"))?.quantity).toBe("1");
    expect(complain).toHaveBeenCalledOnce();
  });

  it("records what has not settled when its screen is left", async () => {
    const edit = edits();
    await vi.advanceTimersByTimeAsync(0);
    edit.want(wish("3"));
    flushSync();
    leave();
    await vi.advanceTimersByTimeAsync(0);
    expect(run).toHaveBeenCalledOnce();
  });
});
