import type { Tone } from "./Chip.svelte";

export interface Toast {
  id: number;
  text: string;
  tone: Tone;
  action?: { label: string; run: () => void };
}

const STAY_MS = 5_000;
const AT_MOST = 3;

/** Short messages at the edge of the screen, announced to screen readers. */
class Toasts {
  list = $state<Toast[]>([]);
  #next = 1;

  say(text: string, options: { tone?: Tone; action?: Toast["action"] } = {}): void {
    const toast: Toast = { id: this.#next++, text, tone: options.tone ?? "plain" };
    if (options.action) toast.action = options.action;
    this.list = [...this.list.slice(1 - AT_MOST), toast];
    setTimeout(() => this.drop(toast.id), options.action ? STAY_MS * 2 : STAY_MS);
  }

  drop(id: number): void {
    this.list = this.list.filter((it) => it.id !== id);
  }
}

export const toasts = new Toasts();
