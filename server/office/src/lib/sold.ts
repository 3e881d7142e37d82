interface Sold {
  orderTotal: { minor: number };
}

/** Days with orders before a usual one is known. */
const KNOWN_DAYS_MIN = 4;

/** What a usual day is worth in minor units, roughly: the middle one of those with orders, the last of which is today
 *  and does not count. None as long as there are too few. */
export function usualDay(days: readonly Sold[]): number | undefined {
  const totals = days.slice(0, -1).map((it) => it.orderTotal.minor).filter((minor) => minor > 0);
  if (totals.length < KNOWN_DAYS_MIN) return undefined;
  return Number(totals.sort((left, right) => left - right)[Math.floor(totals.length / 2)]?.toPrecision(2));
}

/** A part as whole percent. */
export const percentOf = (part: number, whole: number): number => (whole > 0 ? Math.round((part / whole) * 100) : 0);
