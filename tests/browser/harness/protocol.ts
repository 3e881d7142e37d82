/** The numbers that name a protocol frame: byte 1 of each binary WebSocket message. */
export const NUMBERS = {
  Hello: 0x01,
  Push: 0x02,
  Ping: 0x0a,
  Bye: 0x0b,
  Reauth: 0x0c,
  Welcome: 0x41,
  Denied: 0x42,
  Receipt: 0x43,
  Grants: 0x44,
  Batch: 0x45,
  Pong: 0x4c,
  Error: 0x4d,
} as const;

export type FrameName = keyof typeof NUMBERS;

/** The name of a protocol frame, from its first bytes. */
export function frameName(bytes: Buffer): FrameName | undefined {
  const names = Object.keys(NUMBERS) as FrameName[];
  return names.find((name) => NUMBERS[name] === bytes[1]);
}
