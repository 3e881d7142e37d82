import type { Tone } from "@roundsman/kit";
import type { Import, ImportFault, ImportKind } from "#api/types.ts";
import { m } from "./paraglide/messages.js";

export const kinds = ["customers", "contacts", "products", "prices", "stock"] as const satisfies readonly ImportKind[];

const kindTexts: Record<ImportKind, () => string> = {
  customers: m.kind_customers,
  contacts: m.kind_contacts,
  products: m.kind_products,
  prices: m.kind_prices,
  stock: m.kind_stock,
};

/** What a file holds. */
export const kindText = (kind: ImportKind): string => kindTexts[kind]();

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
};

/** What is wrong with a cell. */
export function faultText(it: ImportFault): string {
  const fault = faults[it.code]();
  return m.fault_of({ column: it.column || importFieldText(it.field), fault: it.value ? m.fault_value({ value: it.value, fault }) : fault });
}
