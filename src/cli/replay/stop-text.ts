// Where a replay has stopped: the invocation, and its lane at that instant: what is in hand, what waits, retry clock, window, and how far
// the unit has ended.

import { batchName } from "../../core/batch-name.ts";
import type { Batch } from "../../core/batch.ts";
import type { KinesisRecord } from "../../kinds/kinesis/kinesis-record.ts";
import type { ReplayedCall } from "../../recording/replay.ts";
import { pathOf } from "../../recording/replay-mapping.ts";
import { recordsOf } from "../../recording/record-form.ts";
import { counted, shortId, shortPosition, shownLane, shownMs, shownNumber } from "../shown-forms.ts";

const MOST_BELOW = 10;

interface Held {
  readonly batch: string;
  readonly recordCount: number;
  readonly first: string | null;
  readonly last: string | null;
  /** Ended calls of this identity that count. */
  readonly attempts: number;
  readonly requestId: string | null;
}

export interface StoppedState {
  readonly batch: string;
  readonly requestId: string;
  readonly attempt: number;
  readonly atMs: number;
  readonly isEnded: boolean;
  readonly lane: string;
  /** The next to be called first. */
  readonly inHand: readonly Held[];
  readonly waitingCount: number;
  readonly waitingBytes: number;
  readonly waitingFirst: string | null;
  readonly waitingLast: string | null;
  readonly phase: string;
  readonly retryAtMs: number | null;
  readonly batchingWindowFromMs: number | null;
  readonly tumblingWindow: { readonly startMs: number; readonly endMs: number; readonly stateBytes: number } | null;
  /** The place up to which everything has ended: what a checkpoint would say. */
  readonly checkpoint: string | null;
  readonly endedAheadCount: number;
}

export function stoppedState(stopped: ReplayedCall): StoppedState {
  const { mapping, runner, lane: path, batch, requestId, attempt, atMs, isEnded } = stopped;
  const lane = runner.lane();
  const start = runner.start();
  const numbers = new Map(start.numbers);
  const requestIds = new Map(start.requestIds);
  const position = (record: KinesisRecord | undefined): string | null =>
    record === undefined ? null : mapping.kind.position(record);
  const held = (each: Batch<KinesisRecord>): Held => ({
    batch: batchName({ number: numbers.get(each.number) ?? each.number, path: each.path }),
    recordCount: each.records.length,
    first: position(each.records[0]),
    last: position(each.records.at(-1)),
    attempts: each.attempts,
    requestId: requestIds.get(each.id) ?? null,
  });
  const waiting = recordsOf(lane.waiting);
  const watermark = mapping.watermark(pathOf(path).unit);
  const { tumbling } = lane;
  return {
    batch,
    requestId,
    attempt,
    atMs,
    isEnded,
    lane: path,
    inHand: lane.stack.toReversed().map(held),
    waitingCount: lane.waiting.count,
    waitingBytes: lane.waiting.bytes,
    waitingFirst: position(waiting[0]),
    waitingLast: position(waiting.at(-1)),
    phase: lane.phase.kind,
    retryAtMs: lane.phase.kind === "backingOff" ? lane.phase.untilMs : null,
    batchingWindowFromMs: lane.windowFromMs,
    tumblingWindow:
      tumbling === null
        ? null
        : {
            startMs: tumbling.startMs,
            endMs: tumbling.startMs + tumbling.lengthMs,
            stateBytes: tumbling.state?.sizeBytes ?? 0,
          },
    checkpoint: watermark?.place ?? null,
    endedAheadCount: watermark?.aheadCount ?? 0,
  };
}

/** `beganAtMs`: what times are told from. */
export function stoppedText(state: StoppedState, beganAtMs: number, options: { readonly isFull: boolean }): string {
  const { batch, requestId, attempt, isEnded, inHand } = state;
  const id = (text: string): string => (options.isFull ? text : shortId(text));
  const place = (text: string | null): string =>
    text === null ? "the beginning" : options.isFull ? text : shortPosition(text);
  const since = (atMs: number): string => `+${((atMs - beganAtMs) / 1_000).toFixed(3)} s`;
  const when = isEnded ? "after" : "before";
  const lines = [
    `stopped ${when} attempt ${attempt} of batch ${batch}, request ${id(requestId)}, at ${since(state.atMs)}, ${shownLane(state.lane, true)}`,
  ];
  const shown = options.isFull ? inHand : inHand.slice(0, MOST_BELOW);
  for (const [index, each] of shown.entries()) {
    const range =
      each.first === null ? "" : `: ${place(each.first)}${each.last === each.first ? "" : ` to ${place(each.last)}`}`;
    const tried = each.attempts === 0 ? "" : `, ${counted(each.attempts, "attempt")} made`;
    lines.push(
      `  ${index === 0 ? "in hand   " : "below     "}  ${each.batch}  ${counted(each.recordCount, "record")}${range}${tried}`,
    );
  }
  if (inHand.length === 0) lines.push("  in hand     nothing");
  if (inHand.length > shown.length) lines.push(`              and ${inHand.length - shown.length} more (--full)`);
  lines.push(
    `  waiting     ${state.waitingCount === 0 ? "nothing" : `${counted(state.waitingCount, "record")}, ${shownNumber(state.waitingBytes)} B: ${place(state.waitingFirst)} to ${place(state.waitingLast)}`}`,
    `  retry clock ${state.retryAtMs === null ? "off" : `until ${since(state.retryAtMs)}, ${shownMs(state.retryAtMs - state.atMs)} from here`}`,
    `  window      ${windowText(state, since)}`,
    `  checkpoint  ${place(state.checkpoint)}${state.endedAheadCount === 0 ? "" : `; ${counted(state.endedAheadCount, "record")} ended beyond it`}`,
  );
  return `${lines.join("\n")}\n`;
}

function windowText({ tumblingWindow, batchingWindowFromMs }: StoppedState, since: (atMs: number) => string): string {
  const batching = batchingWindowFromMs === null ? "not begun" : `counts from ${since(batchingWindowFromMs)}`;
  if (tumblingWindow === null) return batching;
  const { startMs, endMs, stateBytes } = tumblingWindow;
  return `${batching}; tumbling ${since(startMs)} to ${since(endMs)}, state of ${shownNumber(stateBytes)} B`;
}
