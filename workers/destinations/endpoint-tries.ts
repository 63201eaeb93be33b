// How often a document is sent to an endpoint, and what is told of it that has not taken it. AWS's clients by themselves try again within
// some hundredths of a second, which is of no use to an endpoint that restarts: they send once, and these pauses are between.

import type { Clock } from "../../src/ports/clock.ts";

/** Before each further try, ms: 7.5 s in all. */
const PAUSES_MS: readonly number[] = [500, 1_000, 2_000, 4_000];
/** No try begins later than this after the first, so that an endpoint that says nothing holds a lane only so long. */
const LAST_TRY_WITHIN_MS = 20_000;

const THROTTLED: ReadonlySet<string> = new Set([
  "Throttling",
  "ThrottlingException",
  "ThrottledException",
  "RequestThrottled",
  "RequestThrottledException",
  "TooManyRequestsException",
  "SlowDown",
]);

/** Null: it was sent; else why not, for a person. Never rejects. */
export async function triedAtEndpoint(
  send: () => Promise<void>,
  { endpoint, clock }: { readonly endpoint: string; readonly clock: Clock },
): Promise<string | null> {
  const beganAtMs = clock.monotonicMs();
  for (let triesCount = 1; ; triesCount += 1) {
    try {
      await send();
      return null;
    } catch (error) {
      const pauseMs = mayPass(error) ? PAUSES_MS[triesCount - 1] : undefined;
      if (pauseMs === undefined || clock.monotonicMs() + pauseMs - beganAtMs > LAST_TRY_WITHIN_MS) {
        return `${detailOf(error, endpoint)}${triesCount === 1 ? "" : `, after ${triesCount} tries`}`;
      }
      await new Promise<void>((resolve) => void clock.wakeAt(clock.nowMs() + pauseMs, resolve));
    }
  }
}

/** What AWS's clients put on an error. */
interface Marks {
  readonly code?: unknown;
  readonly $metadata?: { readonly httpStatusCode?: number; readonly clockSkewCorrected?: boolean };
  readonly $response?: { readonly statusCode?: number };
}

type MarkedError = Error & Marks;

const isError = (error: unknown): error is MarkedError => error instanceof Error;

const statusOf = ({ $metadata, $response }: MarkedError): number | null =>
  $metadata?.httpStatusCode ?? $response?.statusCode ?? null;

/** Whether another try may fare better: no answer, an answer of 5xx or 429, a throttle, a clock that is put right by now. */
function mayPass(error: unknown): boolean {
  if (!isError(error)) return false;
  const status = statusOf(error);
  if (status === null) return typeof error.code === "string" || error.name === "TimeoutError";
  const { clockSkewCorrected = false } = error.$metadata ?? {};
  return status >= 500 || status === 429 || clockSkewCorrected || THROTTLED.has(error.name);
}

/** With the error's code, by which AWS's documentation lists it; of what is no answer of AWS's, the endpoint and the status. */
function detailOf(error: unknown, endpoint: string): string {
  if (!isError(error)) return String(error);
  const status = statusOf(error);
  const { code } = error;
  if (status === null) return `${endpoint}: ${error.message === "" && typeof code === "string" ? code : error.message}`;
  if (NO_CODE.has(error.name)) return `${endpoint} answered ${status}, and not as AWS does`;
  const text = `${error.name}: ${error.message}`;
  return status >= 500 ? `${endpoint} answered ${status}, ${text}` : text;
}

/** Names of errors that an answer without a code of AWS's becomes. */
const NO_CODE: ReadonlySet<string> = new Set(["Error", "SyntaxError", "TypeError", "Unknown", "UnknownError"]);
