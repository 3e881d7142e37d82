/** What was typed and not saved yet, by form; it outlives the panel that is closed by mistake. */
export const drafts = new Map<string, Record<string, string>>();
