import type { Changed } from "./live.svelte.ts";
import { Resource } from "./resource.svelte.ts";

export interface Page<Row> {
  total: number;
  rows: Row[];
  /** How many there are in each state, where the list knows it. */
  counts?: Record<string, number>;
}

/** For how long a row that changed by itself is marked. */
const FRESH_MS = 2_500;

/** One page of a list, kept fresh. */
export class List<Row> {
  readonly page = new Resource<Page<Row>>();
  /** Rows that changed a moment ago without anybody here doing it. */
  fresh = $state.raw<ReadonlySet<string>>(new Set());
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(readonly id: (row: Row) => string) {}

  rows = $derived(this.page.value?.rows ?? []);

  /** Asks for the same page again and marks what differs. */
  async refresh(): Promise<void> {
    const before = this.#byId();
    await this.page.refresh();
    const changed = this.rows.filter((row) => before.get(this.id(row)) !== JSON.stringify(row));
    if (changed.length === 0) return;
    this.fresh = new Set(changed.map(this.id));
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => (this.fresh = new Set()), FRESH_MS);
  }

  /** The row this many steps from the given one, stopping at both ends. */
  step(from: string, by: number): Row | undefined {
    const at = this.rows.findIndex((row) => this.id(row) === from);
    if (at < 0) return by > 0 ? this.rows[0] : this.rows.at(-1);
    return this.rows[Math.min(Math.max(at + by, 0), this.rows.length - 1)];
  }

  #byId(): Map<string, string> {
    return new Map(this.rows.map((row) => [this.id(row), JSON.stringify(row)]));
  }
}

/** Whether a change is about one of these. */
export const concerns = (ids: Changed, ...own: string[]): boolean => ids.size === 0 || own.some((id) => ids.has(id));
