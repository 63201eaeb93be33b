// One poller of a queue: receives, assembles a batch over as many receives as that takes, calls the function, and sees to what follows.
// When it may begin is the runner's to say; what closes a batch and what follows a call, the core's.
//
// Q1  A poller has one batch at a time: what waits at a gate, for a call's end or for a refused call's turn is that one.
// Q2  A message that was received is in a batch, deleted, handed to the runner, or let go; which one, the journal says.
// Q3  Nothing is received while a stop is under way: what an aborted receive brings all the same is given back at once.

import { assertNever } from "../../core/assert-never.ts";
import { closedByWord, type Closer } from "../../core/closer.ts";
import { afterCall, mayStart } from "../../core/queue/after-call.ts";
import { added, closerOf, emptyBatch, type OpenQueueBatch, windowEndMs } from "../../core/queue/open-batch.ts";
import { receiveLimit } from "../../core/queue/receive-limit.ts";
import type { SqsRecord } from "../../kinds/sqs/sqs-kind.ts";
import type { Cancel } from "../../ports/clock.ts";
import type { Fact, ReturnedWhy } from "../../ports/journal.ts";
import type { Received } from "../../ports/queues.ts";
import type { LaneReport } from "../lane-report.ts";
import { openReport } from "./open-report.ts";
import type { MessageDeletes } from "./message-deletes.ts";
import { firstNames, namedMessages } from "../named-messages.ts";
import { giveBack } from "./give-back.ts";
import { askedVisibilityMs, leaseEndMs, type QueueContext } from "./queue-context.ts";
import { callBatch, type ClosedBatch, decidedFact } from "./queue-call.ts";
import type { QueueCalled } from "./queue-outcome.ts";

/** A long poll, as SQS has it at most. */
const LONGEST_WAIT_MS = 20_000;

/** What a poller asks of the mapping's runner, and tells it. */
export interface PollerHouse {
  readonly deletes: MessageDeletes;
  /** The last receive of the mapping brought as many as it asked for. */
  isAtWork(): boolean;
  /** The queue may be asked, but is not to be waited for: it was in trouble when it was asked last. */
  isProbing(): boolean;
  /** The queue is in no trouble, or it is time to ask it again, and nobody does. */
  mayAsk(): boolean;
  isGateShut(): boolean;
  /** A call could start, and no person holds the mapping, or one has asked for a step. */
  mayReceive(): boolean;
  /** Behind a shut gate: takes the step that was asked for, if one was. */
  takeStep(): boolean;
  /** A receive has been answered; null: no such queue. `isFull`: it brought all it was asked for. */
  received(answer: { readonly isFull: boolean; readonly count: number; readonly hasWaited: boolean } | null): void;
  unreachable(error: unknown): void;
  /** These passed no filter. */
  passedOver(records: readonly SqsRecord[]): void;
  /** Received, and in no batch: another poller takes them up. */
  left(records: readonly SqsRecord[]): void;
  called(called: QueueCalled): void;
  /** The poller has nothing to do, or a call of its has started: others may begin. */
  changed(): void;
}

export interface QueuePoller {
  phase(): Phase["kind"];
  isReceiving(): boolean;
  /** With messages that another has left, or by a receive. Only when idle. */
  begin(left: readonly SqsRecord[]): void;
  /** Settings or the gate are new. */
  look(): void;
  /** A step: true if a batch of this poller waited for it. */
  stepped(): boolean;
  stop(): void;
  heldCount(): number;
  oldestArrivedAtMs(): number | null;
  report(): LaneReport | null;
}

type Phase =
  | { readonly kind: "idle" }
  /** A receive is out, a window runs, or both. */
  | { readonly kind: "gathering" }
  /** A closed batch waits for a person. */
  | { readonly kind: "atGate"; readonly batch: ClosedBatch }
  | { readonly kind: "calling"; readonly batch: ClosedBatch }
  /** A refused call waits for its turn. */
  | { readonly kind: "holding"; readonly batch: ClosedBatch }
  /** A stop: what was received is being given back. */
  | { readonly kind: "leaving" };

