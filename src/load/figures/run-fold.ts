// Folds a run's journal as it comes: batches, calls, failures, lanes. Which of the sent records a batch had is told at the end (fates.ts), so
// that an entry may come before its sender knows the record's place.
//
// R1  Bounded by batches, not by entries: of a batch that went well at once one small value stays.
// R2  A name of a batch is a mapping's own and begins anew with each start of it: a later batch of the same name is another one.

import type { Entry } from "../../ports/journal.ts";
import type { LoadObservation } from "../observation.ts";
import type { LoadRun } from "../report.ts";
import { type CallCounts, countCall, hasRun, noCalls } from "./call-counts.ts";
import { type ClosedBatches, createClosedBatches } from "./closed-batches.ts";
import { createStory, createTrees, tellCall, tellGivenUp } from "./failing-batch.ts";
import { createLaneTimes, gathered, type LaneTimes } from "./lane-times.ts";
import { conclude, type Identity, type LiveBatch, partOf, restName } from "./live-batch.ts";
import { countAt, createNumbers, type Numbers } from "./numbers.ts";
import { type Ended, type Fate, fates, type Root, type Who } from "./who.ts";

type Of<K extends Entry["kind"]> = Extract<Entry, { kind: K }>;

/** What has to be known of a run before its first entry. */
export type RunHead = Pick<LoadObservation, "startedAtMs" | "batchSize" | "family" | "mapping">;

export interface RunFold {
  /** Entries of one lane in their order, of several by time. Entries of other mappings are passed over. */
  take(entry: Entry): void;
  /** What has been told until this instant; more may be taken behind it. */
  told(untilMs: number): Told;
}

/** The identity that was tried most often. */
export interface LongestTry {
  readonly attempts: number;
  readonly heldMs: number;
}

export interface Told {
  readonly roots: readonly Root[];
  readonly ends: readonly Ended[];
  readonly closed: ClosedBatches;
  readonly calls: CallCounts;
  readonly lanes: readonly LaneTimes[];
  /** Of calls that ran and have ended, in the order of their ends. */
  readonly startedAtMs: Numbers;
  readonly endedAtMs: Numbers;
  readonly tookMs: Numbers;
  /** Of calls that are out. */
  readonly runningSinceMs: readonly number[];
  readonly ages: Numbers;
  readonly agePerSecond: readonly (number | undefined)[];
  readonly attempts: readonly number[];
  readonly trees: LoadRun["failures"]["trees"];
  /** Of batches of which something was given up: invocations beyond the first one, and how long their lanes had them. */
  readonly extraInvocations: number;
  readonly givingUpMs: number;
  readonly longestTry: LongestTry;
  /** Of a queue: how often the message was received that was received most often; 0: not known. */
  readonly mostReceives: number;
  readonly firstError: LoadRun["failures"]["firstError"];
  /** Given up beside the one record that failed (O-13). */
  readonly gaveUpAlong: number;
  /** By the journal alone: where messages are not all named, the records' own counts are not known. */
  readonly doneCount: number;
  readonly gaveUpCount: number;
}

const firstLineOf = ({ type, message }: { readonly type: string; readonly message: string }) => ({
  type,
  message: message.split("\n", 1).join(""),
});

