import { ApiError } from "#api/client.ts";
import { drafts } from "./drafts.ts";

type Values = Record<string, string>;

/** What is never written down: a password is not kept beyond its form. */
const SECRET = "password";

/** A form over the values of the moment: what was typed is kept until it is saved or given up. */
export class Form {
  /** Only what was typed; the rest follows the values below, which may change meanwhile. */
  #typed: Values = $state({});
  /** What stood there when somebody began to type. */
  #before: Values = $state({});
  /** What is wrong, by field. */
  errors: Record<string, ApiError> = $state({});
  /** What is wrong with the whole. */
  failure = $state.raw<unknown>();
  busy = $state(false);

  /** `name` keeps what was typed when the form is left and opened again. */
  constructor(
    readonly name: string,
    readonly values: () => Values,
  ) {
    this.#typed = { ...drafts.get(name) };
    for (const field of Object.keys(this.#typed)) this.#before[field] = values()[field] ?? "";
  }

  get(field: string): string {
    return this.#typed[field] ?? this.values()[field] ?? "";
  }

  set(field: string, value: string): void {
    const now = this.values()[field] ?? "";
    if (!(field in this.#typed)) this.#before[field] = now;
    if (value === now) delete this.#typed[field];
    else this.#typed[field] = value;
    delete this.errors[field];
    const { [SECRET]: _, ...kept } = this.#typed;
    if (Object.keys(kept).length > 0) drafts.set(this.name, kept);
    else drafts.delete(this.name);
  }

  /** What somebody else wrote into a field since this person began to type there. */
  meanwhile(field: string): string | undefined {
    const now = this.values()[field] ?? "";
    return field in this.#typed && now !== this.#before[field] ? now : undefined;
  }

  /** What would be saved. */
  get changes(): Values {
    return { ...this.#typed };
  }

  get isChanged(): boolean {
    return Object.keys(this.#typed).length > 0;
  }

  giveUp(): void {
    this.#typed = {};
    this.errors = {};
    this.failure = undefined;
    drafts.delete(this.name);
  }

  /** Sends; `true` when it was taken. A refusal that names a field is shown beside it. */
  async send(save: (changes: Values) => Promise<unknown>): Promise<boolean> {
    const taken = await this.attempt(save);
    if (taken) this.giveUp();
    return taken;
  }

  /** Asks about what was typed, which stays; `true` when nothing was wrong with it. */
  async attempt(ask: (changes: Values) => Promise<unknown>): Promise<boolean> {
    if (this.busy) return false;
    this.busy = true;
    this.failure = undefined;
    this.errors = {};
    try {
      await ask(this.changes);
      return true;
    } catch (error) {
      const field = error instanceof ApiError ? error.params["field"] : undefined;
      if (field && field in this.values()) this.errors[field] = error as ApiError;
      else this.failure = error;
      return false;
    } finally {
      this.busy = false;
    }
  }
}
