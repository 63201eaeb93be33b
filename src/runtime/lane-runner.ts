// One lane at work: a mailbox. It takes an event, steps the core, and starts each effect in order without awaiting it; what an
// effect answers comes back as an event. It owns the lane's state, its request ids and its names; the core decides everything.
//
// N1  Events are taken one at a time, in the order in which they came.
// N2  An effect never answers within its own turn.
// N3  A request id belongs to one batch identity and is forgotten with it (E-12).
// N4  A turn has one instant: everything that is noted in it is reckoned from that.

import { assertNever } from "../core/assert-never.ts";
import type { Batch } from "../core/batch.ts";
import { batchName } from "../core/batch-name.ts";
import { closedByWord } from "../core/closer.ts";
import { step } from "../core/lane.ts";
import {
  createLane,
  type Effect,
  type HandedEvent,
  isAtGate,
  isDrained,
  type Lane,
  type LetGo,
} from "../core/lane-state.ts";
import { failedCount } from "../core/outcome.ts";
import type { Rec } from "../core/record.ts";
import type { LaneSettings } from "../core/settings.ts";
import { firstOf } from "../core/waiting.ts";
import type { Checkpoint } from "../ports/checkpoints.ts";
import type { Cancel } from "../ports/clock.ts";
import type { Fact } from "../ports/journal.ts";
import type { UnitId } from "../ports/source.ts";
import { type Called, callOutcome, tooLarge } from "./call-outcome.ts";
import type { Fed, LaneFeed, LaneStart } from "./lane-feed.ts";
import { type LaneReport, laneReport } from "./lane-report.ts";
import type { LaneContext } from "./mapping-context.ts";
import { batchPartitions } from "./batch-partitions.ts";
import { type NamedMessage, namedMessages } from "./named-messages.ts";
import { reportOf } from "./report.ts";

export interface LaneRunnerOptions<R extends Rec> {
  readonly context: LaneContext<R>;
  readonly unit: UnitId;
  readonly index: number;
  readonly window: Checkpoint["window"];
  /** The lane goes on from here; absent: it is new. */
  readonly start?: LaneStart<R> | undefined;
  /** A replay: whatever comes of an effect is posted by whoever replays, and never by the lane itself. */
  readonly isReplayed?: boolean;
  /** Records have ended, well or given up; they count towards the watermark. `failedCalls`: how many a batch that is given up has had. */
  readonly onEnded: (records: readonly R[], how: "done" | "givenUp", failedCalls: number) => void;
  /** Only of a source with a consumer group: these have left the lane, and their partitions are somebody else's. */
  readonly onGivenBack?: (records: readonly R[]) => void;
  /** Only of a source that is acknowledged: what the lane holds is to go back. It has stopped. */
  readonly onLetGo?: (why: LetGo) => void;
  /** After every turn: there may be room to read, or nothing left to do. */
  readonly onTurn: () => void;
}

export interface LaneRunner<R extends Rec> {
  post(event: Fed<R> | HandedEvent<R>): void;
  lane(): Lane<R>;
  /** A recording begins: it is told of the lane as it is. */
  openFeed(): void;
  /** Everything that its further course depends on. */
  start(): LaneStart<R>;
  /** Stopped, or over because the unit ended; and no report is under way. */
  isOver(): boolean;
  isRunning(): boolean;
  /** Reports on batches that were given up and are on their way; their records have not ended yet. */
  reportCount(): number;
  oldestArrivedAtMs(): number | null;
  /** Null where nothing waits. */
  report(): LaneReport | null;
}

