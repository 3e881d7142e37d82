import type { Place } from "#lib/engine.ts";

const WAIT_MS = 8_000;

/** Where the phone is, or null when it cannot or may not say; never longer than a short wait. */
export function whereAmI(): Promise<Place | null> {
  if (!("geolocation" in navigator)) return Promise.resolve(null);
  return new Promise((found) => {
    navigator.geolocation.getCurrentPosition(
      ({ coords }) => found({ latitude: coords.latitude, longitude: coords.longitude, accuracyM: coords.accuracy }),
      () => found(null),
      { enableHighAccuracy: true, timeout: WAIT_MS, maximumAge: 60_000 },
    );
  });
}

/** Where the phone is, without asking: only when it was allowed before. */
export async function rememberedPlace(): Promise<Place | null> {
  const permission = await navigator.permissions?.query({ name: "geolocation" }).catch(() => null);
  return permission?.state === "granted" ? whereAmI() : null;
}

const EARTH_M = 6_371_000;

/** Along the surface, good enough for “how far is it”. */
export function metresBetween(a: Place, b: Place): number {
  const rad = Math.PI / 180;
  const x = (b.longitude - a.longitude) * rad * Math.cos(((a.latitude + b.latitude) / 2) * rad);
  const y = (b.latitude - a.latitude) * rad;
  return Math.hypot(x, y) * EARTH_M;
}
