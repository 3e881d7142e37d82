/** The few calls over HTTP: signing in, and fresh tokens. Everything else goes over the line. */

import type { Account } from "./vault.js";

export interface SignedIn {
  device: string;
  deviceCode: string;
  person: { id: string; name: string; role: string };
  access: string;
  refresh: string;
  serverKey: string;
  leaseShare: string;
  leaseUntil: number;
  papers: string;
}

interface Refreshed {
  access: string;
  refresh: string;
  leaseShare: string;
  leaseUntil: number;
  papers: string;
}

/** A refusal of the server, or that it cannot be reached. */
export class Refused extends Error {
  constructor(
    readonly code: string,
    readonly params: Record<string, string> = {},
  ) {
    super(code);
  }
}

const DEADLINE_MS = 15_000;

export async function signIn(
  server: string,
  login: string,
  password: string,
  publicKey: Uint8Array,
  before: { account: Account; proof: Uint8Array } | null,
): Promise<SignedIn> {
  const again = before ? asItWas(before.account, before.proof) : {};
  return post(`${server}/api/device/sign-in`, { login, password, publicKey: base64(publicKey), ...again });
}

/** What shows that this phone was enrolled before, also to a server that was set back to before that. */
function asItWas({ device, papers, share }: Account, proof: Uint8Array): object {
  const shown = papers && share ? { papers, leaseShare: base64(Uint8Array.from(share)) } : {};
  return { device, proof: base64(proof), ...shown };
}

interface Succeeded extends SignedIn {
  common: number;
  lost: number;
  lastContactAt: number | null;
}

/** Asks for the device that goes on for this one, whose journal went backwards. */
export async function succeed(
  server: string,
  account: Account,
  publicKey: string,
  proof: Uint8Array,
  told: { heads: { n: number; hash: number[] }[]; recorded: number },
): Promise<Succeeded> {
  const heads = told.heads.map(({ n, hash }) => ({ n, hash: base64(Uint8Array.from(hash)) }));
  const { device, access } = account;
  return post(`${server}/api/device/succeed`, { device, access, publicKey, proof: base64(proof), heads, recorded: told.recorded });
}

export async function refresh(server: string, account: Account): Promise<Refreshed> {
  return post(`${server}/api/device/refresh`, { device: account.device, refresh: account.refresh });
}

async function post<T extends { leaseUntil: number }>(url: string, body: unknown): Promise<T> {
  let response: Response;
  try {
    response = await fetch(url, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body),
      credentials: "omit",
      signal: AbortSignal.timeout(DEADLINE_MS),
    });
  } catch {
    throw new Refused("UNREACHABLE");
  }
  if (!response.ok) throw await refusal(response);
  const answer = (await response.json()) as T;
  return { ...answer, leaseUntil: answer.leaseUntil + aheadOf(response) };
}

/** By how much this device's clock is ahead of the server's: the lease is measured by the clock that is here. */
function aheadOf(response: Response): number {
  const server = Date.parse(response.headers.get("date") ?? "");
  return Number.isNaN(server) ? 0 : Date.now() - server;
}

async function refusal(response: Response): Promise<Refused> {
  try {
    const { code, params } = (await response.json()) as { code: string; params: Record<string, string> };
    if (typeof code === "string") return new Refused(code, params);
  } catch {
    // A proxy answered in the server's place: there is no contact.
  }
  return new Refused(response.status >= 500 ? "UNREACHABLE" : "INTERNAL", { status: String(response.status) });
}

export function bytes(text: string): Uint8Array {
  return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
}

export function base64(value: Uint8Array): string {
  return btoa(String.fromCharCode(...value));
}
