// Where the marks of a recorded journal lie, which is next, and the commands that stop a replay there. Pure.

import type { BatchRow, FrameOrigin, JournalMark } from "../../../dashboard/frame.ts";
import { explainCommand, quoted } from "../parts/commands.ts";
import { batchName } from "../parts/names.ts";

/** The newest before an instant; null: there is none. `marks`: oldest first. */
export const markBefore = (marks: readonly JournalMark[], atMs: number): JournalMark | null =>
  marks.findLast((mark) => mark.atMs < atMs - 0.5) ?? null;

export const markBehind = (marks: readonly JournalMark[], atMs: number): JournalMark | null =>
  marks.find((mark) => mark.atMs > atMs + 0.5) ?? null;

const PLACES = 1_000;
const WIDE = 3;

/** One of a kind a place: a thousand marks are not drawn over one another. */
export function shownMarks(
  marks: readonly JournalMark[],
  { fromMs, toMs }: { readonly fromMs: number; readonly toMs: number },
): readonly { readonly place: number; readonly kind: JournalMark["kind"] }[] {
  const seen = new Map<string, { readonly place: number; readonly kind: JournalMark["kind"] }>();
  for (const { atMs, kind } of marks) {
    const share = toMs <= fromMs ? 0 : (atMs - fromMs) / (toMs - fromMs);
    const place = Math.round((Math.max(0, Math.min(1, share)) * (PLACES - WIDE)) / WIDE) * WIDE;
    seen.set(`${place} ${kind}`, { place, kind });
  }
  return [...seen.values()];
}

/** For the batch that was the newest with a call then. */
export function stopCommand(
  origin: FrameOrigin,
  batches: readonly BatchRow[],
  atMs: number,
): readonly { readonly command: string; readonly what: string }[] {
  const last = batches.findLast((row) => row.closedAtMs <= atMs && row.requestId !== null);
  if (origin.kind !== "file") return [];
  const { name } = origin;
  const file = quoted(name);
  if (!name.endsWith(".mrec"))
    return last === undefined
      ? []
      : [
          {
            command: explainCommand(batchName(last.mapping, last.batch), origin),
            what: "the batch of this moment",
          },
        ];
  if (last === undefined || last.requestId === null) return [{ command: `millrace replay ${file}`, what: "replay it" }];
  const until = `millrace replay ${file} --until ${last.requestId.slice(0, 8)}`;
  return [
    { command: until, what: "stop at this moment's call" },
    { command: `${until} --event event.json`, what: "export the event of that call" },
  ];
}
