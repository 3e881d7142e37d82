import { adviceText, errorText, toasts } from "@roundsman/kit";
import { engine, type Recorded, type Request } from "#lib/engine.ts";

/** Records an operation; a refusal is said in a toast, and nothing comes back. */
export async function record(operation: Request): Promise<Recorded | undefined> {
  try {
    return await engine().run(operation);
  } catch (error) {
    complain(error);
    return undefined;
  }
}

export function complain(error: unknown): void {
  toasts.say(`${errorText(error)} ${adviceText(error)}`.trim(), { tone: "late" });
}
