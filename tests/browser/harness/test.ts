import { rm } from "node:fs/promises";
import { dirname } from "node:path";
import { expect, test as base } from "@playwright/test";
import type { TestInfo } from "@playwright/test";
import { Device } from "./device.ts";
import { makeDemoData, Server } from "./server.ts";
import type { Locale } from "./texts.ts";

interface Fixtures {
  /** The language of all devices: `test.use({ language: "en" })`. */
  language: Locale;
  /** The server, on a fresh demo company. */
  server: Server;
  /** Another phone. */
  newPhone: () => Promise<Device>;
  /** Another desk in the office. */
  newDesk: () => Promise<Device>;
  /** The rep's phone, with the app open and nobody signed in. */
  phone: Device;
  /** The office, with the console open and nobody signed in. */
  office: Device;
}

interface WorkerFixtures {
  /** How large the demo company is. */
  scale: number;
  demoData: string;
}

export const test = base.extend<Fixtures, WorkerFixtures>({
  language: ["zh-CN", { option: true }],

  scale: [0, { scope: "worker", option: true }],

  demoData: [
    async ({ scale }, use) => {
      const folder = await makeDemoData(scale);
      await use(folder);
      await rm(dirname(folder), { recursive: true, force: true });
    },
    { scope: "worker" },
  ],

  server: async ({ demoData }, use, info) => {
    const server = await Server.start(demoData);
    await use(server);
    await attach(info, "server.log", server.log);
    await server.remove();
  },

  newPhone: async ({ browser, server, language }, use, info) => {
    await lend(use, info, "phone", () => Device.phone(browser, server, language));
  },

  newDesk: async ({ browser, server, language }, use, info) => {
    await lend(use, info, "desk", () => Device.desk(browser, server, language));
  },

  phone: async ({ newPhone }, use) => use(await newPhone()),
  office: async ({ newDesk }, use) => use(await newDesk()),
});

export { expect };

/** Lends out a maker of devices; afterwards none of them may have crashed, and all are closed. */
async function lend(
  use: (make: () => Promise<Device>) => Promise<void>,
  info: TestInfo,
  kind: string,
  make: () => Promise<Device>,
): Promise<void> {
  const devices: Device[] = [];
  await use(async () => {
    const device = await make();
    devices.push(device);
    return device;
  });
  for (const [index, device] of devices.entries()) {
    const frames = device.network.seen.map(({ at, name, length, fate }) => `${at.toISOString()} ${name} ${length} ${fate}`);
    await attach(info, `${kind}-${index + 1}-frames.txt`, frames.join("\n"));
    await device.close();
  }
  expect(devices.flatMap((device) => device.crashes), "errors that no code caught").toEqual([]);
}

/** Keeps a text beside the results of a test that failed, and in the list of what it attached. */
async function attach(info: TestInfo, name: string, body: string): Promise<void> {
  if (info.status !== info.expectedStatus) await info.attach(name, { body, contentType: "text/plain" });
}
