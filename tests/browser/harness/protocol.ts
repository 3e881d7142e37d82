/** The numbers that name a protocol frame: byte 1 of each binary WebSocket message. */
export const NUMBERS = {
  Hello: 0x01,
  Push: 0x02,
  Fetch: 0x04,
  RangeReq: 0x06,
  Offer: 0x07,
  Ping: 0x0a,
  Bye: 0x0b,
  Reauth: 0x0c,
  Welcome: 0x41,
  Denied: 0x42,
  Receipt: 0x43,
  Grants: 0x44,
  Batch: 0x45,
  Wipe: 0x47,
  RangeRes: 0x49,
  Throttle: 0x4a,
  Pong: 0x4c,
  Error: 0x4d,
  FetchRes: 0x4e,
  Notice: 0x4f,
  Offered: 0x51,
} as const;

export type FrameName = keyof typeof NUMBERS;

/** The name of a protocol frame, from its first bytes. */
export function frameName(bytes: Buffer): FrameName | undefined {
  const names = Object.keys(NUMBERS) as FrameName[];
  return names.find((name) => NUMBERS[name] === bytes[1]);
}
