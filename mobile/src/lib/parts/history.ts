import type { HistoryRow } from "#lib/engine.ts";

/** Something that is known to have happened, without what it changed. */
export function happened(operation: string, at: number, person: string, personName: string): HistoryRow {
  return { at, receivedAt: null, person, personName, device: "", operation, changes: [] };
}
