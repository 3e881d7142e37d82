import { untrack } from "svelte";

const SETTLE_MS = 600;

/**
 * A text that saves itself: a little after typing stops, when the page is hidden, and when its component goes.
 * While nobody types it follows what was saved.
 */
export class SelfSaving {
  text = $state("");
  saved = $state(true);
  readonly #save: (text: string) => Promise<unknown>;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(current: () => string, save: (text: string) => Promise<unknown>) {
    this.#save = save;
    $effect(() => {
      const newest = current();
      untrack(() => this.saved && (this.text = newest));
    });
    $effect(() => {
      const hide = (): void => void (document.hidden && this.flush());
      document.addEventListener("visibilitychange", hide);
      return () => {
        document.removeEventListener("visibilitychange", hide);
        void this.flush();
      };
    });
  }

  type(text: string): void {
    this.text = text;
    this.saved = false;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.flush(), SETTLE_MS);
  }

  async flush(): Promise<void> {
    clearTimeout(this.#timer);
    if (this.saved) return;
    const text = this.text;
    await this.#save(text);
    if (this.text === text) this.saved = true;
  }
}
