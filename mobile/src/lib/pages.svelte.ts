import { untrack } from "svelte";
import { engine, type Queries } from "#lib/engine.ts";

const PAGE = 60;

interface Page<R> {
  total: number;
  rows: R[];
}

/** The questions whose answers are lists, with what a row of each is. */
type Lists = { [N in keyof Queries as Queries[N]["result"] extends Page<{ id: string }> ? N : never]: Queries[N] };
type Row<N extends keyof Lists> = Lists[N]["result"]["rows"][number];

/** A live list of one component that grows page by page, each page a live query of its own. */
export class Pages<N extends keyof Lists> {
  #pages = $state.raw<(Lists[N]["result"] | undefined)[]>([]);
  readonly #name: N;
  #args: Lists[N]["args"];
  #stops: (() => void)[] = [];
  /** The round of questions that the pages on the screen answer. */
  #shown = this.#stops;

  /** `pages`: how many are shown at once, for a list that is come back to. */
  constructor(name: N, args: () => Lists[N]["args"], pages = 1) {
    this.#name = name;
    this.#args = untrack(args);
    let first = pages;
    $effect(() => {
      this.#args = args();
      untrack(() => this.#begin(first));
      first = 1;
      return () => this.#end();
    });
  }

  /** Undefined until the first answer; the last answer stays while new arguments are asked. */
  get first(): Lists[N]["result"] | undefined {
    return this.#pages[0];
  }

  get total(): number {
    return this.first?.total ?? 0;
  }

  /** Pages that are here. */
  get count(): number {
    return this.#pages.filter(Boolean).length;
  }

  /** While rows move between pages, one can be in two of them for a moment. */
  get rows(): Row<N>[] {
    const rows = this.#pages.flatMap((page): Row<N>[] => page?.rows ?? []);
    return [...new Map(rows.map((row) => [row.id, row])).values()];
  }

  more(): void {
    const asked = this.#stops.length;
    if (this.count === asked && asked * PAGE < this.total) this.#ask(asked);
  }

  #begin(pages: number): void {
    for (let page = 0; page < pages; page++) this.#ask(page);
  }

  #ask(page: number): void {
    const round = this.#stops;
    const args = { ...this.#args, limit: PAGE, offset: page * PAGE };
    round.push(engine().live(this.#name, args, (result) => this.#answered(round, page, result)));
  }

  #answered(round: (() => void)[], page: number, result: Lists[N]["result"]): void {
    const pages = round === this.#shown ? [...this.#pages] : [];
    pages[page] = result;
    this.#shown = round;
    this.#pages = pages;
  }

  #end(): void {
    for (const stop of this.#stops) stop();
    this.#stops = [];
  }
}
