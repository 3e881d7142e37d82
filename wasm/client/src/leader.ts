/** The one worker that owns the files and the socket. */

import init, { DeviceKey, Engine, sign } from "../dist/roundsman_wasm.js";
import { Link } from "./link.js";
import type { Answered, Call } from "./protocol.js";
import { Refused, bytes, refresh, signIn } from "./server.js";
import type { Session } from "./types.js";
import { type Account, Vault, fileKey } from "./vault.js";

/** Refusals after which only a new sign-in helps; after any other, the same token is shown again. */
const ENDED = ["SIGN_IN_AGAIN", "DEVICE_REVOKED"];

export interface LeaderHost {
  changed(topics: string[]): void;
  session(session: Session | null): void;
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
    const account = await leader.vault.current();
    if (account?.signedIn) await leader.use(account);
    return leader;
  }

  get session(): Session | null {
    if (!this.engine || !this.account) return null;
    const { person, deviceCode } = this.account;
    return { person: person.id, name: person.name, role: person.role, deviceCode, server: this.server };
  }

  async handle(call: Call): Promise<unknown> {
    switch (call.method) {
      case "state":
        return this.session;
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
    const known = await this.vault.account(login);
    const before = known?.forked ? null : known;
    const key = before ? null : new DeviceKey();
    const seed = before ? Uint8Array.from(before.seed) : (key?.seed ?? new Uint8Array());
    const proof = before ? { device: before.device, proof: sign(seed, login) } : null;
    const answer = await signIn(this.server, login, password, key?.public ?? publicOf(seed), proof);
    await this.use({
      login,
      device: answer.device,
      deviceCode: answer.deviceCode,
      person: answer.person,
      serverKey: [...bytes(answer.serverKey)],
      seed: [...seed],
      share: [...bytes(answer.leaseShare)],
      leaseUntil: answer.leaseUntil,
      access: answer.access,
      refresh: answer.refresh,
      signedIn: true,
    });
  }

  /** Ends the session on this device. What was not sent stays, sealed, and goes out after the next sign-in. */
  private async signOut(): Promise<void> {
    const account = this.account;
    if (!account) return;
    this.close();
    await this.vault.save({ ...account, access: "", refresh: "", signedIn: false });
    this.host.session(null);
  }

  private async use(account: Account): Promise<void> {
    this.close();
    const key = await fileKey(account, Date.now());
    if (!key) {
      await this.vault.save({ ...account, share: null, signedIn: false });
      return this.host.session(null);
    }
    const engine = await Engine.open(account.device, key);
    engine.adopt(
      JSON.stringify({
        device: account.device,
        deviceCode: account.deviceCode,
        person: account.person.id,
        name: account.person.name,
        role: account.person.role,
        deviceSeed: account.seed,
        serverKey: account.serverKey,
      }),
    );
    await this.vault.save(account);
    this.engine = engine;
    this.account = account;
    this.link = new Link(this.server, engine, {
      token: () => this.account?.access ?? "",
      renew: () => this.renew(),
      forked: () => void this.forked(),
      tell: () => this.tell(),
    });
    this.host.session(this.session);
    this.tell();
    this.link.wake();
  }

  /** Notes that this device is lost; everything it delivered is at the office. */
  private async forked(): Promise<void> {
    if (!this.account || this.account.forked) return;
    this.account = { ...this.account, forked: true };
    await this.vault.save(this.account);
  }

  /** A fresh access token; false when only a new sign-in helps. */
  private async renew(): Promise<boolean> {
    const account = this.account;
    if (!account?.refresh) return false;
    try {
      const { access, refresh: next, leaseShare, leaseUntil } = await refresh(this.server, account);
      return await this.replace(account, { ...account, access, leaseUntil, refresh: next, share: [...bytes(leaseShare)] });
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
      return engine.run(request);
    } finally {
      this.link?.recorded();
      this.tell();
    }
  }

  private query(query: string): Answered {
    const json = this.opened().query(query);
    return { json, topics: JSON.parse(Engine.topics(query)) as string[] };
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
    this.link?.close();
    this.link = null;
    this.engine?.free();
    this.engine = null;
    this.account = null;
  }
}

function publicOf(seed: Uint8Array): Uint8Array {
  return DeviceKey.of(seed).public;
}
