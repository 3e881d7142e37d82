import { open, RoundsmanError, type Client } from "@roundsman/client";

export type * from "@roundsman/client";
export { RoundsmanError };

let client: Client | undefined;

/** Opens the engine of this device; the only place of the app that knows how. */
export async function start(): Promise<Client> {
  client ??= await open();
  return client;
}

export function engine(): Client {
  if (!client) throw new RoundsmanError("INTERNAL");
  return client;
}
