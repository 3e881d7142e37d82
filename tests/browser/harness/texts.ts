import { readFileSync } from "node:fs";

export type Locale = "zh-CN" | "en";

/** Finds the text that people read, so that a spec runs in both languages. */
export type Texts = (key: string, params?: Record<string, string | number>) => string;

/** The texts of the phone app. */
export const phoneTexts = (locale: Locale): Texts => texts(locale, "mobile/kit", "mobile");

/** The texts of the console. */
export const officeTexts = (locale: Locale): Texts => texts(locale, "mobile/kit", "server/office");

function texts(locale: Locale, ...folders: string[]): Texts {
  const catalogues = folders.map((folder) => read(`${folder}/messages/${locale}.json`));
  const all: Record<string, unknown> = Object.assign({}, ...catalogues);
  return (key, params = {}) => {
    const text = singular(all[key], params) ?? all[key];
    if (typeof text !== "string") throw new Error(`no plain text "${key}" in ${locale}`);
    return text.replace(/\{(\w+)\}/g, (_, name: string) => String(params[name]));
  };
}

/** The variant of a text that depends on a number. */
function singular(text: unknown, params: Record<string, string | number>): string | undefined {
  if (!Array.isArray(text)) return undefined;
  const { match } = text[0] as { match: Record<string, string> };
  const fits = (condition: string) => {
    const [name = "", value] = condition.split("=");
    return value === "*" || String(params[name]) === value;
  };
  return Object.entries(match).find(([condition]) => fits(condition))?.[1];
}

function read(path: string): object {
  return JSON.parse(readFileSync(new URL(`../../../${path}`, import.meta.url), "utf8")) as object;
}