export function createLaneRunner<R extends Rec>(options: LaneRunnerOptions<R>): LaneRunner<R> {
  const { context, unit } = options;
  const path = `${context.spec.uuid}/${unit}/${options.index}`;
  const windowBytes = context.kind.windowBytes(unit);
  const mailbox: (Fed<R> | HandedEvent<R>)[] = [];
  const requestIds = new Map<number, string>(options.start?.requestIds);
  let lane = options.start?.lane ?? createLane<R>(options.window, context.isGateShut ? "shut" : "open");
  let turnAtMs = 0;
  let isTaking = false;
  let cancelWake: Cancel | null = null;
  let called: Called | null = options.start?.called ?? null;
  /** By the lane's number of a first batch that is in hand: the mapping's number. */
  const numbers = new Map<number, number>(options.start?.numbers);
  let reports: Promise<void> = Promise.resolve();
  let reportCount = 0;

  /** The one that was told how this lane began: a unit that had ended before a recording has no part in it. */
  let openedFeed: LaneFeed<R> | null = null;
  openFeed();

  function openFeed(): void {
    openedFeed = context.feed;
    openedFeed?.opened(path, startNow(), context.clock.nowMs());
  }

  function startNow(): LaneStart<R> {
    return { lane, requestIds: [...requestIds], numbers: [...numbers], called };
  }

  function feed(): LaneFeed<R> | null {
    return openedFeed === context.feed ? openedFeed : null;
  }

  function post(event: Fed<R> | HandedEvent<R>): void {
    mailbox.push(event);
    if (isTaking) return;
    isTaking = true;
    for (let next = nextEvent(); next !== undefined; next = nextEvent()) {
      turnAtMs = context.clock.nowMs();
      // What a consumer group hands over is not recorded.
      if (next.kind !== "handed" && next.kind !== "unfit" && next.kind !== "withdrawn")
        feed()?.took(path, next, turnAtMs);
      if (next.kind === "returned") called = next.called;
      const event = next.kind === "returned" ? { kind: next.kind, outcome: next.called.outcome } : next;
      const stepped = step(lane, event, settingsNow(), turnAtMs);
      lane = stepped.lane;
      for (const effect of stepped.effects) start(effect);
    }
    isTaking = false;
    if (lane.phase.kind === "stopped") wakeAt(null);
    options.onTurn();
  }

  function note(fact: Fact): void {
    context.note(path, fact, turnAtMs);
  }

  function nextEvent(): Fed<R> | HandedEvent<R> | undefined {
    const next = mailbox.shift();
    if (next !== undefined || !context.isStepDue || !isAtGate(lane)) return next;
    context.isStepDue = false;
    return { kind: "gate", gate: "one" };
  }

  /** With windows on, each event of this unit also has a window part (B-11). */
  function settingsNow(): LaneSettings {
    const { settings } = context;
    return settings.tumblingMs === 0 ? settings : { ...settings, envelopeBytes: settings.envelopeBytes + windowBytes };
  }

  function start(effect: Effect<R>): void {
    switch (effect.kind) {
      case "closed":
        return noteClosed(effect);
      case "invoke":
        return invoke(effect);
      case "decided":
        return noteDecided(effect);
      case "finish":
        return options.onEnded(effect.records, "done", 0);
      case "giveUp":
        return giveUp(effect);
      case "givenBack":
        return options.onGivenBack?.(effect.records);
      case "letGo":
        return options.onLetGo?.(effect.why);
      case "wakeAt":
        return wakeAt(effect.atMs);
      default:
        return assertNever(effect);
    }
  }

  /** People count batches over the whole mapping; halves and rests keep their first batch's number. */
  function nameOf(batch: Batch<R>): string {
    let number = numbers.get(batch.number);
    if (number === undefined) {
      number = ++context.batchCount;
      for (const known of numbers.keys()) if (!lane.stack.some((each) => each.number === known)) numbers.delete(known);
      numbers.set(batch.number, number);
    }
    return batchName({ number, path: batch.path });
  }

  function requestIdOf(batch: Batch<R>): string {
    const known = requestIds.get(batch.id);
    if (known !== undefined) return known;
    const drawn = context.random.uuid("request");
    feed()?.drew(path, drawn);
    // Of a batch that was withdrawn nothing else tells that it is over.
    for (const id of requestIds.keys()) if (!lane.stack.some((each) => each.id === id)) requestIds.delete(id);
    requestIds.set(batch.id, drawn);
    return drawn;
  }

  function noteClosed(effect: Extract<Effect<R>, { kind: "closed" }>): void {
    const { batch } = effect;
    note({
      kind: "batch-closed",
      batch: nameOf(batch),
      closedBy: closedByWord(batch.closer),
      recordCount: batch.records.length,
      payloadBytes: effect.eventBytes,
      windowMs: effect.windowOpenMs,
      ...span(batch.records),
      oldestArrivedAtMs: batch.records[0]?.arrivedAtMs ?? null,
      ...(effect.window === null ? {} : { tumbling: effect.window }),
      ...batchPartitions(batch.records, context.kind),
      ...(context.settings.acknowledged === undefined ? {} : { receives: namedMessages(batch.records, nameIn) }),
    });
  }

  const nameIn = (record: R): NamedMessage => {
    return { id: context.kind.position(record), receivedAtMs: record.arrivedAtMs, receiveCount: null };
  };

  function invoke(effect: Extract<Effect<R>, { kind: "invoke" }>): void {
    const { batch, window } = effect;
    const requestId = requestIdOf(batch);
    const recordCount = batch.records.length;
    note({ kind: "invoked", batch: nameOf(batch), requestId, attempt: effect.attempt, recordCount });
    const returned = (result: Called): void => post({ kind: "returned", called: result });
    if (effect.isTooLarge) {
      if (options.isReplayed === true) return;
      void Promise.resolve().then(() => returned(tooLarge(effect.eventBytes)));
      return;
    }
    const { isReporting } = context.settings;
    void context.invoker
      .invoke(
        {
          functionArn: context.spec.functionArn,
          mappingUuid: context.spec.uuid,
          requestId,
          recordCount,
          pack: () => context.kind.pack(unit, batch.records, window, effect.attempt),
          text: () => context.kind.text(unit, batch.records, window, effect.attempt),
          // By the call's own window: windows may have been switched off while this batch was in hand (H-10).
          isAnswerWanted: isReporting || window !== null,
        },
        context.force.signal,
      )
      .then((answer) => {
        const partialAnswers = context.spec.group?.partialAnswers ?? null;
        const asked = { isReporting, isTumbling: window !== null, partialAnswers };
        returned(callOutcome(answer, context.kind, batch.records, asked));
      });
  }

  function noteDecided(effect: Extract<Effect<R>, { kind: "decided" }>): void {
    const { batch, outcome, verdict } = effect;
    const last = batch.records.at(-1);
    note({
      kind: "decided",
      batch: nameOf(batch),
      requestId: requestIdOf(batch),
      attempt: effect.attempt,
      outcome: called?.name ?? "ok",
      verdict: verdict === "halve" ? "bisect" : verdict === "giveUp" ? "give up" : verdict,
      recordCount: batch.records.length,
      payloadBytes: context.settings.envelopeBytes + batch.recordBytes,
      failedCount: failedCount(outcome, batch.records.length),
      tookMs: called?.tookMs ?? 0,
      iteratorAgeMs: last === undefined ? null : Math.max(0, turnAtMs - last.arrivedAtMs),
      executedVersion: called?.executedVersion ?? null,
      error: called?.error ?? null,
      retryAfterMs: effect.retryAtMs === null ? null : effect.retryAtMs - turnAtMs,
      next: effect.next.map((each) => ({
        batch: nameOf(each),
        recordCount: each.records.length,
        first: positionOf(each.records[0]),
        last: positionOf(each.records.at(-1)),
        ...batchPartitions(each.records, context.kind, batch.records),
      })),
    });
    if (verdict !== "retry" && verdict !== "giveUp") requestIds.delete(batch.id);
  }

  function giveUp(effect: Extract<Effect<R>, { kind: "giveUp" }>): void {
    const { batch, condition } = effect;
    const requestId = requestIdOf(batch);
    requestIds.delete(batch.id);
    const destination = context.spec.onFailureArn;
    const name = nameOf(batch);
    const recordCount = batch.records.length;
    note({
      kind: "gave-up",
      batch: name,
      requestId,
      condition,
      recordCount,
      attempts: batch.attempts,
      ...span(batch.records),
      ...batchPartitions(batch.records, context.kind),
      destination,
      ...(context.settings.acknowledged === undefined ? {} : { isPoison: true }),
    });
    if (destination === null) return options.onEnded(batch.records, "givenUp", batch.attempts); // O-14
    const executedVersion = effect.outcome === null ? null : (called?.executedVersion ?? null);
    const report = reportOf(context, unit, { ...effect, requestId, destination, executedVersion });
    reportCount += 1;
    // In order within the lane; the lane itself goes on at once (E-21), and whatever comes of it, the records have ended (O-15).
    reports = reports
      .then(() => context.reporter.send(report))
      .then((answer) => {
        reportCount -= 1;
        const atMs = context.clock.nowMs();
        const detail = answer.kind === "refused" ? answer.detail : "";
        const reported = { batch: name, requestId, destination, answer: answer.kind, detail };
        feed()?.reported(path, { ...reported, records: batch.records }, atMs);
        context.note(path, { kind: "reported", ...reported, recordCount }, atMs);
        options.onEnded(batch.records, "givenUp", batch.attempts);
        options.onTurn();
      });
  }

  function wakeAt(atMs: number | null): void {
    cancelWake?.();
    cancelWake = atMs === null ? null : context.clock.wakeAt(atMs, () => post({ kind: "woke" }));
  }

  const positionOf = (record: R | undefined): string => (record === undefined ? "" : context.kind.position(record));

  function span(records: readonly R[]): { readonly first: string | null; readonly last: string | null } {
    const [first] = records;
    const last = records.at(-1);
    return first === undefined || last === undefined
      ? { first: null, last: null }
      : { first: context.kind.position(first), last: context.kind.position(last) };
  }

  return {
    post,
    lane: () => lane,
    start: startNow,
    openFeed,
    isOver: () =>
      reportCount === 0 &&
      (lane.phase.kind === "stopped" || (lane.isEnded && lane.phase.kind === "ready" && isDrained(lane))),
    reportCount: () => reportCount,
    isRunning: () => lane.phase.kind === "inFlight",
    report: () => laneReport(path, lane, settingsNow(), context.clock.nowMs()),
    oldestArrivedAtMs: () => (lane.stack.at(-1)?.records[0] ?? firstOf(lane.waiting))?.arrivedAtMs ?? null,
  };
}
