/** The socket, and when to open it. What is said on it is the engine's affair. */

import { type Engine, type Todo, waitMs } from "../dist/roundsman_wasm.js";
import type { Closed } from "./types.js";

export interface LinkHost {
  token(): string;
  /** Gets a fresh access token; false when there is none to be had. */
  renew(): Promise<boolean>;
  /** The hub holds another journal than this device does. */
  forked(): Promise<void>;
  /** The office ordered this device wiped: deletes everything of it. */
  wipe(): Promise<void>;
  /** Something may have changed. */
  tell(): void;
}

const TICK_MS = 5_000;
const CONNECT_DEADLINE_MS = 8_000;
/** Items of one look through the storage: a few milliseconds' work. */
const AUDIT_ITEMS = 50;
const BUILD = "web";

export class Link {
  private socket: WebSocket | null = null;
  private attempt = 0;
  /** Set when the line was closed from here, because going on made no sense. */
  private gaveUp = false;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private readonly ticking: ReturnType<typeof setInterval>;
  private closed = false;
  /** The office asked for so much time before the next line. */
  private notBeforeMs = 0;

  constructor(
    private readonly server: string,
    private readonly engine: Engine,
    private readonly host: LinkHost,
  ) {
    this.ticking = setInterval(() => this.tick(), TICK_MS);
  }

  /** Tries now: a network came, or the app came back. A socket from before is not trusted. */
  wake(): void {
    if (this.closed) return;
    this.attempt = 0;
    this.drop();
    this.connect();
  }

  /** Something was recorded. */
  recorded(): void {
    if (this.socket?.readyState === WebSocket.OPEN) this.perform(() => this.engine.recorded());
  }

  /** Asks the office for something closed; false without a line. */
  fetch(kind: Closed, id: string): boolean {
    if (this.socket?.readyState !== WebSocket.OPEN || !this.engine.isOnline()) return false;
    this.perform(() => this.engine.fetch(kind, id));
    return true;
  }

  close(): void {
    this.closed = true;
    clearInterval(this.ticking);
    this.drop();
  }

  private connect(): void {
    clearTimeout(this.timer);
    const url = new URL("/sync", this.server);
    url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
    const socket = new WebSocket(url, "roundsman.1");
    socket.binaryType = "arraybuffer";
    this.socket = socket;
    this.gaveUp = false;
    const deadline = setTimeout(() => socket.close(), CONNECT_DEADLINE_MS);
    socket.onopen = () => {
      clearTimeout(deadline);
      this.perform(() => this.engine.connect(this.host.token(), BUILD));
    };
    socket.onmessage = (message: MessageEvent<ArrayBuffer>) => {
      if (this.socket !== socket) return;
      this.quiet = false;
      this.perform(() => this.engine.receive(new Uint8Array(message.data)));
      if (this.engine.wantsToken()) void this.renew();
      if (this.engine.isForked()) void this.host.forked();
    };
    socket.onclose = () => {
      clearTimeout(deadline);
      if (this.socket === socket) this.lost();
    };
  }

  private renewing = false;

  private async renew(): Promise<void> {
    if (this.renewing) return;
    this.renewing = true;
    try {
      const renewed = await this.host.renew();
      if (renewed && !this.closed) this.wake();
    } finally {
      this.renewing = false;
    }
  }

  private tick(): void {
    if (this.socket?.readyState !== WebSocket.OPEN) return;
    this.perform(() => this.engine.tick());
    if (this.quiet && this.engine.isOnline()) this.audit();
    this.quiet = true;
  }

  /** Nothing came since the last tick: a good time to look through what is stored. */
  private quiet = false;

  private audit(): void {
    try {
      if (!this.engine.auditIsDue()) return;
    } catch {
      return this.giveUp();
    }
    this.perform(() => this.engine.audit(AUDIT_ITEMS));
  }

  private perform(act: () => Todo): void {
    const socket = this.socket;
    try {
      const todo = act();
      for (const frame of todo.frames) socket?.send(frame as Uint8Array<ArrayBuffer>);
      this.notBeforeMs = todo.comeBackAfterMs ?? this.notBeforeMs;
      if (todo.wipe) void this.wipe(todo.wipe as Uint8Array<ArrayBuffer>);
      else if (todo.close) this.giveUp();
      todo.free();
    } catch {
      // The storage failed; the next line finds out whether it still does.
      this.giveUp();
    }
    this.host.tell();
  }

  /** Deletes everything, and tells the office only then. */
  private async wipe(bye: Uint8Array<ArrayBuffer>): Promise<void> {
    const socket = this.socket;
    this.socket = null;
    this.closed = true;
    clearInterval(this.ticking);
    try {
      await this.host.wipe();
      socket?.send(bye);
    } finally {
      socket?.close();
    }
  }

  private giveUp(): void {
    this.gaveUp = true;
    this.socket?.close();
  }

  private drop(): void {
    clearTimeout(this.timer);
    const socket = this.socket;
    this.socket = null;
    if (!socket) return;
    socket.close();
    this.engine.lost();
    this.host.tell();
  }

  private lost(): void {
    this.socket = null;
    if (this.closed) return;
    // A server that answers only to refuse is not asked again at once.
    if (this.engine.isOnline() && !this.gaveUp) this.attempt = 0;
    this.engine.lost();
    this.host.tell();
    this.timer = setTimeout(() => this.connect(), Math.max(waitMs(this.attempt), this.notBeforeMs));
    this.notBeforeMs = 0;
    this.attempt += 1;
  }
}
