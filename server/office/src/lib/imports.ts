import { errorText, type Tone } from "@roundsman/kit";
import { ApiError } from "#api/client.ts";
import type { Import, ImportFault, ImportKind } from "#api/types.ts";
import { m } from "./paraglide/messages.js";

export const kinds = ["products", "prices", "stock", "reps", "customers", "contacts", "orders"] as const satisfies readonly ImportKind[];

const kindTexts: Record<ImportKind, () => string> = {
  customers: m.kind_customers,
  contacts: m.kind_contacts,
  products: m.kind_products,
  prices: m.kind_prices,
  stock: m.kind_stock,
  reps: m.kind_reps,
  orders: m.kind_orders,
};

/** What a file holds. */
export const kindText = (kind: ImportKind): string => kindTexts[kind]();

const hints: Partial<Record<ImportKind, () => string>> = {
  reps: m.kind_reps_hint,
  orders: m.kind_orders_hint,
};

/** What is particular about files of a kind; empty when nothing is. */
export const kindHint = (kind: ImportKind): string => hints[kind]?.() ?? "";

const undoTexts: Partial<Record<ImportKind, () => string>> = {
  customers: m.import_undo_customers,
  products: m.import_undo_products,
  reps: m.import_undo_reps,
};

/** What taking an import back does beside putting back what was there. */
export const undoText = (kind: ImportKind): string => undoTexts[kind]?.() ?? "";

const refusals: Record<string, () => string> = {
  EMPTY: m.import_file_empty,
  INVALID: m.import_file_unreadable,
  TOO_LARGE: m.import_file_too_large,
};

/** Why a file was not taken, and what to do about it. */
export function fileRefusal(error: unknown): string {
  const text = error instanceof ApiError ? refusals[error.code] : undefined;
  return text?.() ?? errorText(error);
}

const states: Record<string, { text: () => string; tone: Tone }> = {
  uploaded: { text: m.import_uploaded, tone: "plain" },
  checking: { text: m.import_checking, tone: "info" },
  checked: { text: m.import_checked, tone: "plain" },
  running: { text: m.import_running, tone: "info" },
  done: { text: m.import_done, tone: "good" },
  undoing: { text: m.import_undoing, tone: "info" },
  undone: { text: m.import_undone, tone: "plain" },
  failed: { text: m.import_failed, tone: "late" },
  interrupted: { text: m.import_interrupted, tone: "held" },
};

/** Where an import stands. */
export function stateOf(it: Import): { text: string; tone: Tone } {
  const state = states[it.interrupted ? "interrupted" : it.state];
  return { text: state?.text() ?? it.state, tone: state?.tone ?? "plain" };
}

/** Whether something goes on with it now. */
export const isBusy = (it: Import): boolean => it.state.endsWith("ing") && !it.interrupted;

/** A field's name: every one has a message of its own. */
export function importFieldText(name: string): string {
  const texts = m as unknown as Record<string, (() => string) | undefined>;
  return texts[`if_${name}`]?.() ?? name;
}

const faults: Record<ImportFault["code"], () => string> = {
  missing: m.fault_missing,
  tooLong: m.fault_too_long,
  notANumber: m.fault_not_a_number,
  negative: m.fault_negative,
  notADay: m.fault_not_a_day,
  dayOrMonth: m.fault_day_or_month,
  notYesOrNo: m.fault_not_yes_or_no,
  notAPhone: m.fault_not_a_phone,
  notAPlace: m.fault_not_a_place,
  unknown: m.fault_unknown,
  repeated: m.fault_repeated,
  beyond: m.fault_beyond,
  noFirstPrice: m.fault_no_first_price,
  beforeEarlierRow: m.fault_before_earlier_row,
  refused: m.fault_refused,
  notPositive: m.fault_not_positive,
  notADiscount: m.fault_not_a_discount,
  inTheFuture: m.fault_in_the_future,
  differs: m.fault_differs,
  together: m.fault_together,
  notALogin: m.fault_not_a_login,
  taken: m.fault_taken,
  notARep: m.fault_not_a_rep,
  fixed: m.fault_fixed,
};

/** What is wrong with a cell. */
export function faultText(it: ImportFault): string {
  const fault = faults[it.code]();
  return m.fault_of({ column: it.column || importFieldText(it.field), fault: it.value ? m.fault_value({ value: it.value, fault }) : fault });
}
