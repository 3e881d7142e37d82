import createClient from "openapi-fetch";
import type { paths } from "./schema.gen.ts";

/** What the server said, or that it could not be reached: a code and parameters; the kit has the sentences. */
export class ApiError extends Error {
  constructor(
    readonly code: string,
    readonly params: Record<string, string> = {},
    readonly status = 0,
  ) {
    super(code);
  }
}

// The fetch of the moment of the call: it may be another one by then.
export const api = createClient<paths>({ fetch: (request) => globalThis.fetch(request) });

type Reply<T> = { data?: T; error?: unknown; response: Response };

/** The answer to a call, or an [`ApiError`]. */
export async function answer<T>(call: Promise<Reply<T>>): Promise<T> {
  const reply = await call.catch((error: unknown) => {
    if (error instanceof DOMException && error.name === "AbortError") throw error;
    throw new ApiError("UNREACHABLE");
  });
  if (reply.response.ok) return reply.data as T;
  throw refusal(reply.error, reply.response.status);
}

function refusal(body: unknown, status: number): ApiError {
  if (typeof body === "object" && body !== null && "code" in body) {
    const { code, params } = body as { code: string; params?: Record<string, string> };
    return new ApiError(code, params, status);
  }
  // A proxy in between answers in its own words.
  return new ApiError(status >= 502 && status <= 504 ? "UNREACHABLE" : "INTERNAL", {}, status);
}
