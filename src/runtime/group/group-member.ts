// One member of the group at work: reads, filters, keeps what waits in a pool, hands closed batches to its slots, and commits what has
// ended. It owns the pool, the slots and the progress of each partition; what follows a call is the matter of the slot's lane.
//
// G1  Batches are made of partitions that are locked nowhere in the mapping (M-207, M-809).
// G2  A partition that is taken away leaves at once what waits; of its batch in flight no result counts (M-807, M-808).
// G3  `onOver` is said once: no call is out, every document and commit has its answer, the group has been left; commits that are not
//     taken are waited for only a little once the rest is done (M-823).

import { assertNever } from "../../core/assert-never.ts";
import { closedBatch, nextLookAtMs, type PoolLimits } from "../../core/partitions/closing.ts";
import {
  arrived,
  assigned,
  batchEnded,
  emptyPool,
  type Moment,
  paced,
  type Pool,
  revoked,
  unlocked,
} from "../../core/partitions/pool.ts";
import { runsOf } from "../../core/partitions/runs.ts";
import type { PartitionEpoch, Rec } from "../../core/record.ts";
import { firstOf } from "../../core/waiting.ts";
import type { Cancel } from "../../ports/clock.ts";
import type { AssignedPartition, GroupMember, MemberEvent } from "../../ports/group-source.ts";
import type { GroupReading } from "../../ports/mapping-spec.ts";
import type { SourceProblem } from "../../ports/source.ts";
import { createFilterSample, type FilterSample } from "../filter-sample.ts";
import type { LaneRunner } from "../lane-runner.ts";
import type { LaneContext } from "../mapping-context.ts";
import { createCommits } from "./commits.ts";
import { createJoinWatch } from "./join-watch.ts";
import type { MemberRunner, StopWhy } from "./member-runner.ts";
import type { PartitionLocks } from "./partition-locks.ts";
import { partitionReports } from "./partition-report.ts";
import { createPartitionProgress, type PartitionProgress } from "./partition-progress.ts";
import { poolReport } from "./pool-report.ts";
import { createSlot, type Slot } from "./slot.ts";

/** With so many documents on their way all partitions are paused: a slow destination must not pile them up. */
const MOST_REPORTS = 100;
/** Once nothing runs any more, a stop waits so long for commits that are not taken: what they are about comes again (M-823). */
const MOST_COMMIT_WAIT_MS = 3_000;
/** Of its partitions, in the journal. */
const MOST_TOLD = 100;

export interface MemberRunnerOptions<R extends Rec> {
  readonly context: LaneContext<R>;
  readonly reading: () => GroupReading;
  readonly member: GroupMember<R>;
  readonly index: number;
  readonly locks: PartitionLocks;
  readonly onProblem: (problem: SourceProblem | null) => void;
  /** Something has changed that other members may have waited for. */
  readonly onTurn: () => void;
  readonly onOver: () => void;
}

interface Held<R extends Rec> {
  readonly progress: PartitionProgress<R>;
  readonly sample: FilterSample<R>;
}

