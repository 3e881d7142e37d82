/** The one worker that owns the files and the socket. */

import init, { DeviceKey, Engine, sign } from "../dist/roundsman_wasm.js";
import { Link } from "./link.js";
import type { Answered, Call, Signed } from "./protocol.js";
import { Refused, type SignedIn, base64, bytes, refresh, signIn, succeed } from "./server.js";
import type { Session } from "./types.js";
import { type Account, Vault, type Wiped, fileKey } from "./vault.js";

/** Refusals after which only a new sign-in helps; after any other, the same token is shown again. */
const ENDED = ["SIGN_IN_AGAIN", "DEVICE_REVOKED"];

/** How often it is looked whether prices have changed, while one is to change. */
const PRICES_WATCH_MS = 60_000;

export interface LeaderHost {
  changed(topics: string[]): void;
  signed(state: Signed): void;
}

export class Leader {
  private engine: Engine | null = null;
  private account: Account | null = null;
  private link: Link | null = null;

  private constructor(
    private readonly server: string,
    private readonly vault: Vault,
    private readonly host: LeaderHost,
  ) {}

  /** Opens what is on this device; works without a network. */
  static async start(server: string, host: LeaderHost): Promise<Leader> {
    await init({ module_or_path: new URL("../dist/roundsman_wasm_bg.wasm", import.meta.url) });
    const leader = new Leader(server, await Vault.open(), host);
    const wiped = await leader.vault.wiped();
    if (wiped) await leader.clear(wiped);
    const account = await leader.vault.current();
    if (account?.signedIn) await leader.use(account);
    return leader;
  }

  private wipedAt: number | null = null;

  /** Who is signed in, and why nobody is. */
  get state(): Signed {
    const session = this.session;
    return { session, wipedAt: session ? null : this.wipedAt };
  }

  private get session(): Session | null {
    if (!this.engine || !this.account) return null;
    const { person, deviceCode } = this.account;
    return { person: person.id, name: person.name, role: person.role, deviceCode, server: this.server };
  }

  async handle(call: Call): Promise<unknown> {
    switch (call.method) {
      case "state":
        return this.state;
      case "signIn":
        return this.inTurn(() => this.signIn(...call.args));
      case "signOut":
        return this.inTurn(() => this.signOut());
      case "run":
        return this.run(...call.args);
      case "query":
        return this.query(...call.args);
      case "wake":
        return this.link?.wake();
      case "fetch":
        return this.link?.fetch(...call.args) ?? false;
      case "putAway":
        this.opened().putAway(...call.args);
        return this.tell();
      case "forgetLost":
        this.opened().forgetLost();
        return this.tell();
      case "persisted":
        this.engine?.setPersisted(...call.args);
        return this.tell();
    }
  }

  private turn: Promise<unknown> = Promise.resolve();

  /** Tabs may ask at the same time; the files can be opened only once. */
  private inTurn<T>(act: () => Promise<T>): Promise<T> {
    const mine = this.turn.then(act, act);
    this.turn = mine;
    return mine;
  }

  private async signIn(login: string, password: string): Promise<void> {
    const before = await this.vault.account(login);
    const key = before ? null : new DeviceKey();
    const seed = before ? Uint8Array.from(before.seed) : (key?.seed ?? new Uint8Array());
    const proof = before ? { account: before, proof: sign(seed, login) } : null;
    const answer = await signIn(this.server, login, password, key?.public ?? publicOf(seed), proof);
    // Somebody else signs in on this phone, or the device was forgotten: the files are new, too.
    const { files, next, succession } = before && answer.device === before.device ? before : ({} as Partial<Account>);
    const kept = { ...(files && { files }), ...(next && { next }), ...(succession && { succession }) };
    await this.use({ ...kept, login, seed: [...seed], ...enrolled(answer) });
  }

  /** Ends the session on this device. What was not sent stays, sealed, and goes out after the next sign-in. */
  private async signOut(): Promise<void> {
    const account = this.account;
    if (!account) return;
    this.close();
    await this.vault.save({ ...account, access: "", refresh: "", signedIn: false });
    this.host.signed(this.state);
  }

  /** The office had this device wiped: first the keys go, then the files that nobody can read any more. */
  private async wipe(): Promise<void> {
    const account = this.account;
    if (!account) return;
    const wiped = { device: account.files?.device ?? account.device, at: Date.now(), files: true };
    await this.vault.forget(account.login, wiped);
    this.close();
    await this.clear(wiped);
    this.host.signed(this.state);
  }

  /** Deletes what is left of a device that was wiped; a worker that was killed in between begins with that. */
  private async clear(wiped: Wiped): Promise<void> {
    this.wipedAt = wiped.at;
    if (!wiped.files) return;
    await Engine.deleteFiles(wiped.device);
    await this.vault.cleared(wiped);
  }

  private async use(account: Account): Promise<void> {
    this.close();
    const key = await fileKey(account, Date.now());
    if (!key) {
      await this.vault.save({ ...account, share: null, signedIn: false });
      return this.host.signed(this.state);
    }
    const engine = await Engine.open(account.files?.device ?? account.device, key);
    const earlier = asEarlier(engine, account);
    if (earlier) {
      engine.free();
      await this.vault.save(earlier);
      return this.host.signed(this.state);
    }
    engine.remember(await this.vault.recorded(account.device));
    account = takeOver(engine, account);
    await this.vault.save(account);
    this.engine = engine;
    this.account = account;
    this.link = new Link(this.server, engine, {
      token: () => this.account?.access ?? "",
      renew: () => this.renew(),
      forked: () => this.succeed(),
      wipe: () => this.inTurn(() => this.wipe()),
      tell: () => this.tell(),
    });
    this.wipedAt = null;
    await this.vault.welcomed();
    this.host.signed(this.state);
    this.tell();
    this.link.wake();
  }

