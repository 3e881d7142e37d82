import { once } from "node:events";
import { connect, createServer } from "node:net";
import type { AddressInfo, Server, Socket } from "node:net";
import { Pipe } from "./pipe.ts";
import type { Owner } from "./pipe.ts";
import { Rule } from "./rule.ts";
import type { Action } from "./rule.ts";
import type { FrameName } from "./protocol.ts";

/** From the page to the server, and back. */
export type Direction = "up" | "down";

/** A protocol frame that came by. */
export interface Seen {
  at: Date;
  name: FrameName;
  length: number;
  fate: "passed" | Action;
}

/**
 * The network between one browser and the server: a TCP proxy that can fail in every way a network
 * can, and some that only a test needs.
 */
export class Proxy {
  /** Every protocol frame so far. */
  readonly seen: Seen[] = [];
  readonly #target: number;
  #port = 0;
  #listener: Server | undefined;
  #connections = new Set<Connection>();
  #rules: Rule[] = [];
  #silent: Direction[] = [];

  private constructor(target: number) {
    this.#target = target;
  }

  /** A proxy before the port `target` of this machine. */
  static async open(target: number): Promise<Proxy> {
    const proxy = new Proxy(target);
    await proxy.restore();
    return proxy;
  }

  get port(): number {
    return this.#port;
  }

  /** No network: connections break, new ones are refused. */
  cut(): void {
    this.refuse();
    for (const connection of this.#connections) connection.cut();
  }

  /** New connections are refused; those that exist go on. */
  refuse(): void {
    this.#listener?.close();
    this.#listener = undefined;
  }

  /**
   * Half-open: what is sent in these directions disappears, and nobody is told. A connection that
   * went silent stays so; those made after `restore` work.
   */
  silence(...directions: Direction[]): void {
    this.#silent = directions;
    for (const connection of this.#connections) connection.silence(directions);
  }

  /** The network is back. Rules for frames stay. */
  async restore(): Promise<void> {
    this.#silent = [];
    if (this.#listener) return;
    this.#listener = createServer((client) => this.#accept(client));
    this.#listener.listen(this.#port, "127.0.0.1");
    await once(this.#listener, "listening");
    this.#port = (this.#listener.address() as AddressInfo).port;
  }

  /** Frames of this name never arrive. */
  drop(name: FrameName, most = Infinity): Rule {
    return this.#add(new Rule(name, "drop", most));
  }

  /** Frames of this name, and all that follows them, wait until the rule is lifted. */
  hold(name: FrameName): Rule {
    return this.#add(new Rule(name, "hold", Infinity));
  }

  /** The connection breaks the moment such a frame comes by; it does not arrive. */
  cutAt(name: FrameName, most = 1): Rule {
    return this.#add(new Rule(name, "cut", most));
  }

  /** How many frames of this name arrived. */
  passed(name: FrameName): number {
    return this.seen.filter((frame) => frame.name === name && frame.fate === "passed").length;
  }

  close(): void {
    this.cut();
  }

  #add(rule: Rule): Rule {
    this.#rules.push(rule);
    return rule;
  }

  #accept(client: Socket): void {
    const connection = new Connection(client, this.#target, (name, length) => {
      const rule = this.#rules.find((candidate) => candidate.catches(name));
      if (name) this.seen.push({ at: new Date(), name, length, fate: rule?.action ?? "passed" });
      return rule;
    });
    connection.silence(this.#silent);
    this.#connections.add(connection);
    client.on("close", () => this.#connections.delete(connection));
  }
}

class Connection implements Owner {
  readonly rule: Owner["rule"];
  readonly #sockets: [Socket, Socket];
  readonly #up: Pipe;
  readonly #down: Pipe;

  constructor(client: Socket, target: number, rule: Owner["rule"]) {
    const server = connect(target, "127.0.0.1");
    this.rule = rule;
    this.#sockets = [client, server];
    this.#up = new Pipe(client, server, this);
    this.#down = new Pipe(server, client, this);
    for (const socket of this.#sockets) socket.setNoDelay(true);
  }

  isWebSocket(head: string): boolean {
    return /^upgrade:\s*websocket/im.test(head);
  }

  silence(directions: Direction[]): void {
    this.#up.silent ||= directions.includes("up");
    this.#down.silent ||= directions.includes("down");
  }

  cut(): void {
    for (const socket of this.#sockets) socket.resetAndDestroy();
  }
}
