// A mapping on a queue at work: how many pollers it has and when each may begin. What a poller does is queue-poller.ts's; how many there
// are, src/core/queue/scaling.ts's. Nothing is checkpointed: what a queue still has is what is not done.
//
// P1  A poller begins only while a call of its could start: below MaximumConcurrency, below what has been scaled to, and with room under
//     our own cap on running functions (P-25). What could not start stays visible in the queue.
// P2  A queue that is missing or does not answer is asked again after a growing delay, by one poller.
// P3  A stop receives nothing more; calls that are out end, and what they did is deleted (T-148).

import { startByMs } from "../../core/queue/after-call.ts";
import {
  atWork,
  type Bounds,
  boundsOf,
  failed,
  foundNothing,
  newScaling,
  notAtWork,
  pollerCountOf,
  provisionedCountOf,
  receiverCountOf,
  type Scaling,
  wentWell,
  within,
} from "../../core/queue/scaling.ts";
import { MillraceError } from "../../errors.ts";
import type { SqsRecord } from "../../kinds/sqs/sqs-kind.ts";
import type { Cancel } from "../../ports/clock.ts";
import type { Fact } from "../../ports/journal.ts";
import type { MappingSpec, QueueSpec } from "../../ports/mapping-spec.ts";
import type { SourceProblem } from "../../ports/source.ts";
import type { Steer } from "../../ports/steer.ts";
import { resultTextsOf } from "../counters.ts";
import { createFilterSample } from "../filter-sample.ts";
import { createGrowingDelay } from "../growing-delay.ts";
import type { LaneReport } from "../lane-report.ts";
import { firstNames } from "../named-messages.ts";
import type { MappingRunner, MappingRunnerOptions } from "../mapping-runner.ts";
import type { RunnerSummary } from "../runner-summary.ts";
import { giveBack } from "./give-back.ts";
import { createMessageDeletes } from "./message-deletes.ts";
import { applyQueueSpec, createQueueContext, leaseEndMs, type QueuePorts } from "./queue-context.ts";
import { createQueuePoller, type QueuePoller } from "./queue-poller.ts";
import { queueMissing, queueUnreachable } from "./queue-problems.ts";
import { createThreadRoom } from "./thread-room.ts";

/** Growth is looked at so often while all pollers are at work. */
const LOOK_MS = 1_000;
/** The queue's visibility timeout is looked up again after this long, where messages come. */
const VISIBILITY_MS = 1_000;
const MOST_LANE_REPORTS = 32;

export interface QueueRunnerOptions extends QueuePorts {
  readonly spec: QueueSpec;
  readonly events: Omit<MappingRunnerOptions<SqsRecord>["events"], "fenced">;
}

