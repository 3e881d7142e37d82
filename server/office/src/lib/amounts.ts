import type { Schemas } from "#api/types.ts";

type Money = Schemas["Money"];

const places = (currency: string): number => new Intl.NumberFormat("en", { style: "currency", currency }).resolvedOptions().maximumFractionDigits ?? 2;

/** An amount as it stands in a field: `1520` or `1520.50`. */
export function amountText({ minor, currency }: Money): string {
  const digits = places(currency);
  const unit = 10 ** digits;
  return minor % unit === 0 ? String(minor / unit) : (minor / unit).toFixed(digits);
}

/** What somebody typed as an amount, with or without marks between the thousands; none when it is not one. */
export function amountOf(text: string, currency: string): Money | undefined {
  const digits = places(currency);
  const [, whole = "", part = ""] = /^(\d+|\d{1,3}(?:[, ]\d{3})+)(?:\.(\d+))?$/.exec(text.trim()) ?? [];
  if (!whole || part.length > digits) return undefined;
  const minor = Number(whole.replace(/[, ]/g, "") + part.padEnd(digits, "0"));
  return Number.isSafeInteger(minor) ? { minor, currency } : undefined;
}
