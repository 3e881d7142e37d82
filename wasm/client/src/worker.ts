/**
 * The worker of one tab. The one that holds the lock leads: it owns files and socket. The others
 * pass on what their page asks, and take over when the leader's tab is gone.
 */

import { Leader } from "./leader.js";
import type { Answer, Ask, BetweenTabs, FromWorker, ToWorker } from "./protocol.js";
import { Refused } from "./server.js";

const LOCK = "roundsman engine";
const scope = self as unknown as DedicatedWorkerGlobalScope;
const tabs = new BroadcastChannel("roundsman");

let leader: Leader | null = null;
/** Asks that wait until somebody leads. */
const waiting: Ask[] = [];

scope.onmessage = (message: MessageEvent<ToWorker>) => {
  const said = message.data;
  if (said.kind === "start") void lead(said.server);
  else if (leader) void answer(leader, said, toPage);
  else {
    waiting.push(said);
    tabs.postMessage(said);
  }
};

tabs.onmessage = (message: MessageEvent<BetweenTabs>) => {
  const said = message.data;
  if (said.kind === "ask") {
    if (leader) void answer(leader, said, (reply) => tabs.postMessage(reply));
    return;
  }
  if (said.kind === "answer") {
    const index = waiting.findIndex((ask) => ask.id === said.id);
    if (index < 0) return;
    waiting.splice(index, 1);
  }
  if (said.kind === "leads") resend();
  toPage(said);
};

/** Waits for the lead, then keeps it as long as this tab lives. */
async function lead(server: string): Promise<void> {
  await navigator.locks.request(LOCK, async () => {
    interrupt();
    try {
      leader = await Leader.start(server, {
        changed: (topics) => everywhere({ kind: "changed", topics }),
        signed: (state) => everywhere({ kind: "state", ...state }),
      });
    } catch (error) {
      for (const ask of waiting.splice(0)) toPage({ kind: "answer", id: ask.id, refused: refusalOf(error) });
      toPage({ kind: "failed", refused: refusalOf(error) });
      return;
    }
    everywhere({ kind: "leads" });
    everywhere({ kind: "state", ...leader.state });
    for (const ask of waiting.splice(0)) void answer(leader, ask, toPage);
    await new Promise(() => {});
  });
}

/** A new leader has not heard what was asked of the old one. */
function resend(): void {
  interrupt();
  for (const ask of waiting) tabs.postMessage(ask);
}

/** The leader that was asked is gone. Reading again is harmless; what was to be recorded may have
 * been recorded already, so that is told to the person instead. */
function interrupt(): void {
  for (const ask of waiting.splice(0)) {
    if (ask.call.method !== "run") waiting.push(ask);
    else toPage({ kind: "answer", id: ask.id, refused: JSON.stringify({ code: "INTERRUPTED", params: {} }) });
  }
}

async function answer(by: Leader, ask: Ask, reply: (answer: Answer) => void): Promise<void> {
  try {
    reply({ kind: "answer", id: ask.id, value: await by.handle(ask.call) });
  } catch (error) {
    reply({ kind: "answer", id: ask.id, refused: refusalOf(error) });
  }
}

function everywhere(said: BetweenTabs): void {
  tabs.postMessage(said);
  toPage(said as FromWorker);
}

function toPage(said: FromWorker): void {
  scope.postMessage(said);
}

/** The engine throws refusals as JSON text. */
function refusalOf(error: unknown): string {
  if (typeof error === "string") return error;
  if (error instanceof Refused) return JSON.stringify({ code: error.code, params: error.params });
  return JSON.stringify({ code: "STORAGE", params: { detail: String(error) } });
}