export function createMemberRunner<R extends Rec>(options: MemberRunnerOptions<R>): MemberRunner {
  const { context, member, locks } = options;
  const { kind, clock } = context;
  const { uuid } = context.spec;
  const unit = `p${options.index}`;
  const path = `${uuid}/${unit}`;
  const reading = new AbortController();
  const joinWatch = createJoinWatch(clock, (sinceMs) => context.note(path, { kind: "group-awaited", sinceMs }));
  const commits = createCommits({ context, member, path, onIdle: finishIfOver });
  /** By epoch: what is ours now. */
  const held = new Map<number, Held<R>>();
  const slots: Slot<R>[] = [];
  /** Gives up what no function can be given (M-414). Its records are locked nowhere. */
  const unfit = slotOf(0).lane;
  let pool: Pool<R> = emptyPool;
  let cancelWake: Cancel | null = null;
  let problem: SourceProblem | null = null;
  let stopping: StopWhy | null = null;
  let isReading = false;
  let isLooking = false;
  let isClosing = false;
  /** The mapping stops, and not this member alone. */
  let isMappingStopping = false;
  let cancelCommitWait: Cancel | null = null;

  function slotOf(index: number): Slot<R> {
    return createSlot<R>({
      context,
      unit,
      index,
      locks,
      isLocking: index > 0,
      onEnded,
      onFree: () => {
        pool = batchEnded(pool, clock.nowMs());
      },
      onTurn,
    });
  }

  const lanes = (): readonly LaneRunner<R>[] => [unfit, ...slots.map(({ lane }) => lane)];

  // --- Reading ------------------------------------------------------------------------------------------------------

  function readOn(): void {
    if (isReading || stopping !== null) return;
    isReading = true;
    void member.read(reading.signal).then((events) => {
      isReading = false;
      joinWatch.end();
      if (stopping !== null) return; // Whatever it brings was handed to nobody.
      for (const event of events) take(event);
      if (events.some(({ kind: what }) => what === "assigned" || what === "revoked")) noteShare();
      options.onTurn();
      readOn();
    });
  }

  function take(event: MemberEvent<R>): void {
    switch (event.kind) {
      case "assigned":
        return assign(event.partitions);
      case "revoked":
        return revoke(event.partitions);
      case "records":
        return arrive(event);
      case "passed":
        return passed(event);
      case "problem":
        return troubled(event.problem);
      case "recovered":
        return recovered();
      default:
        return assertNever(event);
    }
  }

  function assign(partitions: readonly AssignedPartition[]): void {
    for (const { partition, after } of partitions) {
      const place = `${uuid}/${partition.unit}`;
      const placeOf = (record: R): string => kind.place?.(record) ?? kind.position(record);
      held.set(partition.epoch, {
        progress: createPartitionProgress(partition, after, placeOf),
        sample: createFilterSample(context, place),
      });
      if (after !== null) commits.startsBehind(partition.epoch, BigInt(after));
      // Without a place it is its beginning, whatever the starting position was (M-504).
      context.note(place, { kind: "unit-opened", after, startedFrom: "trimHorizon" });
    }
    pool = assigned(
      pool,
      partitions.map(({ partition }) => partition),
    );
  }

  function noteShare(): void {
    const units = [...held.values()].map(({ progress }) => progress.partition.unit).sort();
    context.note(path, { kind: "share", partitionCount: units.length, units: units.slice(0, MOST_TOLD) });
  }

  function revoke(partitions: readonly PartitionEpoch[]): void {
    const epochs = partitions.map(({ epoch }) => epoch);
    pool = revoked(pool, epochs);
    commits.forget(epochs);
    for (const epoch of epochs) letGo(epoch, "revoked");
    for (const each of lanes()) each.post({ kind: "withdrawn", epochs });
  }

  /** What was read of it and has not ended goes back: whoever has the partition next reads it again. */
  function letGo(epoch: number, why: "revoked" | StopWhy): void {
    const known = held.get(epoch);
    if (known === undefined) return;
    held.delete(epoch);
    known.sample.stop();
    const recordCount = known.progress.leftCount();
    const place = `${uuid}/${known.progress.partition.unit}`;
    if (recordCount > 0) context.note(place, { kind: "given-back", recordCount, why });
  }

  function arrive({ partition, records, isCaughtUp, lost }: Extract<MemberEvent<R>, { kind: "records" }>): void {
    const known = held.get(partition.epoch);
    if (known === undefined) return;
    const place = `${uuid}/${partition.unit}`;
    if (lost !== null) context.note(place, { kind: "lost", ...lost });
    const [first] = records;
    if (first !== undefined) commits.startsBehind(partition.epoch, BigInt(kind.position(first)) - 1n);
    const { filter } = context;
    const passing: R[] = [];
    const filtered: R[] = [];
    const faulty: { readonly record: R; readonly condition: NonNullable<ReturnType<typeof faultOf>> }[] = [];
    for (const record of records) {
      const condition = faultOf(record);
      if (condition !== null) faulty.push({ record, condition });
      else if (filter === null || filter.passes(kind.filterView(record))) passing.push(record);
      else filtered.push(record);
    }
    noteRead(place, records, filtered.length, isCaughtUp);
    known.progress.read(records.length);
    if (filtered.length > 0 && filter !== null) {
      known.sample.passedOver(filtered, filter);
      known.progress.passedOver(filtered);
    }
    for (const each of faulty) unfit.post({ kind: "unfit", ...each });
    const came = { epoch: partition.epoch, records: passing, filteredCount: filtered.length };
    pool = arrived(pool, came, moment());
    commitIfDue(known);
  }

  const faultOf = (record: R) => kind.fault?.(record) ?? null;

  function passed({ partition, ...range }: Extract<MemberEvent<R>, { kind: "passed" }>): void {
    const known = held.get(partition.epoch);
    if (known !== undefined) commits.startsBehind(partition.epoch, BigInt(range.through));
    known?.progress.passed(range);
    if (known !== undefined) commitIfDue(known);
  }

  function noteRead(place: string, records: readonly R[], filteredCount: number, isCaughtUp: boolean): void {
    const [first] = records;
    const last = records.at(-1);
    if (first === undefined || last === undefined) return;
    const span = { first: kind.position(first), last: kind.position(last) };
    context.note(place, { kind: "read", recordCount: records.length, filteredCount, ...span, isCaughtUp });
  }

  function troubled(met: SourceProblem): void {
    if (problem?.detail === met.detail) return;
    problem = met;
    context.note(path, { kind: "source-problem", ...met, nextTryMs: null });
    options.onProblem(met);
  }

  function recovered(): void {
    if (problem === null) return;
    problem = null;
    context.note(path, { kind: "source-recovered" });
    options.onProblem(null);
  }

  // --- Batches ------------------------------------------------------------------------------------------------------

  const moment = (): Moment => ({
    nowMs: clock.nowMs(),
    windowMs: context.settings.windowMs,
    isLocked: (each) => locks.isLocked(each),
  });

  function limits(): PoolLimits {
    const { batchSize, eventLimitBytes, envelopeBytes } = context.settings;
    return { batchSize, roomBytes: eventLimitBytes - envelopeBytes, isMixing: options.reading().isMixing };
  }

  function look(): void {
    if (isLooking || stopping !== null) return;
    isLooking = true;
    for (let slot = freeSlot(); slot !== null; slot = freeSlot()) {
      const closed = closedBatch(pool, limits(), moment());
      if (closed === null) break;
      ({ pool } = closed);
      slot.hand(closed.batch);
    }
    isLooking = false;
    pace();
    wakeAt(!hasFreeSlot() ? Number.POSITIVE_INFINITY : nextLookAtMs(pool, moment()));
    commits.work();
    readOn();
  }

  /** Of more than there may be now, none begins. */
  const firstFree = (): Slot<R> | undefined =>
    slots.slice(0, options.reading().callsAPoller).find((each) => each.isFree());

  const hasFreeSlot = (): boolean => slots.length < options.reading().callsAPoller || firstFree() !== undefined;

  function freeSlot(): Slot<R> | null {
    if (!hasFreeSlot()) return null;
    const free = firstFree();
    if (free !== undefined) return free;
    const slot = slotOf(slots.length + 1);
    slots.push(slot);
    return slot;
  }

  function pace(): void {
    const reportCount = lanes().reduce((sum, each) => sum + each.reportCount(), 0);
    // What becomes of the partitions is heard all the same.
    const changed = paced(pool, { batchSize: context.settings.batchSize, isHeldUp: reportCount >= MOST_REPORTS });
    ({ pool } = changed);
    if (changed.pause.length > 0) member.pause(changed.pause);
    if (changed.resume.length > 0) member.resume(changed.resume);
  }

  function wakeAt(atMs: number): void {
    cancelWake?.();
    cancelWake = atMs === Number.POSITIVE_INFINITY ? null : clock.wakeAt(atMs, options.onTurn);
  }

  function onEnded(records: readonly R[]): void {
    for (const { partition, records: run } of runsOf(records)) {
      const known = partition === null ? undefined : held.get(partition.epoch);
      known?.progress.ended(run);
      if (known !== undefined) commitIfDue(known);
    }
  }

  function commitIfDue({ progress }: Held<R>): void {
    const place = progress.takeDue();
    if (place !== null) commits.due(progress.partition, place);
  }

  function onTurn(): void {
    // Within a look, the look sees to it.
    if (isLooking) return;
    options.onTurn();
    if (stopping !== null) commits.work();
    finishIfOver();
  }

  // --- The end ------------------------------------------------------------------------------------------------------

  function stop(why: StopWhy): void {
    if (why === "stopped") isMappingStopping = true;
    if (stopping !== null) return;
    stopping = why;
    reading.abort();
    joinWatch.end();
    wakeAt(Number.POSITIVE_INFINITY);
    member.pause([...held.values()].map(({ progress }) => progress.partition));
    for (const { sample } of held.values()) sample.stop();
    for (const each of lanes()) each.post({ kind: "stop" });
    commits.work();
    finishIfOver();
  }

  function finishIfOver(): void {
    if (stopping === null || isClosing || !lanes().every((each) => each.isOver())) return;
    if (!commits.isIdle()) return limitCommits();
    isClosing = true;
    cancelCommitWait?.();
    const why = stopping;
    for (const epoch of held.keys()) letGo(epoch, why);
    for (const slot of slots) slot.release();
    // Another member may have had to wait for these (M-809).
    options.onTurn();
    if (why === "settings") recovered();
    void member.close().then(options.onOver);
  }

  function limitCommits(): void {
    if (isMappingStopping)
      cancelCommitWait ??= clock.wakeAt(clock.nowMs() + MOST_COMMIT_WAIT_MS, () => commits.hurry());
  }

  return {
    begin() {
      joinWatch.begin();
      readOn();
    },
    look,
    unlocked(each) {
      pool = unlocked(pool, each, moment());
    },
    gateMoved() {
      for (const each of lanes()) each.post({ kind: "gate", gate: context.isGateShut ? "shut" : "open" });
    },
    stepped() {
      for (const each of lanes()) if (context.isStepDue) each.post({ kind: "woke" });
    },
    stop,
    hurry: () => commits.hurry(),
    lagCount: () => [...held.values()].reduce((sum, { progress }) => sum + progress.leftCount(), 0),
    runningCount: () => slots.filter(({ lane }) => lane.isRunning()).length,
    partitionCount: () => held.size,
    oldestArrivedAtMs() {
      const waiting = pool.shares.map(({ waiting: each }) => firstOf(each)?.arrivedAtMs ?? null);
      const inHand = slots.map(({ lane }) => lane.oldestArrivedAtMs());
      const all = [...waiting, ...inHand].filter((each) => each !== null);
      return all.length === 0 ? null : Math.min(...all);
    },
    report() {
      const isHeld = !hasFreeSlot();
      const look = { limits: limits(), moment: moment(), settings: context.settings, isHeld };
      const progresses = [...held.values()].map(({ progress }) => progress);
      return { ...poolReport(path, pool, look), partitions: partitionReports(progresses, pool, lanes()) };
    },
  };
}
