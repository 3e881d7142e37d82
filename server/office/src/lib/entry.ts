import type { QuarantineRow } from "#api/types.ts";

/** An entry of a journal has two names, its device and its number; here they are one. */
export const entryId = (row: Pick<QuarantineRow, "device" | "n">): string => `${row.device}.${row.n}`;

export function readEntryId(id: string): { device: string; n: number } {
  const at = id.lastIndexOf(".");
  return { device: id.slice(0, at), n: Number(id.slice(at + 1)) };
}
