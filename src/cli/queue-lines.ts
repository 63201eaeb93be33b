// The plain lines on a queue's messages: what was let go, moved or missed, and how many pollers there are.

import { assertNever } from "../core/assert-never.ts";
import type { LineState } from "./line-state.ts";
import { type Line, line, type Of, where } from "./plain-line.ts";
import { counted, shortId, shownMs } from "./shown-forms.ts";

type QueueFact = Of<"deleted"> | Of<"returned"> | Of<"dead-letter"> | Of<"scaled">;

export function queueLines(entry: QueueFact, state: LineState): readonly Line[] {
  const place = where(entry, state);
  switch (entry.kind) {
    case "deleted": {
      if (entry.missedCount === 0) return [];
      const what = counted(entry.missedCount, "message");
      return [line("missed", `${place}: ${what} could not be deleted any more, and may be delivered again`, "warning")];
    }
    case "returned": {
      const messages = counted(entry.recordCount, "message");
      const inMs = entry.visibleAgainAtMs - entry.atMs;
      const when = inMs <= 0 ? "visible again at once" : `visible again in ${shownMs(inMs)}`;
      const about = entry.batch === null ? place : `${place} batch ${entry.batch}`;
      // What failed has been told with the call.
      const hasFailed = entry.why === "failed" || entry.why === "reported";
      const what = hasFailed
        ? `${messages} ${entry.recordCount === 1 ? "comes" : "come"} back`
        : `${messages} let go, ${entry.why}`;
      return [line("returned", `${about}: ${what}, ${when}`, "warning")];
    }
    case "dead-letter": {
      const what = `message ${shortId(entry.messageId)} after ${counted(entry.receiveCount, "receive")}`;
      return [line("dead", `${place}: ${what} -> ${entry.queue}`, "bad")];
    }
    case "scaled":
      return [];
    default:
      return assertNever(entry);
  }
}
