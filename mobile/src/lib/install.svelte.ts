/** What Chromium hands out when the app could be put on the home screen. */
interface InstallOffer extends Event {
  prompt(): Promise<{ outcome: "accepted" | "dismissed" }>;
}

/** Nobody is asked again before. */
const LATER_MS = 14 * 24 * 3_600_000;
const KEY = "install-later";

/**
 * Whether this phone still shows the app in a browser. Browsers throw away what a page keeps sooner
 * than what an app on the home screen keeps, so people are asked before they go offline.
 */
class Install {
  #offer = $state.raw<InstallOffer | null>(null);
  #later = $state(Number(globalThis.localStorage?.getItem(KEY) ?? 0));
  #done = $state(false);

  /** Listens from the first moment: the browser offers only once. */
  listen(): void {
    window.addEventListener("beforeinstallprompt", (event) => {
      event.preventDefault();
      this.#offer = event as InstallOffer;
    });
    window.addEventListener("appinstalled", () => (this.#done = true));
  }

  /** How to ask: with the browser's own question, in words (Safari has none), or not at all. */
  get way(): "ask" | "byHand" | null {
    if (this.#done || this.#later > Date.now() || matchMedia("(display-mode: standalone)").matches) return null;
    if (this.#offer) return "ask";
    // Only Safari knows this property.
    return "standalone" in navigator && !navigator.standalone ? "byHand" : null;
  }

  async ask(): Promise<void> {
    const answer = await this.#offer?.prompt();
    this.#offer = null;
    if (answer?.outcome === "dismissed") this.later();
  }

  later(): void {
    this.#later = Date.now() + LATER_MS;
    localStorage.setItem(KEY, String(this.#later));
  }
}

export const install = new Install();
