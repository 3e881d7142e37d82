import { localName, toasts } from "@roundsman/kit";
import { engine, type CartPut, type LastOrder, type UsualLine } from "#lib/engine.ts";
import { m } from "#lib/paraglide/messages.js";
import { complain } from "#lib/run.ts";

/** Puts in the lines of the last order and says which of them are no longer sold; true when there is something to review. */
export async function repeatLast(customer: string, last: LastOrder): Promise<boolean> {
  if (!(await putIn(customer, last.puts))) return false;
  if (last.puts.length) toasts.say(m.repeated({ n: last.puts.length }), { tone: "good" });
  if (last.leftOut.length) toasts.say(leftOut(last), { tone: "held" });
  return last.lineCount > 0;
}

/** Puts in what a customer usually orders; true when it is in. */
export async function addUsual(customer: string, basket: UsualLine[]): Promise<boolean> {
  const puts = basket.flatMap(({ put }) => put ?? []);
  if (!(await putIn(customer, puts))) return false;
  toasts.say(m.usual_put({ n: puts.length }), { tone: "good" });
  return true;
}

/** What of the last order cannot be ordered any more. */
export const leftOut = (last: LastOrder): string => m.left_out({ names: last.leftOut.map(localName).join(m.comma()) });

/** One after the other: each is a line of its own, and what is in is in. */
async function putIn(customer: string, puts: CartPut[]): Promise<boolean> {
  try {
    for (const put of puts) await engine().run({ operation: "cart.set_line", customer, ...put });
    return true;
  } catch (error) {
    complain(error);
    return false;
  }
}