/** `record` does nothing: a mapping on a queue is not recorded (docs/recordings.md). */
export function createQueueRunner(options: QueueRunnerOptions): MappingRunner<SqsRecord> {
  const { events, clock, queues } = options;
  const context = createQueueContext(options, options.spec);
  const path = context.spec.uuid;
  const { queueName } = context.spec.source;
  const delay = createGrowingDelay();
  const deletes = createMessageDeletes(context, () => changed());
  const sample = createFilterSample(
    { clock, kind: context.kind, note: (...told) => context.note(...told) },
    `${path}/${queueName}`,
  );
  const room = createThreadRoom(context, { onRoom: lookAgain, onFull: lookAgain });
  const pollers: QueuePoller[] = [];
  /** Received, and for the next poller that begins. */
  let backlog: readonly SqsRecord[] = [];
  let bounds: Bounds = boundsOf(context.spec.queue);
  let scaling: Scaling = newScaling(bounds);
  let phase: "idle" | "starting" | "running" | "stopping" | "stopped" = "idle";
  let isAtWork = false;
  let isGateShut = false;
  let isStepDue = false;
  let problem: SourceProblem | null = null;
  /** By the clock that is never set, as are the instants of `scaling`: a wall clock that is set back holds nobody up. */
  let troubleUntilMs = Number.NEGATIVE_INFINITY;
  let visibilityAtMs = Number.NEGATIVE_INFINITY;
  let cancelTimer: Cancel | null = null;
  let cancelLook: Cancel | null = null;
  let cancelGrace: Cancel | null = null;
  let graceAtMs = Number.POSITIVE_INFINITY;
  let leaving = 0;
  let isFilling = false;

  const note = (fact: Fact): void => context.note(path, fact);
  const isIdle = (poller: QueuePoller): boolean => poller.phase() === "idle";
  const countOf = (kinds: readonly string[]): number => pollers.filter((each) => kinds.includes(each.phase())).length;

  // --- Starting, and trouble with the queue -------------------------------------------------------------------------

  function start(): void {
    if (phase !== "idle") return;
    phase = "starting";
    begin();
  }

  function begin(): void {
    cancelTimer = null;
    queues.describeQueue(queueName).then(
      (queue) => {
        if (phase !== "starting") return;
        if (queue === null) return troubled(queueMissing(queueName), begin);
        context.visibilityMs = queue.settings.visibilityMs;
        visibilityAtMs = clock.nowMs();
        phase = "running";
        recovered();
        note({ kind: "scaled", from: 0, to: shownCount(), why: "started" });
        events.positioned();
        fill();
      },
      (error: unknown) => {
        if (phase === "starting") troubled(queueUnreachable(queueName, error), begin);
      },
    );
  }

  function troubled(met: SourceProblem, again: () => void): void {
    const nowMs = clock.monotonicMs();
    // Without a wake to come it would never be asked again, as where the clock has been set on meanwhile.
    if (problem !== null && cancelTimer !== null && nowMs < troubleUntilMs) return;
    const nextTryMs = delay.nextMs();
    troubleUntilMs = nowMs + nextTryMs;
    if (problem?.detail !== met.detail) {
      problem = met;
      note({ kind: "source-problem", ...met, nextTryMs });
      events.problem(met);
    }
    wakeIn(nextTryMs, again);
  }

  function recovered(): void {
    delay.reset();
    if (problem === null) return;
    problem = null;
    troubleUntilMs = Number.NEGATIVE_INFINITY;
    note({ kind: "source-recovered" });
    events.problem(null);
    if (phase === "running") wakeIn(0);
  }

  const isAsking = (): boolean => pollers.some((poller) => poller.isReceiving());

  /**
   * Pollers at work look first: one that assembles a batch asks a queue in trouble, or a long window would keep it there. A receive that
   * waits while no call could start is ended, which burns no message's receive count; one with a window goes on later.
   */
  function lookAgain(): void {
    if (phase !== "running") return;
    for (const poller of pollers) poller.look();
    fill();
  }

  // --- Who may begin (P1) -------------------------------------------------------------------------------------------

  function fill(): void {
    if (phase !== "running" || isFilling) return;
    isFilling = true;
    for (let poller = next(); poller !== null; poller = next()) {
      poller.begin(takeBacklog());
    }
    isFilling = false;
    reckonWork();
  }

  /** The poller that begins now; null: none may. */
  function next(): QueuePoller | null {
    if (isGateShut && (!isStepDue || countOf(["gathering"]) > 0)) return null;
    const nowMs = clock.monotonicMs();
    const untilMs = Math.max(troubleUntilMs, scaling.pausedUntilMs);
    if (nowMs < untilMs) {
      wakeIn(untilMs - nowMs);
      return null;
    }
    const count = pollerCountOf(scaling);
    const gathering = countOf(["gathering"]);
    const busy = countOf(["atGate", "calling", "holding"]);
    if (gathering + busy >= count || gathering >= receiverCountOf(scaling, context.spec.queue)) return null;
    if (problem !== null && isAsking()) return null; // P2
    if (!room.hasRoom(gathering + countOf(["atGate"]))) return null;
    return pollers.find(isIdle) ?? added();
  }

  function added(): QueuePoller {
    const poller = createQueuePoller(context, house, pollers.length);
    pollers.push(poller);
    return poller;
  }

  function wakeIn(ms: number, wake: () => void = lookAgain): void {
    cancelTimer?.();
    cancelTimer = clock.wakeAt(clock.nowMs() + ms, () => {
      cancelTimer = null;
      wake();
    });
  }

  /** What has waited for too long for a poller comes back by itself: it would be delivered twice. */
  function takeBacklog(): readonly SqsRecord[] {
    const nowMs = clock.nowMs();
    const { functionTimeoutMs } = context.spec.queue;
    const isLate = (record: SqsRecord): boolean =>
      nowMs > startByMs(record.receivedAtMs, leaseEndMs([record], context), functionTimeoutMs);
    const late = backlog.filter(isLate);
    const taken = late.length === 0 ? backlog : backlog.filter((record) => !isLate(record));
    backlog = [];
    if (late.length > 0) {
      const visibleAgainAtMs = leaseEndMs(late, context);
      const messages = firstNames(late, context.kind);
      const why = "paused too long";
      note({ kind: "returned", batch: null, recordCount: late.length, why, visibleAgainAtMs, messages });
    }
    return taken;
  }

  // --- How many there are -------------------------------------------------------------------------------------------

  function reckonWork(): void {
    if (!isAtWork || problem !== null) return rescale(notAtWork(scaling), "work");
    if (pollers.length - countOf(["idle"]) < pollerCountOf(scaling)) return;
    rescale(atWork(scaling, bounds, clock.monotonicMs()), "work");
    if (pollerCountOf(scaling) >= bounds.most) return;
    cancelLook ??= clock.wakeAt(clock.nowMs() + LOOK_MS, () => {
      cancelLook = null;
      fill();
    });
  }

  function rescale(to: Scaling, why: Extract<Fact, { kind: "scaled" }>["why"]): void {
    const from = shownCount();
    const hasGrown = pollerCountOf(to) > pollerCountOf(scaling);
    scaling = to;
    if (shownCount() !== from) note({ kind: "scaled", from, to: shownCount(), why });
    if (hasGrown) fill();
  }

  /** Pollers as people count them: in provisioned mode each makes ten calls at a time (P-28). */
  function shownCount(): number {
    return context.spec.queue.provisioned === null ? pollerCountOf(scaling) : provisionedCountOf(scaling);
  }

  // --- What pollers ask and tell ------------------------------------------------------------------------------------

  const house = {
    deletes,
    isAtWork: () => isAtWork,
    isProbing: () => problem !== null,
    mayAsk: () => problem === null || (clock.monotonicMs() >= troubleUntilMs && !isAsking()),
    isGateShut: () => isGateShut,
    mayReceive: () => (!isGateShut || isStepDue) && !room.isFull(),
    takeStep() {
      if (!isStepDue) return false;
      isStepDue = false;
      for (const poller of pollers) poller.look();
      return true;
    },
    received(answer: { readonly isFull: boolean; readonly count: number; readonly hasWaited: boolean } | null) {
      if (answer === null) return troubled(queueMissing(queueName), lookAgain);
      recovered();
      isAtWork = answer.isFull;
      if (answer.count > 0) lookUpVisibility();
      else if (answer.hasWaited) rescale(foundNothing(scaling, bounds), "idle");
    },
    unreachable: (error: unknown) => troubled(queueUnreachable(queueName, error), lookAgain),
    passedOver(records: readonly SqsRecord[]) {
      if (context.filter !== null) sample.passedOver(records, context.filter);
    },
    left(records: readonly SqsRecord[]) {
      if (phase === "running") backlog = [...backlog, ...records];
      else leave(records);
    },
    called({ outcome }: { readonly outcome: { readonly kind: "answered" | "failed" | "refused" } }) {
      if (outcome.kind === "failed") rescale(failed(scaling, bounds, clock.monotonicMs()), "errors");
      if (outcome.kind === "answered") scaling = wentWell(scaling);
    },
    changed,
  };

  function changed(): void {
    fill();
    ended();
  }

  function lookUpVisibility(): void {
    const nowMs = clock.nowMs();
    if (nowMs >= visibilityAtMs && nowMs < visibilityAtMs + VISIBILITY_MS) return;
    visibilityAtMs = nowMs;
    queues.describeQueue(queueName).then(
      (queue) => {
        if (queue !== null) context.visibilityMs = queue.settings.visibilityMs;
      },
      // Whoever receives next meets the same trouble, and tells it.
      () => undefined,
    );
  }

  // --- Updating, steering, stopping ---------------------------------------------------------------------------------

  function update(spec: MappingSpec): void {
    if (spec.queue === null) throw new MillraceError("protocol-broken", "a mapping's source cannot change its kind");
    applyQueueSpec(context, spec);
    bounds = boundsOf(spec.queue);
    rescale(within(scaling, bounds), "settings");
    for (const poller of pollers) poller.look();
    fill();
    events.updated();
  }

  /** What is paused stays so over new settings, and ends with the runner. */
  function steer(command: Steer): void {
    if (phase === "stopping" || phase === "stopped") return;
    if (command === "step") {
      if (!isGateShut) return;
      // Steps do not add up: one that finds nothing due waits for the next that is.
      isStepDue = true;
      oldestFirst().some((poller) => poller.stepped());
      return fill();
    }
    const isPaused = command === "pause";
    if (isGateShut === isPaused) return;
    isGateShut = isPaused;
    isStepDue = false;
    note({ kind: isPaused ? "mapping-paused" : "mapping-resumed" });
    for (const poller of pollers) poller.look();
    fill();
  }

  function oldestFirst(): readonly QueuePoller[] {
    const arrivedAtMs = (poller: QueuePoller): number => poller.oldestArrivedAtMs() ?? Number.MAX_VALUE;
    return pollers.toSorted((one, other) => arrivedAtMs(one) - arrivedAtMs(other));
  }

  function stop({ graceMs }: { readonly isDelete: boolean; readonly graceMs: number }): void {
    if (phase === "stopped") return;
    limitGrace(graceMs);
    if (phase === "stopping") return;
    phase = "stopping";
    for (const cancel of [cancelTimer, cancelLook]) cancel?.();
    sample.stop();
    room.stop();
    const left = backlog;
    backlog = [];
    leave(left);
    for (const poller of pollers) poller.stop();
    ended();
  }

  function leave(records: readonly SqsRecord[]): void {
    leaving += 1;
    void giveBack(context, records, { lane: path, batch: null }).then(() => {
      leaving -= 1;
      ended();
    });
  }

  function limitGrace(graceMs: number): void {
    const atMs = clock.nowMs() + graceMs;
    if (atMs >= graceAtMs) return;
    graceAtMs = atMs;
    cancelGrace?.();
    cancelGrace = clock.wakeAt(atMs, () => context.force.abort());
  }

  function ended(): void {
    if (phase !== "stopping" || leaving > 0 || deletes.pendingCount() > 0 || !pollers.every(isIdle)) return;
    phase = "stopped";
    cancelGrace?.();
    events.stopped([]);
  }

  return { start, update, stop, steer, record: () => undefined, summary, laneReports };

  function laneReports(): readonly LaneReport[] {
    const found = pollers.map((each) => each.report()).filter((each) => each !== null);
    return found.slice(0, MOST_LANE_REPORTS);
  }

  function summary(): RunnerSummary {
    const { counters } = context;
    const oldest = pollers.map((each) => each.oldestArrivedAtMs()).filter((each) => each !== null);
    return {
      counters,
      ...resultTextsOf(counters),
      lagCount: backlog.length + pollers.reduce((sum, each) => sum + each.heldCount(), 0),
      oldestArrivedAtMs: oldest.length === 0 ? null : Math.min(...oldest),
      runningCount: countOf(["calling"]),
    };
  }
}
