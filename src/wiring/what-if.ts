// A recorded mapping's records once more, in the simulated world and under other settings: the production runtime over a source that
// hands them out as they came, with the user's handler or with a model of it.
//
// I1  Nothing of it is told of the real world: no broker, no clock, no chance but a seed.
// I2  It ends when every record has ended, or after a bound; what is held then is said.
// I3  Under the recorded settings it does what was recorded, as far as the handler and the calls' durations are known.

import type { KinesisRecord } from "../kinds/kinesis/kinesis-record.ts";
import type { StreamKind } from "../kinds/stream-kind.ts";
import { nextTurn } from "../platform/turn.ts";
import type { Clock } from "../ports/clock.ts";
import type { Entry } from "../ports/journal.ts";
import type { MappingSpec } from "../ports/mapping-spec.ts";
import type { Report } from "../ports/reporter.ts";
import { type ObservedLane, type ObservedMapping, type ObservedUnit } from "../recording/observed.ts";
import type { Called } from "../runtime/call-outcome.ts";
import type { UnitStart } from "../runtime/lane-feed.ts";
import { createMappingRunner, type MappingRunner, type MappingRunnerOptions } from "../runtime/mapping-runner.ts";
import { createArrivalsSource, type UnitArrivals } from "../sim/arrivals-source.ts";
import { createKeptJournal } from "../sim/journal-digest.ts";
import { createOutsideWork, type OutsideWork } from "../sim/outside-work.ts";
import { createSeededRandom } from "../sim/seeded-random.ts";
import { calmStore, createVirtualCheckpoints } from "../sim/virtual-checkpoints.ts";
import { createVirtualClock } from "../sim/virtual-clock.ts";
import { createVirtualFunctions, type VirtualFunction } from "../sim/virtual-functions.ts";

/** How long after the last record came it may go on. */
const LONGEST_MS = 86_400_000;
const STOP_MS = 1_000;

/** What is run: records with their times, and where units go on from. */
export interface RunAgain {
  readonly kind: StreamKind;
  readonly units: readonly UnitArrivals[];
  readonly beganAtMs: number;
  /** It is cut there; absent: it runs until every record has ended. */
  readonly untilMs?: number;
  /** Records that lanes have in hand, and where those units go on from; absent: none. */
  readonly heldCount?: number;
  readonly from?: (clock: Clock) => NonNullable<MappingRunnerOptions<KinesisRecord>["from"]>;
}

export interface Rerun {
  readonly entries: readonly Entry[];
  readonly digest: string;
  readonly reports: readonly Report[];
  /** Records that had not ended when it was cut short. */
  readonly leftCount: number;
}

/**
 * From the state in which the recording met the lanes, if `isGoingOn`: else from empty lanes, with what they had in hand there to be
 * read. `isCut`: only as long as the recording.
 */
export function runAgainFrom(
  { kind, units, beganAtMs, endedAtMs, batchCount }: ObservedMapping,
  { isGoingOn, isCut }: { readonly isGoingOn: boolean; readonly isCut: boolean },
): RunAgain {
  const run = { kind, units, beganAtMs, ...(isCut ? { untilMs: endedAtMs } : {}) };
  if (!isGoingOn) return run;
  return {
    ...run,
    units: units.map((unit) => ({ ...unit, arrivals: unit.arrivals.filter(({ isHeld }) => !isHeld) })),
    heldCount: heldCountOf(units),
    from: (clock) => ({ batchCount, units: new Map(units.map((unit) => [unit.id, unitStart(unit, clock)])) }),
  };
}

export const heldCountOf = (units: readonly ObservedUnit[]): number =>
  units.reduce((sum, { arrivals }) => sum + arrivals.filter(({ isHeld }) => isHeld).length, 0);

/** Lanes that are about to stop do not go on, and one that is not known cannot. */
export const canGoOn = ({ units }: ObservedMapping): boolean =>
  units.every(
    ({ lanes }) => lanes.length > 0 && [...lanes].every((lane) => lane !== undefined && !lane.start.lane.isStopping),
  );

function unitStart({ arrivals, watermark, lanes }: ObservedUnit, clock: Clock): UnitStart<KinesisRecord> {
  const lasts = lanes.map(({ start }) => start.lane.lastOrdinal);
  const ahead = watermark.ahead.map(({ last }) => last);
  const held = arrivals.filter(({ isHeld }) => isHeld).map(({ record }) => record.ordinal);
  return {
    watermark,
    firstOrdinal: 1 + [...lasts, ...ahead, ...held].reduce((most, each) => Math.max(most, each), watermark.through),
    lanes: lanes.map(({ start, underWay }) => ({
      ...start,
      // Nobody stands at the gate here.
      lane: { ...start.lane, gate: "open" },
      underWay: start.lane.phase.kind === "inFlight" ? comesBack(underWay, clock) : null,
    })),
  };
}

/** A call that did not come back in the recording does not here. */
const comesBack = (underWay: ObservedLane["underWay"], clock: Clock): Promise<Called> =>
  new Promise((resolve) => {
    if (underWay !== null) clock.wakeAt(underWay.atMs, () => resolve(underWay.called));
  });

export async function rerun(
  { kind, units, beganAtMs, untilMs, heldCount = 0, from }: RunAgain,
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
  const recordCount = arrivals.length + heldCount;
  const longestMs = untilMs ?? lastAtMs + LONGEST_MS;
  let isStopped = false;
  const runner = createMappingRunner<KinesisRecord>({
    spec: { ...spec, generation: 1, start: { kind: "trimHorizon" } },
    kind,
    ...(from === undefined ? {} : { from: from(clock) }),
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
  const isOver = (): boolean => clock.nowMs() >= lastAtMs && endedCount() >= recordCount && !hasOpenWindow();
  const hasOpenWindow = (): boolean => spec.lane.tumblingMs > 0 && !haveClosedLast(journal.entries());
  let lookedAt = 0;
  for (;;) {
    await work.settled();
    await nextTurn();
    const count = journal.entries().length;
    if (count !== lookedAt) {
      lookedAt = count;
      if (untilMs === undefined && isOver()) break;
    }
    if (!clock.runNext(longestMs)) break;
  }
  const leftCount = Math.max(0, recordCount - endedCount());
  const entries = [...journal.entries()];
  const digest = journal.digest();
  runner.stop({ isDelete: true, graceMs: 0 });
  const stoppedByMs = clock.nowMs() + STOP_MS;
  while (!isStopped && clock.runNext(stoppedByMs)) {
    await work.settled();
    await nextTurn();
  }
  return { entries, digest, reports, leftCount };
}

/** `arn:…:function:NAME`: the name is the seventh part. */
const nameIn = (functionArn: string): string => functionArn.split(":")[6] ?? "";

/** Records that have ended by these entries: done, before a rest, or given up. */
export const endedCountOf = (entries: readonly Entry[]): number => createEndedCount(() => entries)();

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

/** The last thing that came to an end in each lane is a window's final call. */
function haveClosedLast(entries: readonly Entry[]): boolean {
  const lasts = new Map<string, number>();
  for (const entry of entries)
    if (entry.kind === "decided" || entry.kind === "gave-up") lasts.set(entry.lane, entry.recordCount);
  return [...lasts.values()].every((recordCount) => recordCount === 0);
}
