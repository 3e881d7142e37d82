export const topics = ["orders", "visits", "customers", "products", "quarantine", "devices"] as const;
export type Topic = (typeof topics)[number];

/** Which items changed; none named means that anything may have. */
export type Changed = ReadonlySet<string>;
type Listener = { topics: ReadonlySet<Topic>; changed: (ids: Changed) => void };

/** Changes that come in one burst are told once. */
const GATHER_MS = 150;
const RETRY_MS_MIN = 1_000;
const RETRY_MS_MAX = 15_000;

/** What changes on the server, told as it happens. */
class Live {
  /** `lost` only after there was contact, or after the first attempt failed. */
  state = $state<"connecting" | "live" | "lost">("connecting");
  /** Since when there has been no contact. */
  lostAt = $state<number>();

  #source: EventSource | undefined;
  #listeners = new Set<Listener>();
  #retryMs = RETRY_MS_MIN;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #topics = new Set<Topic>();
  #ids = new Set<string>();
  #anything = false;
  #gathering: ReturnType<typeof setTimeout> | undefined;

  /** Calls back whenever something of these topics changed. Returns the function that ends it. */
  on(topics: readonly Topic[], changed: Listener["changed"]): () => void {
    const listener = { topics: new Set(topics), changed };
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  start(): void {
    this.stop();
    this.#open();
    addEventListener("online", this.#again);
  }

  stop(): void {
    removeEventListener("online", this.#again);
    clearTimeout(this.#timer);
    this.#source?.close();
    this.#source = undefined;
    this.state = "connecting";
    this.lostAt = undefined;
  }

  /** The network is back: no need to wait for the next attempt. */
  #again = (): void => {
    if (this.state === "lost") this.#open();
  };

  #open(): void {
    clearTimeout(this.#timer);
    this.#source?.close();
    const source = new EventSource("/api/live");
    this.#source = source;
    source.addEventListener("open", () => this.#opened());
    source.addEventListener("changed", (event) => this.#hear(event.data));
    source.addEventListener("error", () => this.#failed(source));
  }

  #opened(): void {
    const missed = this.state === "lost";
    this.state = "live";
    this.lostAt = undefined;
    this.#retryMs = RETRY_MS_MIN;
    // Nobody told what happened meanwhile, so everything shown is asked for again.
    if (missed) this.#tell(new Set(topics), new Set());
  }

  #failed(source: EventSource): void {
    if (this.state !== "lost") this.lostAt = Date.now();
    this.state = "lost";
    // The browser tries again by itself after a cut, but gives up for good after any other answer than a stream.
    if (source.readyState !== EventSource.CLOSED) return;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#open(), this.#retryMs);
    this.#retryMs = Math.min(this.#retryMs * 2, RETRY_MS_MAX);
  }

  #hear(data: string): void {
    const told = JSON.parse(data) as { topics: Topic[]; ids: string[] };
    for (const topic of told.topics) this.#topics.add(topic);
    for (const id of told.ids) this.#ids.add(id);
    this.#anything ||= told.ids.length === 0;
    this.#gathering ??= setTimeout(() => {
      const [about, ids] = [this.#topics, this.#anything ? new Set<string>() : this.#ids];
      [this.#topics, this.#ids, this.#anything, this.#gathering] = [new Set(), new Set(), false, undefined];
      this.#tell(about, ids);
    }, GATHER_MS);
  }

  #tell(about: ReadonlySet<Topic>, ids: Changed): void {
    for (const listener of this.#listeners) {
      if ([...listener.topics].some((topic) => about.has(topic))) listener.changed(ids);
    }
  }
}

export const live = new Live();
