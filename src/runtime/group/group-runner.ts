// A mapping at work on a topic: a consumer group whose members are its pollers (M-201 to M-205). It owns the mapping's life, where
// partitions begin, and how many members there are; what happens in a member is the member's.
//
// R1  `positioned` is said once the starting places are stored, or once it is clear that they cannot be found now: a source that cannot be
//     read is a problem of an Enabled mapping (M-505, M-705, M-706). No member joins before they are stored.
// R2  All members share the locks of partitions (M-809).
// R3  `stopped` is said when every call has ended and was committed, and the group has been left (M-823).

import type { Rec } from "../../core/record.ts";
import type { Checkpoints } from "../../ports/checkpoints.ts";
import type { Cancel } from "../../ports/clock.ts";
import type { GroupSource } from "../../ports/group-source.ts";
import type { GroupReading, GroupSpec, MappingSpec } from "../../ports/mapping-spec.ts";
import type { DisablingReason, Position, SourceProblem, UnitId } from "../../ports/source.ts";
import type { Steer } from "../../ports/steer.ts";
import { createFaultWatch } from "../fault-watch.ts";
import { createGrowingDelay, FAULT_DELAY } from "../growing-delay.ts";
import type { LaneReport } from "../lane-report.ts";
import { applySpec, createLaneContext, type LanePorts } from "../mapping-context.ts";
import type { MappingRunner } from "../mapping-runner.ts";
import { runnerSummary } from "../runner-summary.ts";
import { steerUnits } from "../steer-units.ts";
import { createMemberRunner } from "./group-member.ts";
import type { MemberRunner } from "./member-runner.ts";
import { createPartitionLocks } from "./partition-locks.ts";
import { createScaler } from "./scaler.ts";
import { startPlaces } from "./start-places.ts";

/** Nobody reads more of one mapping at once. */
const MOST_LANE_REPORTS = 32;

export interface GroupRunnerOptions<R extends Rec> extends LanePorts<R> {
  readonly spec: GroupSpec;
  readonly source: GroupSource<R>;
  readonly checkpoints: Checkpoints;
  readonly events: {
    positioned(): void;
    updated(): void;
    problem(problem: SourceProblem | null): void;
    /** Nothing is stopped by that: whoever hears it decides (M-705). */
    unrecoverable(reason: DisablingReason): void;
    stopped(errors: readonly string[]): void;
    /** A newer generation has the mapping; everything here has stopped. */
    fenced(): void;
  };
}

