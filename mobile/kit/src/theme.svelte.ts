export const themes = ["system", "light", "dark"] as const;
export type Theme = (typeof themes)[number];

const KEY = "roundsman.theme";

/** Light, dark, or as the system has it. */
class ThemeChoice {
  current = $state<Theme>(remembered());

  choose(theme: Theme): void {
    this.current = theme;
    localStorage.setItem(KEY, theme);
    this.mark();
  }

  /** Puts the choice on the page and the bar around it; the tokens do the rest. */
  mark(): void {
    const root = document.documentElement;
    if (this.current === "system") delete root.dataset["theme"];
    else root.dataset["theme"] = this.current;
    const bar = document.querySelector<HTMLMetaElement>('meta[name="theme-color"]');
    if (bar) bar.content = getComputedStyle(root).backgroundColor;
  }
}

function remembered(): Theme {
  const stored = globalThis.localStorage?.getItem(KEY);
  return themes.find((it) => it === stored) ?? "system";
}

export const theme = new ThemeChoice();

globalThis.matchMedia?.("(prefers-color-scheme: dark)").addEventListener("change", () => theme.mark());
