import { codeText, decimal, locale, money, unitText } from "@roundsman/kit";
import type { DeviceState, OrderState } from "#api/types.ts";
import { m } from "./paraglide/messages.js";

/** A count as people write it. */
export const whole = (count: number): string => count.toLocaleString(locale.current);

/** A figure that a rule saw: an amount, a quantity with its unit, or a plain word. */
export function figure(value: string): string {
  const [, number = "", unit = ""] = /^(-?\d+(?:\.\d+)?)(?: (\S+))?$/.exec(value) ?? [];
  if (!number) return value === "yes" ? m.yes() : value === "no" ? m.no() : value;
  if (/^[A-Z]{3}$/.test(unit)) return money(amount(number, unit), true);
  return unit ? `${decimal(number)} ${unitText(unit)}` : decimal(number);
}

/** A decimal amount in minor units, as the kit formats it. */
function amount(number: string, currency: string): { minor: number; currency: string } {
  return { minor: Number(number.replace(".", "")), currency };
}

/** A value in a history, in words where the document has a code. */
export function changeText(field: string, value: string): string {
  const name = field.split("/").at(-1);
  if (name === "outcome") return codeText("visit", value);
  if (name === "active") return value === "true" ? m.yes() : m.no();
  if (name?.endsWith("_at") && /^\d{12,}$/.test(value)) return new Date(Number(value)).toLocaleString(locale.current);
  return value;
}

const briefs: Record<string, () => string> = {
  OVER_CREDIT: m.brief_credit,
  OVERDUE: m.brief_overdue,
  BLOCKED: m.brief_blocked,
  SHORT: m.brief_stock,
  PRICE_CHANGED: m.brief_price,
  NO_PRICE: m.brief_price,
  DISCOUNT_ABOVE_MAX: m.brief_discount,
  INACTIVE_PRODUCT: m.brief_product,
  CHANGED_MEANWHILE: m.brief_versions,
  ERP_REFUSED: m.brief_erp,
  ERP_DIFFERS: m.brief_erp,
  ERP_IN_PROCESS: m.brief_erp,
};

/** A reason in one word, for a column. */
export const brief = (code: string): string => briefs[code]?.() ?? "";

/** How long something took, in its largest unit. */
export function lasted(ms: number): string {
  const minutes = Math.max(1, Math.round(ms / 60_000));
  if (minutes < 60) return m.minutes({ n: whole(minutes) });
  if (minutes < 48 * 60) return m.hours({ n: whole(Math.round(minutes / 60)) });
  return m.days_long({ n: whole(Math.round(minutes / (24 * 60))) });
}

/** Where an order stands, as the office sees it: what waits for the rep does not wait for us. */
export const stateText = (state: OrderState): string => (state === "countered" ? m.state_countered() : codeText("order", state));

const deviceStates: Record<DeviceState, () => string> = {
  active: m.device_active,
  revoked: m.device_revoked,
  wipeOrdered: m.device_wipe_ordered,
  wiped: m.device_wiped,
};

/** What was decided about a device. */
export const deviceStateText = (state: DeviceState): string => deviceStates[state]();

/** Fields of a customer that are written in more than a line. */
export const longFields: ReadonlySet<string> = new Set(["address", "note", "hours"]);
