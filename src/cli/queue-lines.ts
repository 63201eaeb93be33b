// The plain lines on a queue's messages: what was let go, moved or missed, and how many pollers there are.

import { assertNever } from "../core/assert-never.ts";
import type { LineState } from "./line-state.ts";
import { type Line, line, type Of, where } from "./plain-line.ts";
import { counted, shortId } from "./shown-forms.ts";

type QueueFact = Of<"deleted"> | Of<"returned"> | Of<"dead-letter"> | Of<"scaled">;

export function queueLines(entry: QueueFact, state: LineState): readonly Line[] {
  const place = where(entry, state).trimEnd();
  switch (entry.kind) {
    case "deleted": {
      if (entry.missedCount === 0) return [];
      const what = counted(entry.missedCount, "message");
      return [line("missed", `${place}: ${what} could not be deleted any more, and may be delivered again`, "warning")];
    }
    case "returned": {
      // What failed has been told with the call.
      if (entry.why === "failed" || entry.why === "reported") return [];
      return [line("returned", `${place}: ${counted(entry.recordCount, "message")} let go, ${entry.why}`, "warning")];
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
