/** The page's side: typed calls to the engine, and queries that answer again when rows change. */

import type { Answer, Answered, Ask, Call, FromWorker, Signed } from "./protocol.js";
import {
  type Client,
  type Closed,
  type Live,
  type OpenOptions,
  type Queries,
  type Recorded,
  type Request,
  RoundsmanError,
  type Session,
  type SyncView,
} from "./types.js";

export * from "./types.js";

/** Opens the engine of this device. Resolves without a network. */
export async function open(options: OpenOptions = {}): Promise<Client> {
  const engine = new Page(options.server ?? location.origin);
  await engine.started;
  return engine;
}

interface Watch {
  topics: Set<string>;
  again(): void;
}

class Value<T> implements Live<T> {
  private readonly listeners = new Set<(value: T) => void>();

  constructor(public value: T) {}

  set(value: T): void {
    this.value = value;
    for (const listener of this.listeners) listener(value);
  }

  subscribe(listener: (value: T) => void): () => void {
    this.listeners.add(listener);
    listener(this.value);
    return () => this.listeners.delete(listener);
  }
}

const NOTHING: SyncView = {
  connection: "offline",
  refusal: null,
  lastContact: null,
  clockOffMs: null,
  journal: { entries: 0, safeUpto: 0, safeAt: null, waiting: 0 },
  catchUp: null,
  trouble: null,
  stalls: 0,
  repairs: 0,
  persisted: null,
  lost: null,
  attention: [],
  recent: [],
};

class Page implements Client {
  readonly session = new Value<Session | null>(null);
  readonly wipedAt = new Value<number | null>(null);
  readonly status = new Value<SyncView>(NOTHING);
  readonly started: Promise<void>;

  private readonly worker = new Worker(new URL("./worker.js", import.meta.url), { type: "module", name: "roundsman" });
  private readonly asked = new Map<string, { resolve(value: unknown): void; reject(error: Error): void }>();
  private readonly watches = new Set<Watch>();
  private stopStatus: (() => void) | null = null;

  constructor(server: string) {
    this.worker.onmessage = (message: MessageEvent<FromWorker>) => this.hear(message.data);
    this.worker.onerror = (event) => this.fail(new RoundsmanError("STORAGE", { detail: event.message }));
    this.worker.postMessage({ kind: "start", server });
    this.started = this.ask({ method: "state", args: [] }).then((state) => this.signedIn(state as Signed));
    // Sockets do not survive a suspension, and a network that came back is worth a try at once.
    addEventListener("online", () => this.syncNow());
    addEventListener("pageshow", (event: PageTransitionEvent) => event.persisted && this.syncNow());
    document.addEventListener("visibilitychange", () => this.seen(document.visibilityState === "visible"));
  }

  async signIn(login: string, password: string): Promise<void> {
    await this.ask({ method: "signIn", args: [login, password] });
  }

  async signOut(): Promise<void> {
    await this.ask({ method: "signOut", args: [] });
  }

  async query<N extends keyof Queries>(name: N, args: Queries[N]["args"]): Promise<Queries[N]["result"]> {
    return (await this.answer(name, args)).value as Queries[N]["result"];
  }

  live<N extends keyof Queries>(name: N, args: Queries[N]["args"], on: (result: Queries[N]["result"]) => void): () => void {
    return this.watch(name, args, (value) => on(value as Queries[N]["result"]));
  }

  async run(operation: Request): Promise<Recorded> {
    return JSON.parse((await this.ask({ method: "run", args: [JSON.stringify(operation)] })) as string) as Recorded;
  }

  syncNow(): void {
    void this.ask({ method: "wake", args: [] }).catch(() => undefined);
  }

  async fetch(kind: Closed, id: string): Promise<boolean> {
    return (await this.ask({ method: "fetch", args: [kind, id] })) as boolean;
  }

  async putAway(n: number): Promise<void> {
    await this.ask({ method: "putAway", args: [n] });
  }

  async forgetLost(): Promise<void> {
    await this.ask({ method: "forgetLost", args: [] });
  }

  async persist(): Promise<boolean> {
    const granted = (await navigator.storage?.persist?.()) ?? false;
    await this.ask({ method: "persisted", args: [granted] });
    return granted;
  }

  private hiddenAt = Date.now();

  /** After a while in the background nothing open can be trusted. */
  private seen(visible: boolean): void {
    if (!visible) this.hiddenAt = Date.now();
    else if (Date.now() - this.hiddenAt > 5_000) this.syncNow();
  }

  private watch(name: string, args: object, on: (value: unknown) => void): () => void {
    let running = false;
    let stale = false;
    const watch: Watch = {
      topics: new Set(),
      again: () => {
        stale = true;
        if (!running) void refresh();
      },
    };
    const refresh = async () => {
      running = true;
      while (stale && this.watches.has(watch)) {
        stale = false;
        try {
          const { value, topics } = await this.answer(name, args);
          watch.topics = new Set(topics);
          if (this.watches.has(watch)) on(value);
        } catch {
          // Without a session there is nothing to show; the next change asks again.
        }
      }
      running = false;
    };
    this.watches.add(watch);
    watch.again();
    return () => this.watches.delete(watch);
  }

  private async answer(name: string, args: object): Promise<{ value: unknown; topics: string[] }> {
    const { json, topics } = (await this.ask({ method: "query", args: [JSON.stringify({ name, args })] })) as Answered;
    return { value: JSON.parse(json), topics };
  }

  private ask(call: Call): Promise<unknown> {
    const id = crypto.randomUUID();
    return new Promise((resolve, reject) => {
      this.asked.set(id, { resolve, reject });
      this.worker.postMessage({ kind: "ask", id, call } satisfies Ask);
    });
  }

  private hear(said: FromWorker): void {
    switch (said.kind) {
      case "answer":
        return this.answered(said);
      case "state":
        return this.signedIn(said);
      case "changed":
        return this.again((watch) => said.topics.some((topic) => watch.topics.has(topic)));
      case "leads":
        return this.again(() => true);
      case "failed":
        return this.fail(refusal(said.refused));
    }
  }

  private answered(answer: Answer): void {
    const asked = this.asked.get(answer.id);
    this.asked.delete(answer.id);
    if (answer.refused === undefined) asked?.resolve(answer.value);
    else asked?.reject(refusal(answer.refused));
  }

  private signedIn({ session, wipedAt }: Signed): void {
    this.wipedAt.set(wipedAt);
    const before = this.session.value;
    if (before?.person === session?.person && before?.deviceCode === session?.deviceCode) return;
    this.stopStatus?.();
    this.stopStatus = session ? this.watch("status", {}, (value) => this.status.set(value as SyncView)) : null;
    if (!session) this.status.set(NOTHING);
    this.session.set(session);
    this.again(() => true);
  }

  private again(which: (watch: Watch) => boolean): void {
    for (const watch of this.watches) if (which(watch)) watch.again();
  }

  /** The worker is gone: everything that waits hears of it. */
  private fail(error: Error): void {
    for (const asked of this.asked.values()) asked.reject(error);
    this.asked.clear();
  }
}

function refusal(json: string): RoundsmanError {
  try {
    const { code, params } = JSON.parse(json) as { code: string; params: Record<string, string> };
    return new RoundsmanError(code, params);
  } catch {
    return new RoundsmanError("INTERNAL", { detail: json });
  }
}
