// The story of an invocation that Invoke asked for: its attempts, and what became of it. Pure: the same entries give the same bytes.

import { errorText } from "../line-state.ts";
import { hanging } from "../screen.ts";
import { counted, localTime, oneLine, shortId, shownMs } from "../shown-forms.ts";
import type { Of } from "./batch-story.ts";
import type { TextOptions } from "./batch-text.ts";
import type { Explained } from "./explained.ts";
import { several } from "./question.ts";
import { closing, headline } from "./story-forms.ts";

type Attempt = Of<"invocation">;

/** Attempts of all invocations whose id begins so, in order. Null: there are none. Throws where they are of several. */
export function tellDirect(attempts: readonly Attempt[], options: TextOptions): Explained | null {
  const last = attempts.at(-1);
  if (last === undefined) return null;
  const { requestId, functionName, invocationType } = last;
  const ids = new Set(attempts.map((each) => each.requestId));
  if (ids.size > 1) throw several(`${counted(ids.size, "invocation")} begin so`, [...ids], requestId);
  const status = statusOf(last);
  const { columns } = options.screen;
  const id = options.isFull ? requestId : shortId(requestId);
  const lines = [
    ...headline(`invocation ${id}  ${invocationType} by Invoke, ${functionName}`, status, options),
    ...attempts.flatMap((each) => hanging(`  ${localTime(each.atMs)}  `, attemptText(each), columns)),
    ...closing("verdict", verdictOf(last, attempts.length), options.screen),
  ];
  const json = { kind: "invocation", requestId, functionName, invocationType, status, attempts };
  return { text: `${lines.join("\n")}\n`, json, about: { kind: "invocation", attempts } };
}

function attemptText({ attempt, outcome, tookMs, error, retryAfterMs, condition }: Attempt): string {
  const why = error === null ? "" : `: ${oneLine(errorText(error))}`;
  const next = retryAfterMs === null ? "" : `; again after ${shownMs(retryAfterMs)}`;
  const dropped = condition === null ? "" : `; ${condition}`;
  return `attempt ${attempt} ${outcome}, ${shownMs(tookMs)}${why}${next}${dropped}`;
}

function statusOf({ verdict, outcome }: Attempt): string {
  if (verdict === "give up") return "given up";
  if (verdict === "retry") return "to be called again";
  return outcome === "ok" ? "returned" : "failed";
}

function verdictOf({ verdict, outcome, retryAfterMs }: Attempt, count: number): string {
  const calls = counted(count, "call");
  if (verdict === "give up") return `dropped after ${calls}; nothing else of it is kept`;
  if (verdict === "retry")
    return `kept until it ends: ${calls} so far, the next ${shownMs(retryAfterMs ?? 0)} after the last`;
  if (outcome === "ok") return `done, ${calls}`;
  return "who called has the error; RequestResponse is not called again";
}
