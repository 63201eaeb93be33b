// The handler of a mapping on a change stream: looks at every change, and tells of the first and of the last.

import { monotonicMs, openMarks } from "../road/marks.ts";
import type { BenchDocument } from "./change-run.ts";

interface ChangesEvent {
  readonly events: readonly { readonly event: { readonly fullDocument: BenchDocument } }[];
}

const tell = openMarks();
let characterCount = 0;

export async function handle({ events }: ChangesEvent): Promise<void> {
  for (const { event } of events) characterCount += event.fullDocument.text.length;
  if (events[0]?.event.fullDocument.isFirst === true) mark("first");
  if (events.at(-1)?.event.fullDocument.isLast === true) mark("last");
}

function mark(kind: "first" | "last"): void {
  tell({ kind, atMs: monotonicMs(), tookMs: characterCount, name: "" });
}
