import type { Place } from "#lib/engine.ts";
import { whereAmI } from "#lib/place.ts";
import { record } from "#lib/run.ts";

const PATIENCE_MS = 2_500;

/** Checks in now, with the place if the phone knows it soon enough. Gives back the visit. */
export async function startVisit(customer: string): Promise<string | undefined> {
  const place = await Promise.race([whereAmI(), later()]);
  const done = await record({ operation: "visit.check_in", customer, ...(place ? { place } : {}) });
  return done?.id;
}

const later = (): Promise<Place | null> => new Promise((done) => setTimeout(() => done(null), PATIENCE_MS));
