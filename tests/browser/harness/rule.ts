import type { FrameName } from "./protocol.ts";

/** What happens to a frame that a rule catches. */
export type Action = "drop" | "hold" | "cut";

/** Catches the frames of one name, until it is lifted or has caught as many as it may. */
export class Rule {
  readonly name: FrameName;
  readonly action: Action;
  #caught = 0;
  #most: number;
  #lifted = false;
  #waiting: { count: number; resolve: () => void }[] = [];
  #onLift: (() => void)[] = [];

  constructor(name: FrameName, action: Action, most: number) {
    this.name = name;
    this.action = action;
    this.#most = most;
  }

  /** How many frames it caught. */
  get count(): number {
    return this.#caught;
  }

  /** Resolves once it has caught that many frames. */
  caught(count = 1): Promise<void> {
    if (this.#caught >= count) return Promise.resolve();
    return new Promise((resolve) => this.#waiting.push({ count, resolve }));
  }

  /** Ends it. What it holds goes on its way. */
  lift(): void {
    this.#lifted = true;
    for (const release of this.#onLift.splice(0)) release();
  }

  /** Whether this frame is one for it; the proxy asks once a frame. */
  catches(name: FrameName | undefined): boolean {
    if (name !== this.name || this.#lifted || this.#caught >= this.#most) return false;
    this.#caught += 1;
    for (const waiter of this.#waiting) if (this.#caught >= waiter.count) waiter.resolve();
    return true;
  }

  /** What to do when it is lifted. */
  onLift(release: () => void): void {
    this.#onLift.push(release);
  }
}
