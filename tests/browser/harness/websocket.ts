const CONTINUATION = 0;
const BINARY = 2;
const FIRST_CONTROL = 8;

/** One WebSocket message, or one control frame. */
export interface Message {
  /** Its bytes as they went over the wire: frame headers, mask and all. */
  raw: Buffer;
  binary: boolean;
  /** The first bytes of the payload, unmasked. */
  head: Buffer;
}

interface Frame {
  raw: Buffer;
  final: boolean;
  opcode: number;
  head: Buffer;
}

/** Cuts one direction of a WebSocket connection into messages (RFC 6455, without extensions). */
export class MessageReader {
  #rest = Buffer.alloc(0);
  #fragments: Frame[] = [];

  /** Takes the bytes that arrived and gives the messages that are complete now. */
  read(chunk: Buffer): Message[] {
    this.#rest = Buffer.concat([this.#rest, chunk]);
    const messages: Message[] = [];
    for (let frame = this.#nextFrame(); frame; frame = this.#nextFrame()) {
      const message = this.#assemble(frame);
      if (message) messages.push(message);
    }
    return messages;
  }

  #nextFrame(): Frame | undefined {
    const frame = parseFrame(this.#rest);
    if (frame) this.#rest = this.#rest.subarray(frame.raw.length);
    return frame;
  }

  /** A control frame may stand between the fragments of a message. */
  #assemble(frame: Frame): Message | undefined {
    if (frame.opcode >= FIRST_CONTROL) return { raw: frame.raw, binary: false, head: frame.head };
    if (frame.opcode !== CONTINUATION) this.#fragments = [];
    this.#fragments.push(frame);
    if (!frame.final) return undefined;
    const fragments = this.#fragments;
    this.#fragments = [];
    return {
      raw: Buffer.concat(fragments.map((fragment) => fragment.raw)),
      binary: fragments[0]?.opcode === BINARY,
      head: Buffer.concat(fragments.map((fragment) => fragment.head)),
    };
  }
}

function parseFrame(bytes: Buffer): Frame | undefined {
  const first = bytes[0];
  const second = bytes[1];
  if (first === undefined || second === undefined) return undefined;
  const size = payloadSize(bytes, second & 0x7f);
  if (!size) return undefined;
  const masked = (second & 0x80) !== 0;
  const payload = size.end + (masked ? 4 : 0);
  const end = payload + size.length;
  if (bytes.length < end) return undefined;
  const mask = masked ? bytes.subarray(size.end, payload) : Buffer.alloc(4);
  return {
    raw: bytes.subarray(0, end),
    final: (first & 0x80) !== 0,
    opcode: first & 0x0f,
    head: unmasked(bytes.subarray(payload, Math.min(end, payload + 4)), mask),
  };
}

/** The payload's length, and where the length field ends. */
function payloadSize(bytes: Buffer, short: number): { length: number; end: number } | undefined {
  if (short < 126) return { length: short, end: 2 };
  if (short === 126) return bytes.length < 4 ? undefined : { length: bytes.readUInt16BE(2), end: 4 };
  return bytes.length < 10 ? undefined : { length: Number(bytes.readBigUInt64BE(2)), end: 10 };
}

function unmasked(bytes: Buffer, mask: Buffer): Buffer {
  return Buffer.from(bytes.map((byte, at) => byte ^ (mask[at % 4] ?? 0)));
}
