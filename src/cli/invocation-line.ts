// The plain line of an invocation that Invoke asked for: `failed   totals request 1a2b3c4d attempt 1 3 ms: Error: boom; next in 60 s`.

import type { Entry } from "../ports/journal.ts";
import { errorText } from "./line-state.ts";
import type { Line } from "./plain-line.ts";
import { oneLine, shortId, shownMs } from "./shown-forms.ts";

type Invocation = Extract<Entry, { kind: "invocation" }>;

const CONDITIONS = {
  RetriesExhausted: "after its last retry",
  EventAgeExceeded: "after 6 hours",
  FunctionMissing: "as its function is gone",
} as const;

export function invocationLine(entry: Invocation): Line {
  const { functionName, requestId, invocationType, attempt, outcome, tookMs, error, condition, retryAfterMs } = entry;
  const isRefused =
    outcome === "throttled" || outcome === "fault" || outcome === "function missing" || outcome === "not started";
  const word = condition !== null ? "gave-up" : outcome === "ok" ? "ok" : isRefused ? "refused" : "failed";
  const tone = condition !== null ? "bad" : outcome === "ok" ? "good" : "warning";
  const number = invocationType === "Event" ? ` attempt ${attempt}` : "";
  const head = `invoke ${functionName}${number} request ${shortId(requestId)}`;
  const took = isRefused ? "" : ` ${shownMs(tookMs)}`;
  const why = error === null ? "" : `: ${oneLine(errorText(error))}`;
  const dropped = condition === null ? "" : `; dropped ${CONDITIONS[condition]}`;
  const next = retryAfterMs === null ? "" : `; next in ${shownMs(retryAfterMs)}`;
  return { word, tone, text: `${head}${took}${why}${dropped}${next}` };
}