export function createQueuePoller(context: QueueContext, house: PollerHouse, index: number): QueuePoller {
  const { clock, kind, queues } = context;
  const { queueName, isFifo } = context.spec.source;
  const path = `${context.spec.uuid}/${queueName}/${index}`;
  let phase: Phase = { kind: "idle" };
  let open: OpenQueueBatch<SqsRecord> = emptyBatch;
  /** FIFO: of the same receive, behind the batch that is out. */
  let behind: readonly SqsRecord[] = [];
  let endedAtMs: number | null = null;
  let receiving: AbortController | null = null;
  let cancelWake: Cancel | null = null;
  let isStopping = false;

  const note = (fact: Fact): void => context.note(path, fact);

  function wakeAt(atMs: number | null, wake: () => void = look): void {
    cancelWake?.();
    if (atMs === null) cancelWake = null;
    else {
      cancelWake = clock.wakeAt(atMs, () => {
        cancelWake = null;
        wake();
      });
    }
  }

  function rest(): void {
    phase = { kind: "idle" };
    wakeAt(null);
    house.changed();
  }

  // --- Receiving ----------------------------------------------------------------------------------------------------

  function begin(left: readonly SqsRecord[]): void {
    phase = { kind: "gathering" };
    if (left.length > 0) return gather(left);
    receive();
  }

  function receive(): void {
    const { limits } = context;
    const nowMs = clock.nowMs();
    const roomCount = limits.batchSize - open.records.length;
    const max = receiveLimit({ roomCount, isAtWork: house.isAtWork(), isFifo });
    const isOpen = open.records.length > 0;
    const untilMs = isOpen ? windowEndMs(open, limits, nowMs) : nowMs + LONGEST_WAIT_MS;
    const waitMs = house.isProbing() ? 0 : Math.min(LONGEST_WAIT_MS, Math.max(0, untilMs - nowMs));
    const roomBytes = limits.eventLimitBytes - limits.envelopeBytes - open.recordBytes;
    const own = new AbortController();
    receiving = own;
    const asked = {
      max,
      maxBytes: Math.max(1, roomBytes),
      visibilityMs: askedVisibilityMs(context),
      waitMs,
      isOneGroup: isFifo && !context.spec.queue.pace.isMixingGroups,
      isShared: !isFifo,
    };
    queues.receive(queueName, asked, own.signal).then(
      (answer) => answered(own, max, waitMs, answer),
      (error: unknown) => {
        if (receiving === own) receiving = null;
        house.unreachable(error);
        afterReceive();
      },
    );
  }

  function answered(own: AbortController, max: number, waitMs: number, answer: Received | null): void {
    if (receiving === own) receiving = null;
    if (answer === null) {
      house.received(null);
      return afterReceive();
    }
    const { messages, deadLetters } = answer;
    for (const { messageId, receiveCount, deadLetterQueue } of deadLetters)
      note({ kind: "dead-letter", messageId, receiveCount, queue: deadLetterQueue });
    const records = recordsOf(messages);
    const passing = records.length === 0 ? records : filtered(records, messages.length < max);
    const hasWaited = waitMs > 0 && !own.signal.aborted;
    // One that was ended before anything came says nothing of the queue.
    if (messages.length > 0 || !own.signal.aborted)
      house.received({ isFull: messages.length >= max, count: messages.length, hasWaited });
    if (isStopping) return handBack([...open.records, ...passing], null);
    gather(passing);
  }

  function recordsOf(messages: Received["messages"]): readonly SqsRecord[] {
    const hasWindow = context.limits.windowMs > 0;
    const atMs = clock.nowMs();
    return messages.map((message) => kind.record(message, { ordinal: context.messageCount++, hasWindow, atMs }));
  }

  /** Notes what was read; what passes no filter is deleted at once. */
  function filtered(records: readonly SqsRecord[], isCaughtUp: boolean): readonly SqsRecord[] {
    const { filter } = context;
    const passing = filter === null ? records : records.filter((record) => filter.passes(kind.filterView(record)));
    const kept = passing.length === records.length ? null : new Set(passing);
    const dropped = kept === null ? [] : records.filter((record) => !kept.has(record));
    const [first, last] = [records[0], records.at(-1)];
    note({
      kind: "read",
      recordCount: records.length,
      filteredCount: records.length - passing.length,
      first: first === undefined ? null : kind.position(first),
      last: last === undefined ? null : kind.position(last),
      isCaughtUp,
      ...(dropped.length === 0 ? {} : { passedOver: firstNames(dropped, kind) }),
    });
    if (dropped.length === 0) return passing;
    house.passedOver(dropped);
    house.deletes.delete(dropped, { lane: path, batch: null, requestId: null });
    return passing;
  }

  function gather(arrived: readonly SqsRecord[]): void {
    const grown = added(open, arrived, context.limits, { endedAtMs, nowMs: clock.nowMs() });
    open = grown.open;
    if (isFifo) behind = [...behind, ...grown.rest];
    else if (grown.rest.length > 0) house.left(grown.rest);
    afterReceive();
  }

  /** The batch closes, the next receive goes out, or there is nothing to do. */
  function afterReceive(): void {
    if (isStopping) return handBack(open.records, null);
    if (phase.kind !== "gathering") return;
    if (open.records.length === 0) return rest();
    look();
  }

  // --- Assembling ---------------------------------------------------------------------------------------------------

  function look(): void {
    if (phase.kind === "atGate") return atGate(phase.batch);
    if (phase.kind !== "gathering") return;
    if (!house.mayReceive()) receiving?.abort();
    if (open.records.length === 0) return;
    const nowMs = clock.nowMs();
    if (open.records.length > context.limits.batchSize) return regather();
    const closer = closerOf(open, context.limits, nowMs);
    if (closer !== null) {
      // The batch closes when the receive that is out for it has answered: what that brings is in it, or goes to another.
      if (receiving !== null) return receiving.abort();
      return close(closer, nowMs);
    }
    wakeAt(windowEndMs(open, context.limits, nowMs));
    // While a person holds the mapping, or the queue is in trouble, the window ends with what there is.
    if (receiving === null && house.mayReceive() && house.mayAsk()) receive();
  }

  /** The batch size is lower than it was (H-10). */
  function regather(): void {
    const { records, windowFromMs } = open;
    open = { ...emptyBatch, windowFromMs };
    gather(records);
  }

  function close(closer: Closer, nowMs: number): void {
    wakeAt(null);
    const { records, recordBytes, windowFromMs } = open;
    open = emptyBatch;
    const name = String(++context.batchCount);
    const requestId = context.random.uuid("request");
    const [first, last] = [records[0], records.at(-1)];
    note({
      kind: "batch-closed",
      batch: name,
      closedBy: closedByWord(closer),
      recordCount: records.length,
      payloadBytes: context.limits.envelopeBytes + recordBytes,
      windowMs: context.limits.windowMs === 0 || windowFromMs === null ? null : nowMs - windowFromMs,
      first: first === undefined ? null : kind.position(first),
      last: last === undefined ? null : kind.position(last),
      oldestArrivedAtMs: oldestOf(records),
      receives: namedMessages(records, ({ message: { messageId: id, receiveCount }, receivedAtMs }) => {
        return { id, receivedAtMs, receiveCount };
      }),
    });
    atGate({ name, requestId, records, recordBytes, calls: 0, refusals: 0 });
  }

  // --- Calling ------------------------------------------------------------------------------------------------------

  /** A batch that a person holds is let go while its messages stay hidden for as long as the function may run. */
  function atGate(batch: ClosedBatch): void {
    if (!house.isGateShut() || house.takeStep()) return call(batch);
    phase = { kind: "atGate", batch };
    const { functionTimeoutMs } = context.spec.queue;
    const endMs = leaseEndMs(batch.records, context);
    if (!mayStart(clock.nowMs(), endMs, functionTimeoutMs)) return letGo(batch, "paused too long");
    wakeAt(endMs - functionTimeoutMs + 1);
    house.changed();
  }

  function call(batch: ClosedBatch): void {
    const { name, requestId, records } = batch;
    phase = { kind: "calling", batch };
    wakeAt(null);
    const attempt = batch.calls + 1;
    note({ kind: "invoked", batch: name, requestId, attempt, recordCount: records.length });
    void callBatch(context, batch).then((called) => settle({ ...batch, calls: batch.calls + 1 }, called));
    house.changed();
  }

  function settle(batch: ClosedBatch, called: QueueCalled): void {
    const nowMs = clock.nowMs();
    const { records } = batch;
    const refusals = called.outcome.kind === "refused" ? batch.refusals + 1 : 0;
    const leaseEndsAtMs = leaseEndMs(records, context);
    const { functionTimeoutMs } = context.spec.queue;
    const held = { recordCount: records.length, refusalCount: refusals, leaseEndsAtMs };
    const verdict = afterCall(called.outcome, held, { nowMs, functionTimeoutMs });
    const isHeld = verdict.kind === "retry" && !isStopping;
    const decided = isHeld
      ? ({ verdict: "retry", retryAfterMs: verdict.atMs - nowMs } as const)
      : ({ verdict: verdict.kind === "done" ? "done" : "return", retryAfterMs: null } as const);
    note(decidedFact(context, batch, called, decided));
    house.called(called);
    if (verdict.kind === "retry") {
      const again = { ...batch, refusals };
      // A call that was ended by force may have done its work: nobody else is to do it before its visibility is over.
      if (context.force.signal.aborted) return letGo(batch, "stopped");
      if (isStopping) return handBack([...records, ...behind], batch.name);
      phase = { kind: "holding", batch: again };
      return wakeAt(verdict.atMs, () => atGate(again));
    }
    const kept = new Set(verdict.kind === "done" ? [] : verdict.keptIndexes);
    const gone = kept.size === 0 ? records : records.filter((_, at) => !kept.has(at));
    house.deletes.delete(gone, { lane: path, batch: batch.name, requestId: batch.requestId });
    if (verdict.kind === "return") {
      const returning = records.filter((_, at) => kept.has(at));
      const visibleAgainAtMs = leaseEndMs(returning, context);
      const which = returning.length === records.length ? {} : { messages: firstNames(returning, kind) };
      const { why } = verdict;
      note({ kind: "returned", batch: batch.name, recordCount: kept.size, why, visibleAgainAtMs, ...which });
    }
    ended(nowMs, verdict.kind === "done" ? null : verdict.why);
  }

  /** They come back when their visibility is over (P-29). */
  function letGo(batch: ClosedBatch, why: "paused too long" | "stopped"): void {
    const visibleAgainAtMs = leaseEndMs(batch.records, context);
    note({ kind: "returned", batch: batch.name, recordCount: batch.records.length, why, visibleAgainAtMs });
    ended(clock.nowMs(), why);
  }

  /** What was received behind a batch follows it if that is over; else its group's order would break, so it comes back with it (P-30). */
  function ended(nowMs: number, why: ReturnedWhy | null): void {
    endedAtMs = nowMs;
    const next = behind;
    behind = [];
    if (next.length === 0) return isStopping ? handBack([], null) : rest();
    if (isStopping) return handBack(next, null);
    phase = { kind: "gathering" };
    const visibleAgainAtMs = leaseEndMs(next, context);
    // A handler that outlives visibility has lost these, too: others may have them already.
    if (why === null && nowMs < visibleAgainAtMs) return gather(next);
    const told = why === "reported" ? "failed" : (why ?? "paused too long");
    const messages = firstNames(next, kind);
    note({ kind: "returned", batch: null, recordCount: next.length, why: told, visibleAgainAtMs, messages });
    rest();
  }

  // --- Stopping -----------------------------------------------------------------------------------------------------

  function stop(): void {
    if (isStopping) return;
    isStopping = true;
    switch (phase.kind) {
      case "idle":
      case "calling":
      case "leaving":
        return;
      case "gathering":
        if (receiving !== null) return receiving.abort();
        return handBack(open.records, null);
      case "atGate":
      case "holding":
        return handBack([...phase.batch.records, ...behind], phase.batch.name);
      default:
        return assertNever(phase);
    }
  }

  function handBack(records: readonly SqsRecord[], batch: string | null): void {
    open = emptyBatch;
    behind = [];
    wakeAt(null);
    phase = { kind: "leaving" };
    void giveBack(context, records, { lane: path, batch }).then(rest);
  }

  return {
    phase: () => phase.kind,
    isReceiving: () => receiving !== null,
    begin,
    look,
    stepped() {
      if (phase.kind !== "atGate") return false;
      atGate(phase.batch);
      return true;
    },
    stop,
    heldCount: () => open.records.length + behind.length + ("batch" in phase ? phase.batch.records.length : 0),
    oldestArrivedAtMs: () => oldestOf("batch" in phase ? phase.batch.records : open.records),
    report: () => openReport(path, open, context.limits, clock.nowMs()),
  };
}

function oldestOf(records: readonly SqsRecord[]): number | null {
  let oldest: number | null = null;
  for (const { arrivedAtMs } of records) oldest = oldest === null ? arrivedAtMs : Math.min(oldest, arrivedAtMs);
  return oldest;
}
