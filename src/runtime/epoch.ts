// One epoch of a consumer: its reader, and the lane that is fed by it (src/ports/ack-source.ts, A1). It reads, filters, settles what
// has ended, and when it is over gives back the rest. Whether another one follows is the unit's (ack-unit.ts).
//
// E1  A record is settled once, on the reader that handed it out, or goes back with it.
// E2  `over` is said once: no call is out any more, every settle has resolved, the reader is closed.

import type { LetGo } from "../core/lane-state.ts";
import type { Rec } from "../core/record.ts";
import type { AckReader, AckSource, SettleHow } from "../ports/ack-source.ts";
import type { Read, SourceProblem, UnitId } from "../ports/source.ts";
import type { FailureCounts } from "./failure-counts.ts";
import { createFilterSample } from "./filter-sample.ts";
import { createLaneRunner, type LaneRunner } from "./lane-runner.ts";
import type { LaneContext } from "./mapping-context.ts";
import { firstNames } from "./named-messages.ts";

/** What one read brings at most. How much a broker hands out before something is settled is bounded by its consumer. */
const READ_ROOM = { records: 10_000, bytes: 12_000_000 };

export type EpochEnd =
  | { readonly kind: "problem"; readonly problem: SourceProblem }
  | { readonly kind: LetGo }
  /** Asked for: a stop, or settings that need a new consumer. */
  | { readonly kind: "asked" };

export interface EpochOptions<R extends Rec> {
  readonly context: LaneContext<R>;
  readonly source: AckSource<R>;
  readonly unit: UnitId;
  readonly index: number;
  readonly failures: FailureCounts;
  /** The consumer stands (A3). */
  readonly onStanding: () => void;
  /** A batch has been settled as done. */
  readonly onProgress: () => void;
  readonly onOver: (why: EpochEnd, backCount: number) => void;
}

export interface Epoch<R extends Rec> {
  readonly lane: LaneRunner<R>;
  begin(): void;
  end(why: EpochEnd): void;
  lagCount(): number;
}

export function createEpoch<R extends Rec>(options: EpochOptions<R>): Epoch<R> {
  const { context, source, unit, failures } = options;
  const { kind } = context;
  const path = `${context.spec.uuid}/${unit}`;
  const reader: AckReader<R> = source.open(unit, context.spec);
  const reading = new AbortController();
  const sample = createFilterSample(context, path);
  let isStanding = false;
  let readCount = 0;
  let endedCount = 0;
  let settlesOut = 0;
  let ending: EpochEnd | null = null;
  let isClosing = false;
  let isPausing = false;
  const lane = createLaneRunner<R>({
    context,
    unit,
    index: options.index,
    window: null,
    onEnded(records, how, failedCalls) {
      settle(records, how === "done" ? "done" : "poison", failedCalls);
      if (how === "done") options.onProgress();
    },
    onLetGo: (why) => end({ kind: why }),
    onTurn: finishIfOver,
  });

  function readOn(): void {
    void reader.read(READ_ROOM, reading.signal).then((read) => {
      if (ending !== null) return; // Let go of: what it brings was not handed to anybody.
      if (read.kind === "problem") return end(read);
      if (!isStanding) {
        isStanding = true;
        options.onStanding();
      }
      if (read.kind === "records") arrive(read);
      readOn();
    });
  }

  function arrive({ records: read, isCaughtUp }: Extract<Read<R>, { kind: "records" }>): void {
    const { filter } = context;
    const records = read.map(withFailures);
    const passed: R[] = [];
    const filtered: R[] = [];
    const refused: R[] = [];
    for (const record of records) {
      if (isRefused(record)) refused.push(record);
      else if (filter === null || filter.passes(kind.filterView(record))) passed.push(record);
      else filtered.push(record);
    }
    readCount += records.length;
    noteRead(records, filtered, isCaughtUp);
    if (filtered.length > 0 && filter !== null) {
      sample.passedOver(filtered, filter);
      settle(filtered, "filtered");
    }
    if (refused.length > 0) settle(refused, "poison");
    lane.post({ kind: "arrived", records: passed, isCaughtUp });
  }

  function isRefused(record: R): boolean {
    const why = kind.refusal?.(record) ?? null;
    if (why !== null) context.note(path, { kind: "unsupported", position: kind.position(record), why });
    return why !== null;
  }

  function noteRead(records: readonly R[], filtered: readonly R[], isCaughtUp: boolean): void {
    const [first] = records;
    const last = records.at(-1);
    if (first === undefined || last === undefined) return;
    const counts = { recordCount: records.length, filteredCount: filtered.length };
    const span = { first: kind.position(first), last: kind.position(last) };
    const passedOver = filtered.length === 0 ? {} : { passedOver: firstNames(filtered, kind) };
    context.note(path, { kind: "read", ...counts, ...span, isCaughtUp, ...passedOver });
  }

  function withFailures(record: R): R {
    const key = source.redeliveryKey(record);
    const failedBefore = key === null ? 0 : failures.of(key);
    return failedBefore === 0 ? record : { ...record, failedBefore };
  }

  function forget(record: R): void {
    const key = source.redeliveryKey(record);
    if (key !== null) failures.forget(key);
  }

  /** `failedCalls` of them are remembered where the broker did not get the word, as it hands them out again. */
  function settle(records: readonly R[], how: SettleHow, failedCalls = 0): void {
    endedCount += records.length;
    settlesOut += 1;
    void reader.settle(records, how).then((isSettled) => {
      settlesOut -= 1;
      if (isSettled) for (const record of records) forget(record);
      else {
        endedCount -= records.length;
        noteFailed(records, failedCalls);
      }
      finishIfOver();
    });
  }

  function end(why: EpochEnd): void {
    if (ending !== null) return;
    ending = why;
    reading.abort();
    sample.stop();
    lane.post({ kind: "stop" });
    isPausing = true;
    void reader.pauseDeliveries().then(() => {
      isPausing = false;
      finishIfOver();
    });
  }

  function finishIfOver(): void {
    if (ending === null || isClosing || isPausing || settlesOut > 0 || !lane.isOver()) return;
    isClosing = true;
    const why = ending;
    for (const { records, attempts } of lane.lane().stack) noteFailed(records, attempts);
    void reader.close().then(() => options.onOver(why, readCount - endedCount));
  }

  function noteFailed(records: readonly R[], attempts: number): void {
    if (attempts === 0) return;
    for (const record of records) {
      const key = source.redeliveryKey(record);
      if (key !== null) failures.note(key, attempts);
    }
  }

  return { lane, begin: readOn, end, lagCount: () => readCount - endedCount };
}
