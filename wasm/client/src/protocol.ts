/** What pages and workers say to each other. */

import type { Closed, Session } from "./types.js";

/** A call from a page to the engine, wherever that is. */
export type Call =
  | { method: "state"; args: [] }
  | { method: "signIn"; args: [login: string, password: string] }
  | { method: "signOut"; args: [] }
  | { method: "run"; args: [request: string] }
  | { method: "query"; args: [query: string] }
  | { method: "wake"; args: [] }
  | { method: "fetch"; args: [kind: Closed, id: string] }
  | { method: "putAway"; args: [n: number] }
  | { method: "forgetLost"; args: [] }
  | { method: "persisted"; args: [granted: boolean] };

export interface Ask {
  kind: "ask";
  id: string;
  call: Call;
}

export interface Answer {
  kind: "answer";
  id: string;
  value?: unknown;
  /** A refusal as JSON: code and params. */
  refused?: string;
}

/** Something changed; every page asks again what it shows. */
export interface Changed {
  kind: "changed";
  topics: string[];
}

/** Who is signed in; when nobody is, whether the office had this device wiped. */
export interface Signed {
  session: Session | null;
  wipedAt: number | null;
}

/** Who is signed in, told whenever that changes and when a worker takes the lead. */
export interface State extends Signed {
  kind: "state";
}

/** A worker has taken the lead: calls that were on the way to the one before it are lost. */
export interface Leads {
  kind: "leads";
}

/** The storage could not be opened. */
export interface Failed {
  kind: "failed";
  refused: string;
}

export type ToWorker = Ask | { kind: "start"; server: string };
export type FromWorker = Answer | Changed | State | Leads | Failed;
/** Between workers of different tabs. */
export type BetweenTabs = Ask | Answer | Changed | State | Leads;

/** A query's answer with the topics that make it old. */
export interface Answered {
  json: string;
  topics: string[];
}
