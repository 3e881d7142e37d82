import type { Amount } from "./format.ts";

/** What both apps show of an order's versions, as the core gives it. */
export interface OrderVersionView {
  number: number;
  byName: string;
  at: number;
  state: string;
  cancels: boolean;
  signed: boolean;
  reason: string;
  total?: Amount | null | undefined;
  changes: OrderDiff;
}

export interface OrderDiff {
  lines: { code: string; name: { zh: string; en: string }; from?: WantedView | null | undefined; to?: WantedView | null | undefined }[];
  head: { field: string; from: string; to: string }[];
}

export interface WantedView {
  pack: string;
  quantity: string;
  discount: string;
}

export interface VerdictView {
  ruling: string;
  byName: string;
  note: string;
  at: number;
}
