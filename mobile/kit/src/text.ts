import en from "../messages/en.json" with { type: "json" };
import zh from "../messages/zh-CN.json" with { type: "json" };
import { locale, type Locale } from "./locale.svelte.ts";
import { decimal, money, percent } from "./format.ts";

/** Texts that both apps need and that are looked up by a code. Each app's own texts are Paraglide messages. */
export type TextKey = keyof typeof en;
export type Params = Readonly<Record<string, string>>;

const texts: Record<Locale, Readonly<Record<string, string>>> = { en, "zh-CN": zh };

export function text(key: TextKey, params: Params = {}): string {
  return fill(texts[locale.current][key] ?? key, params);
}

/** The text of a code that came from elsewhere, or `fallback` when this version does not know it. */
export function codeText(group: string, code: string, fallback = code, params: Params = {}): string {
  const template = texts[locale.current][`${group}.${code}`];
  return template === undefined ? fallback : fill(template, params);
}

/** The sentence of a refusal, a reason or a thrown error with a code. */
export function errorText(error: unknown): string {
  const { code, params } = refusalOf(error);
  return codeText("error", code, text("error.INTERNAL"), spoken(params));
}

/** What a person can do about it; empty when nothing. */
export function adviceText(error: unknown): string {
  const { code, params } = refusalOf(error);
  const advice = codeText("advice", code, "", spoken(params));
  // Who has to be updated: nothing that the reader does helps when it is the server.
  return params.update === "server" ? codeText("advice", `${code}.server`, advice) : advice;
}

export const unitText = (code: string): string => codeText("unit", code);
export const fieldText = (path: string): string => codeText("field", path.split("/").at(-1) ?? path);
export const operationText = (name: string): string => codeText("operation", name);

/** How often somebody is visited. */
export function rhythmText(days: number): string {
  const [unit, n] = days % 7 === 0 ? (["week", days / 7] as const) : (["day", days] as const);
  return codeText("every", n === 1 ? unit : `${unit}s`, "", { n: String(n) });
}

export const fixText = (code: string): string => codeText("fix", code);
export const inputText = (code: string): string => codeText("input", code);

/** A figure as the core writes it (`1520.00 CNY`, `36 pc`, `3 box = 36 pc`), for people. */
export function figureText(value: string): string {
  if (value.includes(" = ")) return value.split(" = ").map(figureText).join(" = ");
  const [, sign = "", whole = "", part = "", unit = ""] = /^(-?)(\d+)(?:\.(\d+))? (\S+)$/.exec(value) ?? [];
  if (/^[A-Z]{3}$/.test(unit)) return money({ minor: Number(sign + whole + part), currency: unit });
  return unit ? `${decimal(value.slice(0, -unit.length))} ${unitText(unit)}` : value;
}

/** What one step of a price did. */
export function traceText(step: { code: string; detail: string }): string {
  const details: Record<string, (detail: string) => string> = { list_price: unitText, discount: percent, tax: percent };
  const detail = (details[step.code] ?? figureText)(step.detail);
  return codeText("trace", step.code, step.code, { detail });
}

/** A line of an order, as far as its amounts go. */
interface Line {
  quantity: string;
  pack: string;
  short?: string | null | undefined;
  price: { steps: { code: string; detail: string }[] };
}

/** How much was ordered, with what is in the packs: `1 box = 10 kg`. */
export function lineAmount({ quantity, pack, price }: Line): string {
  const counted = price.steps.find((step) => step.code === "pack")?.detail;
  return counted ? figureText(counted) : `${decimal(quantity)} ${unitText(pack)}`;
}

/** How much is missing, in the unit of the price: packs are not what is counted in a store. */
export function lineShort({ short, price }: Line): string {
  const unit = price.steps.find((step) => step.code === "pack")?.detail.split(" ").at(-1);
  return `${decimal(short ?? "0")} ${unit ? unitText(unit) : ""}`.trim();
}

/** A customer's number; what it gets until the company gives it one says nothing to people. */
export const customerCode = (code: string): string => (/^N-[0-9a-f]{12}$/.test(code) ? text("customer.noCode") : code);

/** A name in the language of the app; the other language's when that is missing. */
export function localName(name: { zh: string; en: string } | null | undefined): string {
  if (!name) return "";
  return locale.current === "zh-CN" ? name.zh || name.en : name.en || name.zh;
}

/**
 * Puts parameters into a template. `{name}` is replaced; a part in `[…]` is left out when one of its parameters
 * is missing, so one sentence serves a code with and without its details.
 */
export function fill(template: string, params: Params): string {
  const put = (part: string): string => part.replace(/\{(\w+)\}/g, (_, name: string) => params[name] ?? "");
  const whole = template.replace(/\[([^\]]*)\]/g, (_, part: string) => {
    const names = [...part.matchAll(/\{(\w+)\}/g)].map((match) => match[1] ?? "");
    return names.every((name) => params[name]) ? part : "";
  });
  return put(whole);
}

function refusalOf(error: unknown): { code: string; params: Params } {
  if (typeof error === "object" && error !== null && "code" in error && typeof error.code === "string") {
    const params = "params" in error ? (error.params as Params | null | undefined) : undefined;
    return { code: error.code, params: params ?? {} };
  }
  return { code: "INTERNAL", params: {} };
}

/** Parameters as people write them: a unit's and a field's code become words, amounts and quantities are formatted. */
function spoken(params: Params): Params {
  const entries = Object.entries(params).map(([name, value]): [string, string] => {
    if (name === "field") return [name, fieldText(value)];
    if (name === "unit") return [name, ` ${unitText(value)}`];
    return [name, figureText(value)];
  });
  return Object.fromEntries(entries);
}
