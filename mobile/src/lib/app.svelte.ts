import { correctClock } from "@roundsman/kit";
import { forgetDrafts } from "#lib/drafts.ts";
import { start, type Live, type Session, type SyncView } from "#lib/engine.ts";

/** What every screen knows: who is signed in, and how sync goes. */
class App {
  ready = $state(false);
  session = $state.raw<Session | null>(null);
  /** When the office had this device wiped, until somebody signs in again. */
  wipedAt = $state<number | null>(null);
  status = $state.raw<SyncView | null>(null);
  /** Why the engine could not start on this device. */
  failure = $state.raw<unknown>(null);

  async start(): Promise<void> {
    try {
      const client = await start();
      follow(client.session, (session) => {
        this.session = session;
        // Without the browser's promise the sync screen warns.
        if (session) void client.persist().catch(() => undefined);
      });
      follow(client.wipedAt, (at) => {
        this.wipedAt = at;
        if (at) forgetDrafts();
      });
      follow(client.status, (status) => {
        this.status = status;
        correctClock(status?.clockOffMs ?? 0);
      });
    } catch (error) {
      this.failure = error;
    }
    this.ready = true;
  }

  /** Things that wait for the rep. */
  get needsYou(): number {
    return this.status?.attention.filter((it) => it.who === "needsYou").length ?? 0;
  }
}

function follow<T>(live: Live<T>, on: (value: T) => void): void {
  on(live.value);
  live.subscribe(() => on(live.value));
}

export const app = new App();