export function createGroupRunner<R extends Rec>(options: GroupRunnerOptions<R>): MappingRunner<R> {
  const { events, clock, source, checkpoints } = options;
  const context = createLaneContext<R>(options, options.spec, fenced);
  const { uuid } = options.spec;
  const trouble = createGrowingDelay();
  const faults = createGrowingDelay(FAULT_DELAY);
  const members = new Map<number, MemberRunner>();
  /** Of the members those that are not on their way out. */
  const staying = new Set<number>();
  const problems = new Map<number, SourceProblem>();
  const locks = createPartitionLocks((unit) => {
    for (const member of members.values()) member.unlocked(unit);
    isTurnDue = true;
  });
  const watch = createFaultWatch({
    clock,
    disabledAfterMs: () => reading.disabledAfterMs,
    onUnrecoverable: (reason) => events.unrecoverable(reason),
  });
  const scaler = createScaler({ context, unread, load: scaledLoad, scale });
  let reading: GroupReading = options.spec.group;
  let places: ReadonlyMap<UnitId, Position | null> = new Map();
  let phase: "idle" | "starting" | "running" | "stopping" | "stopped" = "idle";
  let startProblem: SourceProblem | null = null;
  let isPositioned = false;
  let isTurning = false;
  let isTurnDue = false;
  let isFenced = false;
  let cancelTimer: Cancel | null = null;
  let cancelGrace: Cancel | null = null;
  let graceAtMs = Number.POSITIVE_INFINITY;

  // --- Starting -----------------------------------------------------------------------------------------------------

  function start(): void {
    if (phase !== "idle") return;
    phase = "starting";
    begin();
  }

  function begin(): void {
    cancelTimer = null;
    void startPlaces(source, checkpoints, context.spec.start).then(async (found) => {
      if (phase !== "starting") return;
      if (found.kind === "fenced") return fenced();
      if (found.kind === "problem") return troubled(found.problem);
      ({ places } = found);
      const memberCount = await scaler.firstCount(reading);
      if (phase === "starting") run(memberCount);
    });
  }

  function troubled(met: SourceProblem): void {
    const isFault = met.disablingReason !== undefined || met.code === "missing";
    const nextTryMs = isFault ? faults.nextMs() : trouble.nextMs();
    if (startProblem?.detail !== met.detail) {
      startProblem = met;
      context.note(uuid, { kind: "source-problem", ...met, nextTryMs });
      watch.met(met.disablingReason);
      events.problem(met);
    }
    cancelTimer = clock.wakeAt(clock.nowMs() + nextTryMs, begin);
    positioned();
  }

  function positioned(): void {
    if (isPositioned) return;
    isPositioned = true;
    events.positioned();
  }

  function run(memberCount: number): void {
    phase = "running";
    if (startProblem !== null) {
      startProblem = null;
      context.note(uuid, { kind: "source-recovered" });
      watch.met(undefined);
      events.problem(null);
    }
    scale(memberCount, "started");
    positioned();
    scaler.begin();
  }

  // --- Members ------------------------------------------------------------------------------------------------------

  function scale(to: number, why: "started" | "work" | "idle" | "errors" | "settings"): void {
    if (phase !== "running") return;
    const from = staying.size;
    if (to === from) return;
    context.note(uuid, { kind: "scaled", from, to, why });
    while (staying.size < to) openMember();
    for (const index of [...staying].toReversed().slice(0, staying.size - to)) {
      staying.delete(index);
      members.get(index)?.stop("settings");
    }
  }

  function openMember(): void {
    let index = 0;
    while (members.has(index)) index += 1;
    staying.add(index);
    const member = createMemberRunner<R>({
      context,
      reading: () => reading,
      member: source.open(index, { startOf }),
      index,
      locks,
      onProblem(problem) {
        if (problem === null) problems.delete(index);
        else problems.set(index, problem);
        const [first = null] = problems.values();
        watch.met(first?.disablingReason);
        events.problem(first);
      },
      onTurn: turn,
      onOver() {
        members.delete(index);
        stoppedIfOver();
      },
    });
    members.set(index, member);
    member.begin();
  }

  /** Every member looks whether something can go now: a partition may have been unlocked for any of them. */
  function turn(): void {
    isTurnDue = true;
    if (isTurning) return;
    isTurning = true;
    while (isTurnDue) {
      isTurnDue = false;
      for (const member of members.values()) member.look();
    }
    isTurning = false;
  }

  const startOf = (unit: UnitId): Position | null => places.get(unit) ?? null;

  function unread(): Promise<ReadonlyMap<UnitId, number> | null> {
    return source.unread(startOf);
  }

  function scaledLoad(): { readonly memberCount: number; readonly busyCount: number; readonly reading: GroupReading } {
    return { memberCount: staying.size, busyCount: runningCount(), reading };
  }

  // --- Updating and stopping ----------------------------------------------------------------------------------------

  function update(spec: MappingSpec): void {
    applySpec(context, spec);
    if (spec.group !== undefined) reading = spec.group;
    if (phase === "running") {
      const { memberCount, why } = scaler.within(reading, staying.size);
      scale(memberCount, why);
    }
    turn();
    events.updated();
  }

  function stop({ graceMs }: { readonly graceMs: number }): void {
    if (phase === "stopped") return;
    limitGrace(graceMs);
    if (phase === "stopping") return;
    phase = "stopping";
    cancelTimer?.();
    scaler.stop();
    watch.met(undefined);
    for (const member of members.values()) member.stop("stopped");
    stoppedIfOver();
  }

  function limitGrace(graceMs: number): void {
    const atMs = clock.nowMs() + graceMs;
    if (atMs >= graceAtMs) return;
    graceAtMs = atMs;
    cancelGrace?.();
    cancelGrace = clock.wakeAt(atMs, force);
  }

  function force(): void {
    context.force.abort();
    for (const member of members.values()) member.hurry();
  }

  function stoppedIfOver(): void {
    if (phase !== "stopping" || members.size > 0) return;
    phase = "stopped";
    cancelGrace?.();
    void source.close().then(() => (isFenced ? events.fenced() : events.stopped([])));
  }

  function fenced(): void {
    if (isFenced) return;
    isFenced = true;
    context.isAbandoned = true;
    force();
    stop({ graceMs: 0 });
  }

  // --- Looking on ---------------------------------------------------------------------------------------------------

  const runningCount = (): number => [...members.values()].reduce((sum, each) => sum + each.runningCount(), 0);

  function steer(command: Steer): void {
    if (phase === "stopping" || phase === "stopped") return;
    steerUnits(context, [...members.values()], command);
  }

  return {
    start,
    update,
    stop,
    steer,
    // A recording replays units from their checkpoints; a group's members have none. What was recorded is said by the recorder's host.
    record: () => {},
    summary: () => ({ ...runnerSummary(context, [...members.values()]), offsetLag: scaler.offsetLag() }),
    laneReports: (): readonly LaneReport[] =>
      [...members.values()].slice(0, MOST_LANE_REPORTS).map((each) => each.report()),
  };
}
