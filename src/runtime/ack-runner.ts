// A mapping at work on a source that is acknowledged record by record: a unit a consumer, no checkpoints, no positions.
// It owns the mapping's life; what happens in a consumer is the unit's.
//
// B1  `positioned` is said at once: there is no place to store. A broker that cannot be read is a problem of an Enabled mapping (M-705).
// B2  `stopped` is said when every call has ended and was settled, and all else has been given back.

import type { Rec } from "../core/record.ts";
import type { AckSource } from "../ports/ack-source.ts";
import type { Cancel } from "../ports/clock.ts";
import type { MappingSpec } from "../ports/mapping-spec.ts";
import type { DisablingReason, SourceProblem, UnitId } from "../ports/source.ts";
import type { Steer } from "../ports/steer.ts";
import { type AckUnit, createAckUnit } from "./ack-unit.ts";
import { createFailureCounts } from "./failure-counts.ts";
import type { LaneReport } from "./lane-report.ts";
import { applySpec, createLaneContext, type LanePorts } from "./mapping-context.ts";
import type { MappingRunner } from "./mapping-runner.ts";
import { runnerSummary } from "./runner-summary.ts";
import { steerUnits } from "./steer-units.ts";

export interface AckRunnerOptions<R extends Rec> extends LanePorts<R> {
  readonly spec: MappingSpec;
  readonly source: AckSource<R>;
  readonly events: {
    positioned(): void;
    updated(): void;
    problem(problem: SourceProblem | null): void;
    /** Nothing is stopped by that: whoever hears it decides (M-705). */
    unrecoverable(reason: DisablingReason): void;
    stopped(errors: readonly string[]): void;
  };
}

export function createAckRunner<R extends Rec>(options: AckRunnerOptions<R>): MappingRunner<R> {
  const { events, clock, source } = options;
  // Nobody else can hold the mapping's progress: there are no checkpoints to fence.
  const context = createLaneContext<R>(options, options.spec, () => {});
  const failures = createFailureCounts();
  const problems = new Map<UnitId, SourceProblem>();
  const units = new Map<UnitId, AckUnit>();
  const running = new Set<UnitId>();
  let phase: "idle" | "running" | "stopping" | "stopped" = "idle";
  let cancelGrace: Cancel | null = null;
  let graceAtMs = Number.POSITIVE_INFINITY;

  function start(): void {
    if (phase !== "idle") return;
    phase = "running";
    for (const unit of source.units) {
      running.add(unit);
      units.set(unit, unitOf(unit));
    }
    events.positioned();
    for (const unit of units.values()) unit.open();
  }

  function unitOf(unit: UnitId): AckUnit {
    return createAckUnit<R>({
      context,
      source,
      unit,
      failures,
      onProblem(problem) {
        if (problem === null) problems.delete(unit);
        else problems.set(unit, problem);
        const [first = null] = problems.values();
        events.problem(first);
      },
      onUnrecoverable: (reason) => events.unrecoverable(reason),
      onStopped() {
        running.delete(unit);
        stoppedIfOver();
      },
    });
  }

  /** Another consumer is needed where it reads elsewhere, as someone else, or with another prefetch. */
  function update(spec: MappingSpec): void {
    const before = context.spec;
    applySpec(context, spec);
    const isNewConsumer =
      JSON.stringify(before.source) !== JSON.stringify(spec.source) || before.lane.batchSize !== spec.lane.batchSize;
    for (const unit of units.values()) unit.settingsChanged(isNewConsumer);
    events.updated();
  }

  function stop({ graceMs }: { readonly graceMs: number }): void {
    if (phase === "stopped") return;
    limitGrace(graceMs);
    if (phase === "stopping") return;
    phase = "stopping";
    for (const unit of units.values()) unit.stop();
    stoppedIfOver();
  }

  function limitGrace(graceMs: number): void {
    const atMs = clock.nowMs() + graceMs;
    if (atMs >= graceAtMs) return;
    graceAtMs = atMs;
    cancelGrace?.();
    cancelGrace = clock.wakeAt(atMs, () => context.force.abort());
  }

  function stoppedIfOver(): void {
    if (phase !== "stopping" || running.size > 0) return;
    phase = "stopped";
    cancelGrace?.();
    void source.close().then(() => events.stopped([]));
  }

  function steer(command: Steer): void {
    if (phase === "stopping" || phase === "stopped") return;
    steerUnits(context, [...units.values()], command);
  }

  return {
    start,
    update,
    stop,
    steer,
    // Recordings replay a source from a place; here there is none. What was recorded is said by the recorder's host.
    record: () => {},
    summary: () => runnerSummary(context, [...units.values()]),
    laneReports: (): readonly LaneReport[] =>
      [...units.values()].map((each) => each.laneReport()).filter((each) => each !== null),
  };
}
