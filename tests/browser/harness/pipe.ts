import type { Socket } from "node:net";
import { frameName } from "./protocol.ts";
import type { FrameName } from "./protocol.ts";
import type { Rule } from "./rule.ts";
import { MessageReader } from "./websocket.ts";

const END_OF_HEAD = "\r\n\r\n";

/** What a pipe asks of its connection. */
export interface Owner {
  /** Judges the first lines of either side: whether frames follow. */
  isWebSocket(head: string): boolean;
  /** The rule that catches this frame, if one does. */
  rule(name: FrameName | undefined, length: number): Rule | undefined;
  cut(): void;
}

/** One direction of a connection. Order is kept: what follows a held frame waits behind it. */
export class Pipe {
  /** Swallows what comes, also the news that the other end has closed. */
  silent = false;
  #to: Socket;
  #owner: Owner;
  #head: Buffer | undefined = Buffer.alloc(0);
  #messages: MessageReader | undefined;
  #queue: Buffer[] | undefined;

  constructor(from: Socket, to: Socket, owner: Owner) {
    this.#to = to;
    this.#owner = owner;
    from.on("data", (chunk: Buffer) => {
      this.#take(chunk);
      if (to.writableNeedDrain) from.pause();
    });
    to.on("drain", () => from.resume());
    // A reset is a way to close; what matters is the close itself.
    from.on("error", () => {});
    from.on("close", () => {
      if (!this.silent) to.destroy();
    });
  }

  #take(chunk: Buffer): void {
    if (this.#head) this.#takeHead(Buffer.concat([this.#head, chunk]));
    else if (this.#messages) this.#takeMessages(this.#messages, chunk);
    else this.#send(chunk);
  }

  #takeHead(bytes: Buffer): void {
    this.#head = bytes;
    const at = bytes.indexOf(END_OF_HEAD);
    if (at < 0) return;
    this.#head = undefined;
    const end = at + END_OF_HEAD.length;
    if (!this.#owner.isWebSocket(bytes.subarray(0, end).toString("latin1"))) {
      this.#send(bytes);
      return;
    }
    this.#messages = new MessageReader();
    this.#send(bytes.subarray(0, end));
    if (end < bytes.length) this.#takeMessages(this.#messages, bytes.subarray(end));
  }

  #takeMessages(messages: MessageReader, chunk: Buffer): void {
    for (const message of messages.read(chunk)) {
      const name = message.binary ? frameName(message.head) : undefined;
      const rule = this.#owner.rule(name, message.raw.length);
      if (rule?.action === "drop") continue;
      if (rule?.action === "cut") {
        this.#owner.cut();
        return;
      }
      if (rule?.action === "hold") this.#hold(rule);
      this.#send(message.raw);
    }
  }

  #hold(rule: Rule): void {
    this.#queue ??= [];
    rule.onLift(() => {
      const queue = this.#queue ?? [];
      this.#queue = undefined;
      for (const bytes of queue) this.#send(bytes);
    });
  }

  #send(bytes: Buffer): void {
    if (this.silent) return;
    if (this.#queue) this.#queue.push(bytes);
    else this.#to.write(bytes);
  }
}
