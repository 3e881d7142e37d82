import { locale } from "@roundsman/kit";
import { overwriteGetLocale } from "#lib/paraglide/runtime.js";

// Messages follow the language chosen in the kit; what shows them is drawn again when it changes.
overwriteGetLocale(() => locale.current);
