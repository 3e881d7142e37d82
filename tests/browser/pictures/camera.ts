import { fileURLToPath } from "node:url";
import type { Device } from "../harness/device.ts";

const FOLDER = fileURLToPath(new URL("../../../target/screenshots", import.meta.url));

/** A screen on which nothing changed for so long has everything it asked for. */
const STILL_MS = 700;

/** Resolves once the page is still. */
function still(still_ms: number): Promise<void> {
  return new Promise((resolve) => {
    let timer = setTimeout(resolve, still_ms);
    const changes = new MutationObserver(() => {
      clearTimeout(timer);
      timer = setTimeout(() => (changes.disconnect(), resolve()), still_ms);
    });
    changes.observe(document.body, { subtree: true, childList: true, characterData: true, attributes: true });
  });
}

/** Takes each screen of one device, light and dark. */
export class Camera {
  readonly device: Device;
  readonly #kind: string;
  #count = 0;

  constructor(device: Device, kind: "phone" | "office") {
    this.device = device;
    this.#kind = kind;
  }

  /** Opens an address and takes what it shows. */
  async opens(path: string, name: string): Promise<void> {
    await this.device.page.goto(path);
    await this.takes(name);
  }

  /** Takes the screen as it is now, once everything that was asked for is there. */
  async takes(name: string): Promise<void> {
    const { page, locale } = this.device;
    await page.locator("h1").first().waitFor();
    await page.evaluate(() => document.fonts.ready);
    await page.evaluate(still, STILL_MS);
    this.#count += 1;
    const number = String(this.#count).padStart(2, "0");
    for (const colorScheme of ["light", "dark"] as const) {
      await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
      await page.screenshot({ animations: "disabled", path: `${FOLDER}/${this.#kind}/${number}-${name}-${locale}-${colorScheme}.png` });
    }
  }
}