  private succeeding = false;

  /** The office holds another journal: this phone goes on as another device, with the same files. */
  private async succeed(): Promise<void> {
    const { engine, account } = this;
    if (this.succeeding || !engine || !account) return;
    this.succeeding = true;
    try {
      const seed = Uint8Array.from(account.next ?? new DeviceKey().seed);
      const asking = { ...account, next: [...seed] };
      if (!(await this.replace(account, asking))) return;
      const publicKey = base64(publicOf(seed));
      const told = JSON.parse(engine.heads()) as Parameters<typeof succeed>[4];
      const answer = await succeed(this.server, asking, publicKey, sign(Uint8Array.from(account.seed), publicKey), told);
      const lost = { entries: answer.lost, setAside: 0, since: answer.lastContactAt };
      const files = account.files ?? { device: account.device, seed: account.seed };
      const after = { login: account.login, seed: [...seed], files, succession: { common: answer.common, lost }, ...enrolled(answer) };
      // Kept before the engine goes on: being cut off in between must not lose the new device.
      if (!(await this.replace(asking, after))) return;
      await this.replace(after, takeOver(engine, after));
      this.host.signed(this.state);
      this.link?.wake();
    } catch (error) {
      if (error instanceof Refused && error.code === "SIGN_IN_AGAIN" && (await this.renew())) this.link?.wake();
    } finally {
      this.succeeding = false;
      this.tell();
    }
  }

  /** A fresh access token; false when only a new sign-in helps. */
  private async renew(): Promise<boolean> {
    const account = this.account;
    if (!account?.refresh) return false;
    try {
      const { access, refresh: next, leaseShare, leaseUntil, papers } = await refresh(this.server, account);
      return await this.replace(account, { ...account, access, leaseUntil, papers, refresh: next, share: [...bytes(leaseShare)] });
    } catch (error) {
      if (error instanceof Refused && ENDED.includes(error.code)) await this.replace(account, { ...account, refresh: "" });
      return false;
    }
  }

  /** Keeps what became of an account, unless somebody signed out or in meanwhile. */
  private async replace(before: Account, after: Account): Promise<boolean> {
    if (this.account !== before) return false;
    this.account = after;
    await this.vault.save(after);
    return true;
  }

  private run(request: string): string {
    const engine = this.opened();
    try {
      const recorded = engine.run(request);
      this.remember(recorded);
      return recorded;
    } finally {
      this.link?.recorded();
      this.tell();
    }
  }

  private remember(recorded: string): void {
    const { n } = JSON.parse(recorded) as { n: number };
    if (n > 0 && this.account) this.vault.remember(this.account.device, n);
  }

  private query(query: string): Answered {
    const json = this.opened().query(query);
    this.watchPrices();
    return { json, topics: JSON.parse(Engine.topics(query)) as string[] };
  }

  private pricesTimer: ReturnType<typeof setTimeout> | undefined;

  /** Prices change by themselves when their day begins. Looks again every minute: timers stand while a phone sleeps. */
  private watchPrices(): void {
    clearTimeout(this.pricesTimer);
    const waitMs = this.engine?.pricesTurnInMs();
    if (waitMs === undefined) return;
    this.pricesTimer = setTimeout(() => {
      this.tell();
      this.watchPrices();
    }, Math.min(waitMs, PRICES_WATCH_MS));
  }

  private opened(): Engine {
    if (!this.engine) throw new Refused("SIGN_IN_AGAIN");
    return this.engine;
  }

  private tell(): void {
    const topics = this.engine ? (JSON.parse(this.engine.changed()) as string[]) : [];
    if (topics.length > 0) this.host.changed(topics);
  }

  private close(): void {
    clearTimeout(this.pricesTimer);
    this.link?.close();
    this.link = null;
    this.engine?.free();
    this.engine = null;
    this.account = null;
  }
}

/** What an answer of the server says of an account. */
function enrolled(answer: SignedIn): Omit<Account, "login" | "seed"> {
  return {
    device: answer.device,
    deviceCode: answer.deviceCode,
    person: answer.person,
    serverKey: [...bytes(answer.serverKey)],
    share: [...bytes(answer.leaseShare)],
    leaseUntil: answer.leaseUntil,
    access: answer.access,
    refresh: answer.refresh,
    papers: answer.papers,
    signedIn: true,
  };
}

/** Makes the engine's files this account's. */
function takeOver(engine: Engine, account: Account): Account {
  const identity = JSON.stringify({
    device: account.device,
    deviceCode: account.deviceCode,
    person: account.person.id,
    name: account.person.name,
    role: account.person.role,
    deviceSeed: account.seed,
    serverKey: account.serverKey,
  });
  const { succession, ...after } = account;
  if (succession && journalOf(engine)?.device !== account.device) {
    engine.succeed(identity, succession.common, JSON.stringify(succession.lost));
  } else {
    engine.adopt(identity);
  }
  return after;
}

/** The device whose journal is here, with its secret. */
function journalOf(engine: Engine): { device: string; deviceSeed: number[] } | null {
  const identity = engine.identity();
  return identity ? JSON.parse(identity) : null;
}

/**
 * The account as it was for files from before this phone went on as another device: they were set
 * back, and it was not. After a sign-in the phone goes on from there.
 */
function asEarlier(engine: Engine, account: Account): Account | null {
  const journal = journalOf(engine);
  if (!journal || account.succession || journal.device === account.device) return null;
  const { next: _, ...kept } = account;
  return { ...kept, device: journal.device, seed: journal.deviceSeed, access: "", refresh: "", signedIn: false };
}

function publicOf(seed: Uint8Array): Uint8Array {
  return DeviceKey.of(seed).public;
}
