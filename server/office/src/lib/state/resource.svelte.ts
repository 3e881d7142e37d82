import { untrack } from "svelte";

/** Waiting shorter than this shows nothing: a flash of grey is worse than the moment itself. */
const SLOW_MS = 200;

/** Something the API was asked for. What was there stays until the new answer is. */
export class Resource<T> {
  value = $state.raw<T>();
  error = $state.raw<unknown>();
  /** An answer is on the way. */
  loading = $state(false);
  /** It takes long enough to be shown. */
  slow = $state(false);

  #ask: ((signal: AbortSignal) => Promise<T>) | undefined;
  #running: AbortController | undefined;

  /** Asks; an answer to an earlier question that is still on the way is dropped. */
  async load(ask: (signal: AbortSignal) => Promise<T>): Promise<void> {
    this.#running?.abort();
    const running = new AbortController();
    this.#running = running;
    this.#ask = ask;
    this.loading = true;
    const timer = setTimeout(() => (this.slow = true), SLOW_MS);
    try {
      // What the question reads is not what whoever asks depends on.
      const value = await untrack(() => ask(running.signal));
      if (running === this.#running) [this.value, this.error] = [value, undefined];
    } catch (error) {
      if (running === this.#running) this.error = error;
    } finally {
      clearTimeout(timer);
      if (running === this.#running) this.loading = this.slow = false;
    }
  }

  /** Asks the same again. */
  async refresh(): Promise<void> {
    if (this.#ask) await this.load(this.#ask);
  }

  /** Forgets the answer, because the next question is about something else. */
  clear(): void {
    this.value = this.error = undefined;
  }
}
