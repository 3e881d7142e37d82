import { adviceText, errorText } from "@roundsman/kit";
import { ApiError } from "#api/client.ts";
import type { Refusal } from "#api/types.ts";
import { m } from "./paraglide/messages.js";

/** The kit speaks to the person at the screen; these are about a rep who is not. */
const titles: Record<string, () => string> = { ACCESS_ENDED: m.access_ended };
const hints: Record<string, () => string> = {
  MALFORMED: m.hint_malformed,
  FORGED: m.hint_forged,
  MISSING_DEPENDENCY: m.hint_missing_dependency,
  UNKNOWN_SCHEMA: m.hint_unknown_schema,
  UNDECLARED_PATH: m.hint_undeclared_path,
  FROZEN: m.hint_frozen,
  ACCESS_ENDED: m.hint_access_ended,
  CUSTOMER_MOVED: m.hint_customer_moved,
  DEVICE_REVOKED: m.hint_device_revoked,
  RESTS_ON_QUARANTINED: m.hint_rests_on_quarantined,
};

/** Why an entry was not admitted. */
export const entryRefusal = (refusal: Refusal): string => titles[refusal.code]?.() ?? errorText(refusal);

/** What to think of before deciding about it. */
export const entryHint = (refusal: Refusal): string => hints[refusal.code]?.() ?? m.quarantine_kept();

/** Why somebody could not sign in here. */
export const signInRefusal = (error: unknown): string => (hasCode(error, "ACCESS_ENDED") ? m.office_only() : errorText(error));

/** What to do about a call that failed. */
export const callAdvice = (error: unknown): string => (hasCode(error, "UNREACHABLE") ? m.hint_unreachable() : adviceText(error));

const hasCode = (error: unknown, code: string): boolean => error instanceof ApiError && error.code === code;
