import { createSubscriber } from "svelte/reactivity";

export const locales = ["zh-CN", "en"] as const;
export type Locale = (typeof locales)[number];

const KEY = "roundsman.locale";

/** The language of the app: the one chosen here before, else the browser's. */
class LocaleChoice {
  current = $state<Locale>(remembered() ?? preferred());

  choose(locale: Locale): void {
    this.current = locale;
    localStorage.setItem(KEY, locale);
    this.mark();
  }

  /** Tells the browser, so that fonts, hyphenation and screen readers follow. */
  mark(): void {
    document.documentElement.lang = this.current;
  }
}

function remembered(): Locale | undefined {
  const stored = globalThis.localStorage?.getItem(KEY);
  return locales.find((it) => it === stored);
}

function preferred(): Locale {
  for (const language of globalThis.navigator?.languages ?? []) {
    if (language.startsWith("zh")) return "zh-CN";
    if (language.startsWith("en")) return "en";
  }
  return "en";
}

export const locale = new LocaleChoice();

const minute = createSubscriber((update) => {
  const timer = setInterval(update, 30_000);
  return () => clearInterval(timer);
});

let aheadMs = $state(0);

/** The clock of this device is so many milliseconds ahead of the server's (negative: behind). */
export function correctClock(ahead: number): void {
  aheadMs = ahead;
}

/** The time now; whatever reads it on a screen is drawn again twice a minute. */
export function now(): number {
  minute();
  return Date.now() - aheadMs;
}
