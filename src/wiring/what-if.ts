// A recorded mapping's records once more, in the simulated world and under other settings: the production runtime over a source that
// hands them out as they came, with the user's handler or with a model of it.
//
// I1  Nothing of it is told of the real world: no broker, no clock, no chance but a seed.
// I2  It ends when every record has ended, or after a bound; what is held then is said.

import type { KinesisRecord } from "../kinds/kinesis/kinesis-record.ts";
import type { StreamKind } from "../kinds/stream-kind.ts";
import { nextTurn } from "../platform/turn.ts";
import type { Clock } from "../ports/clock.ts";
import type { Entry } from "../ports/journal.ts";
import type { MappingSpec } from "../ports/mapping-spec.ts";
import type { Report } from "../ports/reporter.ts";
import { type ObservedMapping, positionOfKey, type RecordKey, recordKey } from "../recording/observed.ts";
import { createMappingRunner, type MappingRunner } from "../runtime/mapping-runner.ts";
import { createArrivalsSource } from "../sim/arrivals-source.ts";
import { createKeptJournal } from "../sim/journal-digest.ts";
import type { HandlerModel } from "../sim/observed-handler.ts";
import { createOutsideWork, type OutsideWork } from "../sim/outside-work.ts";
import { createSeededRandom } from "../sim/seeded-random.ts";
import { calmStore, createVirtualCheckpoints } from "../sim/virtual-checkpoints.ts";
import { createVirtualClock } from "../sim/virtual-clock.ts";
import { createVirtualFunctions, type Handled, type VirtualFunction } from "../sim/virtual-functions.ts";

/** How long after the last record came it may go on. */
const LONGEST_MS = 86_400_000;
const STOP_MS = 1_000;

export interface Rerun {
  readonly entries: readonly Entry[];
  readonly digest: string;
  readonly reports: readonly Report[];
  /** Records that had not ended when it was cut short. */
  readonly leftCount: number;
}

export async function rerun(
  { kind, units, beganAtMs }: Pick<ObservedMapping, "kind" | "units" | "beganAtMs">,
  spec: MappingSpec,
  handler: VirtualFunction,
  work: OutsideWork = createOutsideWork(),
  /** Sees the runner before it starts: a rerun can be recorded, too. */
  watch: (runner: MappingRunner<KinesisRecord>, clock: Clock) => void = () => undefined,
): Promise<Rerun> {
  const clock = createVirtualClock(beganAtMs);
  const journal = createKeptJournal(clock);
  const reports: Report[] = [];
  const arrivals = units.flatMap((unit) => unit.arrivals);
  const lastAtMs = arrivals.reduce((last, { atMs }) => Math.max(last, atMs), beganAtMs);
  let isStopped = false;
  const runner = createMappingRunner<KinesisRecord>({
    spec: { ...spec, generation: 1, start: { kind: "trimHorizon" } },
    kind,
    source: createArrivalsSource(units, clock, (record) => kind.position(record)),
    invoker: createVirtualFunctions(clock, new Map([[nameIn(spec.functionArn), handler]]), () => undefined, work),
    reporter: {
      send(report) {
        reports.push(report);
        return Promise.resolve({ kind: "delivered" });
      },
    },
    checkpoints: createVirtualCheckpoints(clock).of(1, calmStore),
    journal,
    clock,
    random: createSeededRandom(1),
    compileFilter: () => null, // What was recorded has passed.
    events: {
      positioned: () => undefined,
      updated: () => undefined,
      problem: () => undefined,
      stopped: () => {
        isStopped = true;
      },
      fenced: () => undefined,
    },
  });
  watch(runner, clock);
  runner.start();
  const endedCount = createEndedCount(() => journal.entries());
  const isOver = (): boolean => clock.nowMs() >= lastAtMs && endedCount() >= arrivals.length && !hasOpenWindow();
  const hasOpenWindow = (): boolean => spec.lane.tumblingMs > 0 && !hasClosedLast(journal.entries());
  let lookedAt = 0;
  for (;;) {
    await work.settled();
    await nextTurn();
    const count = journal.entries().length;
    if (count !== lookedAt) {
      lookedAt = count;
      if (isOver()) break;
    }
    if (!clock.runNext(lastAtMs + LONGEST_MS)) break;
  }
  const leftCount = Math.max(0, arrivals.length - endedCount());
  const entries = [...journal.entries()];
  const digest = journal.digest();
  runner.stop({ isDelete: true, graceMs: 0 });
  const untilMs = clock.nowMs() + STOP_MS;
  while (!isStopped && clock.runNext(untilMs)) {
    await work.settled();
    await nextTurn();
  }
  return { entries, digest, reports, leftCount };
}

/** `arn:…:function:NAME`: the name is the seventh part. */
const nameIn = (functionArn: string): string => functionArn.split(":")[6] ?? "";

/** Counts records that have ended: done, before a rest, or given up. Each entry is looked at once. */
function createEndedCount(entries: () => readonly Entry[]): () => number {
  let next = 0;
  let count = 0;
  return () => {
    for (let entry = entries()[next]; entry !== undefined; entry = entries()[next]) {
      next += 1;
      if (entry.kind === "gave-up") count += entry.recordCount;
      if (entry.kind !== "decided") continue;
      if (entry.verdict === "done") count += entry.recordCount;
      if (entry.verdict === "rest") count += entry.recordCount - (entry.next[0]?.recordCount ?? 0);
    }
    return count;
  };
}

/** The last thing that was decided is a window's final call. */
function hasClosedLast(entries: readonly Entry[]): boolean {
  const last = entries.findLast((entry) => entry.kind === "decided" || entry.kind === "gave-up");
  return last !== undefined && "recordCount" in last && last.recordCount === 0;
}

/**
 * Does what the recorded calls did. Its event is a list of the records' names (`modelledKind`): which record failed is a matter of its
 * shard, too, and a recording without payloads has no events.
 */
export function modelledFunction(model: HandlerModel): VirtualFunction {
  return {
    timeoutMs: Number.MAX_SAFE_INTEGER,
    reservedConcurrency: null,
    handle(eventText): Handled {
      const records: readonly RecordKey[] = JSON.parse(eventText());
      if (records.some((record) => model.thrown.has(record)))
        return { kind: "threw", errorType: "Recorded", message: "as recorded", tookMs: Math.round(model.failureMs) };
      const failed = records.find((record) => model.named.has(record));
      const batchItemFailures = failed === undefined ? [] : [{ itemIdentifier: positionOfKey(failed) }];
      const tookMs = Math.round(model.baseMs + model.perRecordMs * records.length);
      return { kind: "returned", json: JSON.stringify({ batchItemFailures, state: {} }), tookMs };
    },
  };
}

export const modelledKind = (kind: StreamKind): StreamKind => ({
  ...kind,
  text: (unit, records) => JSON.stringify(records.map((record) => recordKey(unit, kind.position(record)))),
});
