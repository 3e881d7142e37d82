/** What begins the key of everything that was typed and not saved. */
export const DRAFTS = "roundsman.draft.";

/** Forgets everything that was typed here and not saved, whoever did. */
export function forgetDrafts(): void {
  for (const key of Object.keys(localStorage)) if (key.startsWith(DRAFTS)) localStorage.removeItem(key);
}
