// A batch that a lane had in hand when a recording began: what of it was left, and how far each piece had come. What came before is not in
// the file, and nothing is made up for it.

import { batchName } from "../../core/batch-name.ts";
import type { Position } from "../../ports/source.ts";
import type { KinesisRecord } from "../../kinds/kinesis/kinesis-record.ts";
import { recordFrom } from "../../recording/record-form.ts";
import type { LaneLine } from "../../recording/recording-line.ts";
import { counted, localTime } from "../shown-forms.ts";

/** Stands among the entries of a journal, where the lane is met. */
export interface Met {
  readonly kind: "met";
  readonly mapping: string;
  /** `<uuid>/<unit>/<index>`. */
  readonly lane: string;
  readonly atMs: number;
  /** Of the first batch, as it is called: `29`. */
  readonly number: string;
  /** In the order in which they are tried. */
  readonly pieces: readonly MetPiece[];
}

export interface MetPiece {
  readonly name: string;
  readonly recordCount: number;
  readonly first: Position | null;
  readonly last: Position | null;
  /** Calls of it that had ended and count. */
  readonly attempts: number;
  /** Refusals in a row, which do not count. */
  readonly refusals: number;
  /** Of its call that is out; null: none is. */
  readonly runningId: string | null;
  /** When it is tried again; null: nothing holds it but what is before it. */
  readonly dueAtMs: number | null;
}

/** Batches of a lane as a recording meets it, the one that is next first. */
export function metIn(
  { m: mapping, l: lane, atMs, lane: { stack, phase }, numbers, requestIds }: LaneLine,
  positionOf: (record: KinesisRecord) => Position,
): readonly Met[] {
  const shownNumbers = new Map(numbers);
  const ids = new Map(requestIds);
  const pieces = new Map<string, MetPiece[]>();
  for (const [index, { id, number: own, path, records, attempts, refusals }] of stack.toReversed().entries()) {
    const number = shownNumbers.get(own) ?? own;
    const [first, last] = [records.at(0), records.at(-1)].map((each) =>
      each === undefined ? null : positionOf(recordFrom(each)),
    );
    const piece = {
      name: batchName({ number, path }),
      recordCount: records.length,
      first: first ?? null,
      last: last ?? null,
      attempts,
      refusals,
      runningId: index === 0 && phase.kind === "inFlight" ? (ids.get(id) ?? null) : null,
      dueAtMs: index === 0 && phase.kind === "backingOff" ? phase.untilMs : null,
    };
    const known = pieces.get(String(number));
    if (known === undefined) pieces.set(String(number), [piece]);
    else known.push(piece);
  }
  return [...pieces].map(([number, own]) => ({ kind: "met", mapping, lane, atMs, number, pieces: own }));
}

/** Pieces that are named one by one. */
const MOST_PIECES = 4;

/** `in hand when the recording began at 12:04:30.107, after 2 attempts, …; what came before is not in the file`. */
export function metText({ atMs, pieces }: Met): string {
  const began = `in hand when the recording began at ${localTime(atMs)}`;
  const [only, ...others] = pieces;
  const shown = pieces.slice(0, MOST_PIECES).map((piece) => `${piece.name} ${stateText(piece)}`);
  const left = pieces.length - shown.length;
  const states =
    only !== undefined && others.length === 0
      ? `, ${stateText(only)}`
      : `: ${shown.join("; ")}${left > 0 ? `; and ${counted(left, "more piece")}` : ""}`;
  return `${began}${states}; what came before is not in the file`;
}

function stateText({ attempts, refusals, runningId, dueAtMs }: MetPiece): string {
  const so = attempts === 0 ? "not tried to its end yet" : `after ${counted(attempts, "attempt")}`;
  const refused = refusals === 0 ? "" : ` and ${counted(refusals, "refusal")}`;
  if (runningId !== null)
    return `${attempts + refusals === 0 ? "" : `${so}${refused}, `}attempt ${attempts + 1} under way`;
  const due = dueAtMs === null ? "" : `, the next at ${localTime(dueAtMs)}`;
  return `${attempts === 0 && refusals === 0 && dueAtMs === null ? "not tried yet" : `${so}${refused}`}${due}`;
}
