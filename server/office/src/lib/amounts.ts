import { ApiError } from "#api/client.ts";
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

/** A number that somebody typed into a field, as the API reads it.
 *  @throws ApiError naming the field when it is none. */
export function decimalOf(text: string, field: string): string {
  const bare = text.trim();
  if (!bare) throw new ApiError("EMPTY", { field });
  if (!/^\d+(\.\d+)?$/.test(bare)) throw new ApiError("INVALID", { field });
  return bare;
}

/** Sends; when somebody else was faster, what they wrote is read first: saving once more is then a decision. */
export async function retold(refresh: () => Promise<unknown>, send: () => Promise<void>): Promise<void> {
  try {
    await send();
  } catch (error) {
    if (error instanceof ApiError && error.code === "DECIDED_MEANWHILE") await refresh();
    throw error;
  }
}
