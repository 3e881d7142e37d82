import { locale, now } from "./locale.svelte.ts";
import { text } from "./text.ts";

export interface Amount {
  minor: number;
  currency: string;
}

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** Dates and numbers of English are written the way most of the world does: 25 Nov, 24 hours. */
const conventions = { "zh-CN": "zh-CN", en: "en-GB" } as const;

const formats = new Map<string, Intl.NumberFormat | Intl.DateTimeFormat>();

function cached<F extends Intl.NumberFormat | Intl.DateTimeFormat>(key: string, make: () => F): F {
  const id = `${locale.current} ${key}`;
  const found = formats.get(id) ?? make();
  formats.set(id, found);
  return found as F;
}

/** An amount with its currency. `exact` keeps the places of a whole amount, for columns that line up. */
export function money(amount: Amount, exact = false): string {
  const { currency } = amount;
  const format = cached(
    `money ${currency} ${exact}`,
    () =>
      new Intl.NumberFormat(conventions[locale.current], {
        style: "currency",
        currency,
        currencyDisplay: "narrowSymbol",
        trailingZeroDisplay: exact ? "auto" : "stripIfInteger",
      }),
  );
  const places = format.resolvedOptions().maximumFractionDigits ?? 2;
  return format.format(amount.minor / 10 ** places);
}

/** A decimal that came as text, such as a quantity or a percentage. */
export function decimal(value: string): string {
  const number = Number(value);
  if (!Number.isFinite(number)) return value;
  return cached("decimal", () => new Intl.NumberFormat(conventions[locale.current], { maximumFractionDigits: 6 })).format(number);
}

export const percent = (value: string): string => `${decimal(value)}%`;

function date(key: string, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  return cached(key, () => new Intl.DateTimeFormat(conventions[locale.current], options));
}

export const clock = (at: number): string => date("clock", { hour: "2-digit", minute: "2-digit", hourCycle: "h23" }).format(at);

/** A date, without the year when it is this one. */
export function dateOf(at: number): string {
  const sameYear = new Date(at).getFullYear() === new Date(now()).getFullYear();
  return sameYear
    ? date("date", { month: "short", day: "numeric" }).format(at)
    : date("date year", { year: "numeric", month: "short", day: "numeric" }).format(at);
}

/** Everything, for a tooltip or a history. */
export const fullTime = (at: number): string => `${date("full", { year: "numeric", month: "short", day: "numeric" }).format(at)} ${clock(at)}`;

/** Whole calendar days from `at` until now; negative when it is still to come. */
export function daysSince(at: number): number {
  return Math.round((startOfDay(now()) - startOfDay(at)) / DAY);
}

/** Whether a figure is so new that its age need not be shown. */
export const isFresh = (at: number): boolean => now() - at < 10 * MINUTE;

/** Relative when near, absolute when not. */
export function when(at: number): string {
  const age = now() - at;
  if (age >= -MINUTE && age < MINUTE) return text("when.now");
  if (age > 0 && age < HOUR) return text("when.minutes", { n: String(Math.floor(age / MINUTE)) });
  const days = daysSince(at);
  if (days === 0) return clock(at);
  if (days === 1) return text("when.yesterdayAt", { time: clock(at) });
  return dateOf(at);
}

/** Relative when near, by day. */
export function whenDay(at: number): string {
  const days = daysSince(at);
  if (days === 0) return text("when.today");
  if (days === 1) return text("when.yesterday");
  if (days === -1) return text("when.tomorrow");
  if (days > 1 && days <= 13) return text("when.daysAgo", { n: String(days) });
  return dateOf(at);
}

/** By how much a clock is off: positive when it is ahead. */
export function clockOff(ms: number): string {
  const minutes = Math.round(Math.abs(ms) / MINUTE);
  const hours = Math.round(minutes / 60);
  const span = hours < 2 ? text("span.minutes", { n: String(minutes) }) : hours < 48 ? text("span.hours", { n: String(hours) }) : text("span.days", { n: String(Math.round(hours / 24)) });
  return text(ms > 0 ? "clock.ahead" : "clock.behind", { span });
}

/** A day written `2026-11-23`, as the device's own midnight. */
export function timeOfDay(day: string): number {
  const [year = 1970, month = 1, date = 1] = day.split("-").map(Number);
  return new Date(year, month - 1, date).getTime();
}

/** The day of a time, written `2026-11-23`. */
export function dayOf(at: number): string {
  const it = new Date(at);
  const two = (n: number): string => String(n).padStart(2, "0");
  return `${it.getFullYear()}-${two(it.getMonth() + 1)}-${two(it.getDate())}`;
}

/** A day as people write it. */
export const dayText = (day: string): string => whenDay(timeOfDay(day));

/** A day with its weekday, for headings. */
export const longDay = (day: string): string =>
  date("long day", { month: "long", day: "numeric", weekday: "long" }).format(timeOfDay(day));

export function distance(metres: number): string {
  if (metres < 950) return `${Math.max(10, Math.round(metres / 10) * 10)} m`;
  const km = metres / 1000;
  return `${km < 10 ? km.toFixed(1) : Math.round(km)} km`;
}

function startOfDay(at: number): number {
  return new Date(at).setHours(0, 0, 0, 0);
}