export function createRunFold(head: RunHead): RunFold {
  const { uuid, eventLimitBytes } = head.mapping;
  const isOfMessages = head.family === "queue" || head.family === "broker";
  const closed = createClosedBatches(head.batchSize, eventLimitBytes);
  const roots: Root[] = [];
  const ends: Ended[] = [];
  const lanes = new Map<string, LaneTimes>();
  const live = new Map<string, Identity>();
  const calls = noCalls();
  const [startedAtMs, endedAtMs, tookMs, ages] = [createNumbers(), createNumbers(), createNumbers(), createNumbers()];
  const agePerSecond: (number | undefined)[] = [];
  const attempts: number[] = [];
  const trees = createTrees();
  const sums = { extraInvocations: 0, givingUpMs: 0, gaveUpAlong: 0, doneCount: 0, gaveUpCount: 0 };
  let longestTry: LongestTry = { attempts: 0, heldMs: 0 };
  let mostReceives = 0;
  let firstError: LoadRun["failures"]["firstError"] = null;

  const secondOf = (atMs: number): number => Math.max(0, Math.floor((atMs - head.startedAtMs) / 1_000));

  function timesOf(lane: string): LaneTimes {
    const known = lanes.get(lane);
    if (known !== undefined) return known;
    const fresh = createLaneTimes(lane);
    lanes.set(lane, fresh);
    return fresh;
  }

  // --- Batches ------------------------------------------------------------------------------------------------------

  function begin(entry: Of<"batch-closed" | "gave-up" | "invoked">, oldestAtMs: number | null): Identity {
    const isNamed = entry.kind !== "invoked";
    const root: Root = {
      lane: entry.lane,
      first: isNamed ? entry.first : null,
      last: isNamed ? entry.last : null,
      count: entry.recordCount,
      partitions: isNamed ? entry.partitions : [],
      ids: entry.kind === "batch-closed" ? entry.receives?.flatMap(({ ids }) => ids) : undefined,
      closedMs: entry.atMs - head.startedAtMs,
      startedAtMs: Number.NaN,
      doneAtMs: Number.NaN,
      isParted: false,
    };
    roots.push(root);
    const batch: LiveBatch = {
      root,
      name: entry.batch,
      times: timesOf(entry.lane),
      oldestAtMs,
      openCount: 0,
      callCount: 0,
      firstCallAtMs: Number.NaN,
      heldSinceMs: Number.NaN,
      gaveUpCount: 0,
      story: null,
    };
    return add(batch, entry.batch, { kind: "run", root, from: 0, count: root.count }, 1, root.count);
  }

  function add(batch: LiveBatch, name: string, who: Who, from: number, count: number): Identity {
    const none = { calledAtMs: Number.NaN, hasFailed: false, returnedAtMs: Number.NaN };
    const identity = { batch, name, who, from, count, ...none };
    batch.openCount += 1;
    live.set(name, identity);
    return identity;
  }

  function close(entry: Of<"batch-closed">): void {
    const { atMs, oldestArrivedAtMs, receives, recordCount, payloadBytes, closedBy } = entry;
    const identity = begin(entry, oldestArrivedAtMs);
    for (const { receiveCount } of receives ?? []) mostReceives = Math.max(mostReceives, receiveCount ?? 0);
    // What lies in a queue waits for no poller; what a poller has received waits for this batch.
    const waitingSinceMs =
      head.family === "queue" && receives !== undefined && receives.length > 0
        ? Math.min(...receives.map(({ receivedAtMs }) => receivedAtMs))
        : (oldestArrivedAtMs ?? atMs);
    gathered(identity.batch.times, atMs, { waitingSinceMs });
    // A tumbling window's last call has no records: nothing is told of how full it is.
    if (recordCount > 0) closed.add({ closedBy, recordCount, payloadBytes, second: secondOf(atMs) });
  }

  /** One of its identities is over; with the last of them the batch is. */
  function leave({ batch, name }: Identity, atMs: number): void {
    live.delete(name);
    batch.openCount -= 1;
    if (batch.openCount > 0) return;
    batch.times.freeSinceMs = atMs;
    if (batch.story !== null) conclude(batch, atMs, trees, sums);
  }

  function end(identity: Identity, who: Who, atMs: number, fate: Fate): void {
    const { root } = identity.batch;
    if (fate === fates.done && who === identity.who && identity.name === identity.batch.name) root.doneAtMs = atMs;
    else {
      root.isParted = true;
      ends.push({ who, atMs, fate });
    }
  }

  // --- Calls --------------------------------------------------------------------------------------------------------

  function invoked(entry: Of<"invoked">): void {
    const { atMs } = entry;
    // What goes on of a topic's batch after a partition was taken away (M-808): the journal does not say which records that are.
    const identity = live.get(entry.batch) ?? begin(entry, null);
    const { batch } = identity;
    identity.calledAtMs = atMs;
    batch.callCount += 1;
    if (Number.isNaN(batch.firstCallAtMs)) batch.firstCallAtMs = atMs;
    if (Number.isNaN(batch.root.startedAtMs)) batch.root.startedAtMs = atMs;
    if (!Number.isNaN(batch.heldSinceMs)) batch.times.heldMs += atMs - batch.heldSinceMs;
    batch.heldSinceMs = Number.NaN;
    if (identity.hasFailed) calls.retries += 1;
    if (isOfMessages && batch.oldestAtMs !== null) noteAge(Math.max(0, atMs - batch.oldestAtMs), atMs);
  }

  function noteAge(ageMs: number, atMs: number): void {
    ages.push(ageMs);
    const second = secondOf(atMs);
    while (agePerSecond.length < second) agePerSecond.push(undefined);
    agePerSecond[second] = Math.max(agePerSecond[second] ?? ageMs, ageMs);
  }

  function decided(entry: Of<"decided">): void {
    const { atMs, outcome, verdict } = entry;
    if (entry.iteratorAgeMs !== null && !isOfMessages) noteAge(entry.iteratorAgeMs, atMs);
    if (entry.error !== null && outcome !== "throttled") firstError ??= firstLineOf(entry.error);
    const identity = live.get(entry.batch);
    if (identity === undefined) return;
    const { batch } = identity;
    countCall(calls, entry);
    batch.times.runningMs += atMs - identity.calledAtMs;
    if (hasRun(outcome)) {
      startedAtMs.push(identity.calledAtMs);
      endedAtMs.push(atMs);
      tookMs.push(entry.tookMs);
    }
    identity.calledAtMs = Number.NaN;
    identity.hasFailed = verdict === "retry" && outcome !== "throttled" && outcome !== "fault";
    if (verdict !== "retry") countAt(attempts, Math.max(0, entry.attempt - 1));
    if (identity.hasFailed && entry.attempt > longestTry.attempts)
      longestTry = { attempts: entry.attempt, heldMs: atMs - batch.firstCallAtMs };
    if (verdict !== "done" || batch.story !== null) {
      batch.story ??= createStory(batch.name, batch.root.lane);
      tellCall(batch.story, identity, outcome === "throttled" ? "≈" : verdict === "done" ? "✓" : "✗");
    }
    batch.heldSinceMs = atMs;
    follow(identity, entry);
  }

  function follow(identity: Identity, entry: Of<"decided">): void {
    const { batch, who, from } = identity;
    const { atMs, verdict, next } = entry;
    switch (verdict) {
      case "done":
        // A queue says itself what it has deleted.
        sums.doneCount += head.family === "queue" ? 0 : identity.count;
        end(identity, who, atMs, fates.done);
        return leave(identity, atMs);
      case "bisect": {
        let behind = 0;
        for (const half of next) {
          add(batch, half.batch, partOf(who, behind, half.recordCount), from + behind, half.recordCount);
          behind += half.recordCount;
        }
        return leave(identity, atMs);
      }
      case "rest": {
        const [rest] = next;
        if (rest === undefined) return;
        const doneCount = identity.count - rest.recordCount;
        sums.doneCount += doneCount;
        const kept: Who =
          rest.partitions === undefined
            ? partOf(who, doneCount, rest.recordCount)
            : { kind: "partitions", partitions: rest.partitions };
        end(identity, { kind: "without", who, gone: kept }, atMs, fates.done);
        const place = rest.partitions === undefined ? from + doneCount : Number.NaN;
        add(batch, rest.batch, kept, place, rest.recordCount);
        return leave(identity, atMs);
      }
      case "return":
        identity.returnedAtMs = atMs;
        return;
      case "give up":
      case "retry":
        return;
    }
  }

  function gaveUp(entry: Of<"gave-up">): void {
    const { atMs, recordCount, partitions } = entry;
    const identity = live.get(entry.batch) ?? begin(entry, null);
    const { batch, who } = identity;
    sums.gaveUpCount += recordCount;
    batch.gaveUpCount += recordCount;
    if (entry.condition === "RetryAttemptsExhausted") sums.gaveUpAlong += recordCount - 1;
    batch.story ??= createStory(batch.name, batch.root.lane);
    const restCount = identity.count - recordCount;
    if (restCount <= 0) {
      tellGivenUp(batch.story, identity);
      end(identity, who, atMs, fates.gaveUp);
      return leave(identity, atMs);
    }
    // Only what was too old, or could not be sent, went: what is left goes on under the name of a rest (E-13).
    const gone: Who = partitions === undefined ? partOf(who, 0, recordCount) : { kind: "partitions", partitions };
    const rest: Who = partitions === undefined ? partOf(who, recordCount, restCount) : { kind: "without", who, gone };
    tellGivenUp(batch.story, { name: `${identity.name} `, from: identity.from, count: recordCount });
    end(identity, gone, atMs, fates.gaveUp);
    add(batch, restName(identity.name), rest, identity.from + recordCount, restCount);
    leave(identity, atMs);
  }

  /** Messages that come back are open; what a batch had beside them is done. */
  function returned(entry: Of<"returned">): void {
    const identity = live.get(entry.batch ?? "");
    if (identity === undefined) return;
    const { messages, atMs } = entry;
    if (messages !== undefined && !Number.isNaN(identity.returnedAtMs)) {
      const gone: Who = { kind: "ids", ids: messages };
      end(identity, { kind: "without", who: identity.who, gone }, identity.returnedAtMs, fates.done);
    }
    leave(identity, atMs);
  }

  function endMessage(id: string, atMs: number): void {
    sums.gaveUpCount += 1;
    ends.push({ who: { kind: "ids", ids: [id] }, atMs, fate: fates.gaveUp });
  }

  return {
    take(entry) {
      if (entry.mapping !== uuid) return;
      switch (entry.kind) {
        case "batch-closed":
          return close(entry);
        case "invoked":
          return invoked(entry);
        case "decided":
          return decided(entry);
        case "gave-up":
          return gaveUp(entry);
        case "returned":
          return returned(entry);
        case "deleted":
          calls.missed += entry.missedCount;
          if (entry.batch !== null) sums.doneCount += entry.recordCount;
          return;
        case "dead-letter":
          calls.deadLetters += 1;
          return endMessage(entry.messageId, entry.atMs);
        case "unsupported":
          return endMessage(entry.position, entry.atMs);
        case "reported":
          if (entry.answer === "delivered") calls.documents += 1;
          return;
        default:
          return;
      }
    },
    told(untilMs) {
      const parts = [...live.values()];
      const batches = new Set(parts.map(({ batch }) => batch));
      const ended = { trees: createTrees(trees.costliest()), sums: { ...sums } };
      for (const batch of batches) conclude(batch, untilMs, ended.trees, ended.sums);
      const lanesNow = new Map([...lanes.values()].map((times) => [times.lane, { ...times }]));
      const runningSinceMs: number[] = [];
      // A call that is out has its event.
      const callsNow = { ...calls };
      for (const { calledAtMs, batch, count } of parts) {
        if (Number.isNaN(calledAtMs)) continue;
        runningSinceMs.push(calledAtMs);
        callsNow.invocations += 1;
        callsNow.deliveries += count;
        const times = lanesNow.get(batch.times.lane);
        if (times !== undefined) times.runningMs += Math.max(0, untilMs - calledAtMs);
      }
      for (const {
        heldSinceMs,
        times: { lane },
      } of batches) {
        const times = lanesNow.get(lane);
        if (times !== undefined && !Number.isNaN(heldSinceMs)) times.heldMs += Math.max(0, untilMs - heldSinceMs);
      }
      return {
        roots,
        ends,
        closed,
        calls: callsNow,
        lanes: [...lanesNow.values()],
        startedAtMs,
        endedAtMs,
        tookMs,
        runningSinceMs,
        ages,
        agePerSecond,
        attempts,
        trees: ended.trees.costliest(),
        longestTry,
        mostReceives,
        firstError,
        ...ended.sums,
      };
    },
  };
}
