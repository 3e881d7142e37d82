import { answer, api, ApiError } from "#api/client.ts";
import type { Me } from "#api/types.ts";
import { drafts } from "./drafts.ts";
import { live } from "./live.svelte.ts";

/** Who works here. */
class Session {
  me = $state.raw<Me>();
  /** `expired` keeps the page below as it is, so that nothing typed is lost. */
  state = $state<"unknown" | "out" | "in" | "expired">("unknown");
  /** Why it is not known who works here. */
  error = $state.raw<unknown>();

  async check(): Promise<void> {
    try {
      this.#entered(await answer(api.GET("/api/session")));
    } catch (error) {
      if (error instanceof ApiError && error.status === 401) this.state = "out";
      else this.error = error;
    }
  }

  /** @throws ApiError */
  async signIn(login: string, password: string): Promise<void> {
    this.#entered(await answer(api.POST("/api/session", { body: { login, password } })));
  }

  /** @throws ApiError */
  async signOut(): Promise<void> {
    await answer(api.DELETE("/api/session"));
    live.stop();
    drafts.clear();
    this.me = undefined;
    this.state = "out";
  }

  /** The server does not know the cookie any more. */
  expire(): void {
    if (this.state !== "in") return;
    live.stop();
    this.state = "expired";
  }

  #entered(me: Me): void {
    this.me = me;
    this.error = undefined;
    this.state = "in";
    live.start();
  }
}

export const session = new Session();

api.use({
  onResponse({ response }) {
    if (response.status === 401) session.expire();
  },
});
