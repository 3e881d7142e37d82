import { locale, type Amount, type Tone } from "../src/index.ts";
import { shapeNames } from "../src/pictures.ts";
import type { OrderDiff, OrderVersionView, VerdictView } from "../src/versions.ts";

/** A sentence in the language of the page. */
export const say = (en: string, zh: string): string => (locale.current === "zh-CN" ? zh : en);

export const tones: readonly Tone[] = ["plain", "good", "info", "held", "late"];
export const syncStates = ["savedHere", "safeAtOffice", "confirmed", "needsYou", "needsOffice"] as const;
export const orderStates = ["waiting", "accepted", "acceptedWithChange", "held", "countered", "declined", "cancelled"] as const;
export const colours = ["wheat", "butter", "citrus", "tea", "cocoa", "berry", "rose", "plum", "leaf", "sea", "sky", "slate"] as const;
export const shapes = shapeNames;

const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;
const opened = Date.now();
export const ago = (minutes: number): number => opened - minutes * MINUTE_MS;
export const daysAgo = (days: number): number => opened - days * DAY_MS;

export const amount = (minor: number, currency = "CNY"): Amount => ({ minor, currency });

export const changes: OrderDiff = {
  lines: [
    { code: "P1009", name: { en: "Unsalted butter", zh: "无盐黄油" }, from: { pack: "kg", quantity: "4", discount: "0" }, to: { pack: "kg", quantity: "2", discount: "5" } },
    { code: "P1011", name: { en: "Whipping cream", zh: "淡奶油" }, to: { pack: "box", quantity: "1", discount: "0" } },
    { code: "P1012", name: { en: "Fresh milk", zh: "鲜牛奶" }, from: { pack: "l", quantity: "12", discount: "0" } },
  ],
  head: [{ field: "note", from: "", to: "07:00" }],
};

const none: OrderDiff = { lines: [], head: [] };
const version = { cancels: false, signed: true, reason: "", changes: none } as const;

export const versions: OrderVersionView[] = [
  { ...version, number: 4, byName: "Lin Mei", at: ago(3), state: "stands", cancels: true, signed: false, reason: "—" },
  { ...version, number: 3, byName: "Lin Mei", at: ago(90), state: "countered", total: amount(1_204_50) },
  { ...version, number: 2, byName: "林梅", at: daysAgo(1), state: "joined", total: amount(980_00), changes },
  { ...version, number: 1, byName: "林梅", at: daysAgo(2), state: "replaced", total: amount(1_363_32) },
];

export const verdicts: VerdictView[] = ["release", "decline", "counter"].map((ruling) => ({ ruling, byName: "Xu Hong", note: ruling === "decline" ? "C1002" : "", at: ago(40) }));
