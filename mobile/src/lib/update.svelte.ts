/** A new version of the app that waits until the person chooses it. */
class Update {
  #waiting = $state.raw<ServiceWorker | null>(null);

  get ready(): boolean {
    return this.#waiting !== null;
  }

  async register(): Promise<void> {
    if (!("serviceWorker" in navigator) || import.meta.env.DEV) return;
    const registration = await navigator.serviceWorker.register("/service-worker.js", { updateViaCache: "none" }).catch(() => undefined);
    if (!registration) return;
    this.#notice(registration);
    registration.addEventListener("updatefound", () => {
      registration.installing?.addEventListener("statechange", () => this.#notice(registration));
    });
    document.addEventListener("visibilitychange", () => {
      if (!document.hidden) void registration.update().catch(() => undefined);
    });
  }

  /** Goes over to the new version. Everything recorded is on disk, and what was typed is in a draft. */
  take(): void {
    navigator.serviceWorker.addEventListener("controllerchange", () => location.reload(), { once: true });
    this.#waiting?.postMessage("take over");
  }

  /** The first version to be installed has nobody to replace. */
  #notice(registration: ServiceWorkerRegistration): void {
    if (registration.waiting && navigator.serviceWorker.controller) this.#waiting = registration.waiting;
  }
}

export const update = new Update();
