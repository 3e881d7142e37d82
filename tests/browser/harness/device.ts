import { expect } from "@playwright/test";
import type { Browser, BrowserContext, BrowserContextOptions, Page } from "@playwright/test";
import { Proxy } from "./proxy.ts";
import type { Server } from "./server.ts";
import { officeTexts, phoneTexts } from "./texts.ts";
import type { Locale, Texts } from "./texts.ts";

const PASSWORD = "roundsman";
const SHANGHAI = { latitude: 31.2304, longitude: 121.4737 };

const EVERYWHERE: BrowserContextOptions = {
  timezoneId: "Asia/Shanghai",
  reducedMotion: "reduce",
};

const PHONE: BrowserContextOptions = {
  ...EVERYWHERE,
  viewport: { width: 390, height: 844 },
  deviceScaleFactor: 2,
  hasTouch: true,
  isMobile: true,
  permissions: ["geolocation"],
  geolocation: SHANGHAI,
};

const DESK: BrowserContextOptions = { ...EVERYWHERE, viewport: { width: 1440, height: 900 } };

/** One person's device: a browser profile with storage of its own, behind a network of its own. */
export class Device {
  /** The tab that is open. */
  page!: Page;
  /** The network between this device and the server. */
  readonly network: Proxy;
  /** The text people read, by its key. */
  readonly text: Texts;
  readonly locale: Locale;
  /** Errors that no code caught, in any tab. */
  readonly crashes: Error[] = [];
  readonly #context: BrowserContext;
  readonly #home: string;

  private constructor(context: BrowserContext, network: Proxy, text: Texts, locale: Locale, home: string) {
    this.#context = context;
    this.network = network;
    this.text = text;
    this.locale = locale;
    this.#home = home;
    context.on("weberror", (error) => this.crashes.push(error.error()));
  }

  /** A rep's phone, with the app open. */
  static phone(browser: Browser, server: Server, locale: Locale): Promise<Device> {
    return Device.#start(browser, server, PHONE, phoneTexts(locale), locale, "/");
  }

  /** A desk in the office, with the console open. */
  static desk(browser: Browser, server: Server, locale: Locale): Promise<Device> {
    return Device.#start(browser, server, DESK, officeTexts(locale), locale, "/office/");
  }

  static async #start(
    browser: Browser,
    server: Server,
    options: BrowserContextOptions,
    text: Texts,
    locale: Locale,
    home: string,
  ): Promise<Device> {
    const network = await Proxy.open(server.port);
    const baseURL = `http://localhost:${network.port}`;
    const context = await browser.newContext({ ...options, locale, baseURL });
    const device = new Device(context, network, text, locale, home);
    await device.openTab();
    return device;
  }

  async signIn(login: string): Promise<void> {
    await this.page.getByLabel(this.text("field.login")).fill(login);
    await this.page.getByLabel(this.text("field.password")).fill(PASSWORD);
    await this.page.getByRole("button", { name: this.text("sign_in") }).click();
    await expect(this.page.getByLabel(this.text("field.password"))).toBeHidden();
  }

  /** Opens the app in a new tab, as from the home screen. */
  async openTab(path = this.#home): Promise<void> {
    this.page = await this.#context.newPage();
    await this.page.goto(path);
  }

  async closeTab(): Promise<void> {
    await this.page.close();
  }

  /** No network, and the browser knows it. */
  async goOffline(): Promise<void> {
    this.network.cut();
    await this.#context.setOffline(true);
  }

  async goOnline(): Promise<void> {
    await this.network.restore();
    await this.#context.setOffline(false);
  }

  /** Resolves once the app opens without a network. */
  async readyForOffline(): Promise<void> {
    await this.page.evaluate(async () => {
      await navigator.serviceWorker.ready;
    });
  }

  async close(): Promise<void> {
    await this.#context.close();
    this.network.close();
  }
}
