// The marks of the scrubber: where something failed, was given up or throttled, changed its state, or was in trouble.
//
// M1  Bounded: where there are more than MOST_MARKS, of those of a kind that lie close together the first stands for all.

import { GONE } from "../../cli/line-state.ts";
import { counted, shortArn } from "../../cli/shown-forms.ts";
import type { Entry } from "../../ports/journal.ts";
import type { JournalMark } from "../frame.ts";

const MOST_MARKS = 2_000;

export interface Marks {
  learn(entry: Entry): void;
  /** In order of time. */
  all(): readonly JournalMark[];
}

export function createMarks(): Marks {
  let bucketMs = 1;
  let kept = new Map<string, JournalMark>();
  const keyOf = ({ kind, atMs }: JournalMark): string => `${kind} ${Math.floor(atMs / bucketMs)}`;

  return {
    learn(entry) {
      const told = textOf(entry);
      if (told === null) return;
      const mark = { atMs: entry.atMs, ...told };
      const key = keyOf(mark);
      if (!kept.has(key)) kept.set(key, mark);
      while (kept.size > MOST_MARKS) {
        bucketMs *= 2;
        const before = kept;
        kept = new Map();
        for (const each of before.values()) if (!kept.has(keyOf(each))) kept.set(keyOf(each), each);
      }
    },
    all: () => [...kept.values()].toSorted((one, other) => one.atMs - other.atMs),
  };
}

function textOf(entry: Entry): Pick<JournalMark, "kind" | "text"> | null {
  switch (entry.kind) {
    case "mapping-state":
      return { kind: "state", text: entry.to === GONE ? "deleted" : `${entry.from || "new"}, now ${entry.to}` };
    case "mapping-paused":
      return { kind: "state", text: "paused" };
    case "mapping-resumed":
      return { kind: "state", text: "goes on" };
    case "decided":
      if (entry.outcome === "throttled") return { kind: "throttled", text: `batch ${entry.batch}: throttled` };
      if (entry.verdict === "done") return null;
      return { kind: "failed", text: `batch ${entry.batch}, attempt ${entry.attempt}: ${entry.outcome}` };
    case "invocation":
      if (entry.outcome === "ok") return null;
      return { kind: "failed", text: `${shortArn(entry.functionName)}: ${entry.outcome}` };
    case "gave-up":
      return {
        kind: "gave-up",
        text: `batch ${entry.batch}: ${counted(entry.recordCount, "record")}, ${entry.condition}`,
      };
    case "dead-letter":
      return { kind: "gave-up", text: `a message went to ${entry.queue}` };
    case "source-problem":
      return { kind: "problem", text: entry.text };
    case "lost":
      return { kind: "problem", text: "records were lost" };
    case "checkpoint-problem":
      return { kind: "problem", text: `a checkpoint was ${entry.answer === "fenced" ? "fenced off" : "not stored"}` };
    case "thread":
      return entry.event === "failed" ? { kind: "problem", text: `${entry.thread}: ${entry.detail}` } : null;
    default:
      return null;
  }
}
