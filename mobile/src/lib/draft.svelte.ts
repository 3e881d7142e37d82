import { app } from "#lib/app.svelte.ts";
import { DRAFTS } from "#lib/drafts.ts";

/** What was typed and not saved yet; it survives a closed tab. One for each person and `name`. */
export class Draft<T extends object> {
  value: T = $state() as T;
  readonly #key: string;
  readonly #empty: T;

  constructor(name: string, empty: T) {
    this.#key = `${DRAFTS}${app.session?.person ?? ""}.${name}`;
    this.#empty = empty;
    this.value = { ...empty, ...remembered<T>(this.#key) };
    $effect(() => keep(this.#key, this.value, this.#empty));
  }

  clear(): void {
    this.value = { ...this.#empty };
    localStorage.removeItem(this.#key);
  }
}

function remembered<T>(key: string): Partial<T> {
  try {
    return JSON.parse(localStorage.getItem(key) ?? "{}") as Partial<T>;
  } catch {
    return {};
  }
}

function keep(key: string, value: object, empty: object): void {
  const text = JSON.stringify(value);
  if (text === JSON.stringify(empty)) localStorage.removeItem(key);
  else localStorage.setItem(key, text);
}
