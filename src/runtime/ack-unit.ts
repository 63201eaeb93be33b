// One consumer of a broker's queue at work: one epoch after another (epoch.ts). It owns when the next one begins, and how long the
// same trouble has lasted.
//
// States: standing or connecting (an epoch runs), resting (the next one waits for its time), stopped. One epoch runs at a time: a call of
// an old one ends before the next consumer is opened, so that a unit has one call out at most.

import { assertNever } from "../core/assert-never.ts";
import type { Rec } from "../core/record.ts";
import { backoffMs } from "../core/retry-clock.ts";
import type { AckSource } from "../ports/ack-source.ts";
import type { Cancel } from "../ports/clock.ts";
import type { DisablingReason, SourceProblem, UnitId } from "../ports/source.ts";
import { createEpoch, type Epoch, type EpochEnd } from "./epoch.ts";
import { createFaultWatch } from "./fault-watch.ts";
import type { FailureCounts } from "./failure-counts.ts";
import { createGrowingDelay, FAULT_DELAY } from "./growing-delay.ts";
import type { LaneReport } from "./lane-report.ts";
import type { LaneContext } from "./mapping-context.ts";

export interface AckUnitOptions<R extends Rec> {
  readonly context: LaneContext<R>;
  readonly source: AckSource<R>;
  readonly unit: UnitId;
  readonly failures: FailureCounts;
  readonly onProblem: (problem: SourceProblem | null) => void;
  /** The same fault, which waiting does not mend, for as long as the mapping allows (M-705). Said again and again while it lasts. */
  readonly onUnrecoverable: (reason: DisablingReason) => void;
  readonly onStopped: () => void;
}

export interface AckUnit {
  open(): void;
  /** `isNewConsumer`: they need another consumer; the call that is out ends first. */
  settingsChanged(isNewConsumer: boolean): void;
  gateMoved(): void;
  stepped(): void;
  stop(): void;
  lagCount(): number;
  runningCount(): number;
  oldestArrivedAtMs(): number | null;
  laneReport(): LaneReport | null;
}

export function createAckUnit<R extends Rec>(options: AckUnitOptions<R>): AckUnit {
  const { context, unit } = options;
  const { clock } = context;
  const path = `${context.spec.uuid}/${unit}`;
  const trouble = createGrowingDelay();
  const faults = createGrowingDelay(FAULT_DELAY);
  const watch = createFaultWatch({
    clock,
    disabledAfterMs: () => context.spec.broker?.disabledAfterMs ?? Number.POSITIVE_INFINITY,
    onUnrecoverable: options.onUnrecoverable,
  });
  let epoch: Epoch<R> | null = null;
  let cancelRest: Cancel | null = null;
  let problem: SourceProblem | null = null;
  /** Epochs in a row that ended because a call failed (R-402, `requeue`). */
  let failedEpochs = 0;
  let isStopping = false;

  function begin(): void {
    cancelRest = null;
    epoch = createEpoch<R>({
      context,
      source: options.source,
      unit,
      index: 0,
      failures: options.failures,
      onStanding: recovered,
      onProgress: () => {
        failedEpochs = 0;
      },
      onOver,
    });
    epoch.begin();
  }

  function onOver(why: EpochEnd, backCount: number): void {
    epoch = null;
    if (backCount > 0) context.note(path, { kind: "given-back", recordCount: backCount, why: whyWord(why) });
    if (isStopping) return options.onStopped();
    const restMs = restOf(why);
    if (restMs === 0) return begin();
    cancelRest = clock.wakeAt(clock.nowMs() + restMs, begin);
  }

  function whyWord(why: EpochEnd): "stopped" | "settings" | "held too long" | "failed" | "connection lost" {
    switch (why.kind) {
      case "asked":
        return isStopping ? "stopped" : "settings";
      case "heldTooLong":
        return "held too long";
      case "failed":
        return "failed";
      case "problem":
        return "connection lost";
      default:
        return assertNever(why);
    }
  }

  /** How long before the next epoch. */
  function restOf(why: EpochEnd): number {
    switch (why.kind) {
      case "asked":
      case "heldTooLong":
        return 0;
      case "failed":
        failedEpochs += 1;
        return backoffMs(failedEpochs - 1, 0);
      case "problem":
        return troubled(why.problem);
      default:
        return assertNever(why);
    }
  }

  function troubled(met: SourceProblem): number {
    const nextTryMs = met.disablingReason === undefined ? trouble.nextMs() : faults.nextMs();
    watch.met(met.disablingReason);
    if (problem?.detail !== met.detail) {
      problem = met;
      context.note(path, { kind: "source-problem", ...met, nextTryMs });
      options.onProblem(met);
    }
    return nextTryMs;
  }

  function recovered(): void {
    trouble.reset();
    faults.reset();
    if (problem === null) return;
    problem = null;
    watch.met(undefined);
    context.note(path, { kind: "source-recovered" });
    options.onProblem(null);
  }

  return {
    open() {
      context.note(path, { kind: "unit-opened", after: null, startedFrom: "trimHorizon" });
      begin();
    },
    settingsChanged(isNewConsumer) {
      if (isNewConsumer) epoch?.end({ kind: "asked" });
      else epoch?.lane.post({ kind: "woke" });
      // A fault may have been mended by what has changed.
      if (!isNewConsumer || cancelRest === null || isStopping) return;
      cancelRest();
      begin();
    },
    gateMoved() {
      epoch?.lane.post({ kind: "gate", gate: context.isGateShut ? "shut" : "open" });
    },
    stepped() {
      if (context.isStepDue) epoch?.lane.post({ kind: "woke" });
    },
    stop() {
      if (isStopping) return;
      isStopping = true;
      cancelRest?.();
      watch.met(undefined);
      if (epoch === null) options.onStopped();
      else epoch.end({ kind: "asked" });
    },
    lagCount: () => epoch?.lagCount() ?? 0,
    runningCount: () => (epoch?.lane.isRunning() === true ? 1 : 0),
    oldestArrivedAtMs: () => epoch?.lane.oldestArrivedAtMs() ?? null,
    laneReport: () => epoch?.lane.report() ?? null,
  };
}
