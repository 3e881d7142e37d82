type Drafts = [name: string, values: Record<string, string>][];

const KEY = "roundsman.office.drafts";

/** What was typed and not saved yet, by form; it outlives the panel that is closed by mistake. */
export const drafts = new Map<string, Record<string, string>>();

/** Lets them outlive a reload, too; they end with the tab, or with signing out. */
export function keepDrafts(): void {
  for (const [name, values] of JSON.parse(sessionStorage.getItem(KEY) ?? "[]") as Drafts) drafts.set(name, values);
  addEventListener("pagehide", () => sessionStorage.setItem(KEY, JSON.stringify([...drafts])));
}
