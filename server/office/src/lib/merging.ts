import { errorText, toasts } from "@roundsman/kit";
import { answer, api } from "#api/client.ts";
import { m } from "./paraglide/messages.js";

/** Takes a merge back, says how that went, and lets the screen follow. */
export async function unmerge(customer: string, done: () => unknown): Promise<void> {
  try {
    await answer(api.POST("/api/customers/{id}/unmerge", { params: { path: { id: customer } } }));
    toasts.say(m.merge_undone(), { tone: "good" });
    await done();
  } catch (error) {
    toasts.say(errorText(error), { tone: "late" });
  }
}
