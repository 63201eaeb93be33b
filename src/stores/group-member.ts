// A member of a group on an embedded topic: what it is told of its partitions, what it reads of them, what it commits.

import type { PartitionEpoch } from "../core/record.ts";
import { type KafkaRecord, kafkaRecord, partitionHeadBytes, partitionUnit } from "../kinds/kafka/kafka-record.ts";
import type { AssignedPartition, GroupMember, MemberEvent } from "../ports/group-source.ts";
import type { Position, SourceProblem, UnitId } from "../ports/source.ts";
import { createGrowingDelay } from "../runtime/growing-delay.ts";
import type { EmbeddedGroupOptions } from "./embedded-group-source.ts";
import type { GroupCoordinator, Sharer } from "./group-coordinator.ts";
import { storeBroken } from "./stream-problems.ts";
import { TopicFrameCursor } from "./topic-frames.ts";
import { topicMissing } from "./topic-problems.ts";
import type { KnownTopic, TopicRead, TopicReadAnswer } from "./topic-protocol.ts";

/** What one read brings at most, of all partitions together. */
const READ_RECORDS = 10_000;
const READ_BYTES = 4_000_000;

/** As its coordinator knows it. */
export type GroupMemberState = Sharer;

interface Epoch {
  readonly partition: PartitionEpoch;
  readonly number: number;
  readonly incarnation: number;
  nextOffset: number;
  nextOrdinal: number;
  isTipKnown: boolean;
  isPaused: boolean;
}

export function openGroupMember(
  options: EmbeddedGroupOptions,
  coordinator: GroupCoordinator<GroupMemberState>,
  startOf: (unit: UnitId) => Position | null,
): GroupMember<KafkaRecord> {
  const { client, clock, storedName: name, topic, groupId } = options;
  const epochs = new Map<number, Epoch>();
  const granted = new Set<number>();
  const revoked = new Set<number>();
  const delay = createGrowingDelay();
  const missing = topicMissing(name);
  let isStanding = false;
  let saidProblem: string | null = null;
  /** Which partition comes first in the next read. */
  let turn = 0;
  let wake: () => void = () => undefined;
  const state: Sharer = {
    revoke: (partition) => void revoked.add(partition),
    grant: (partition) => void granted.add(partition),
    woken: () => wake(),
  };
  coordinator.join(state);

  function takeRevoked(): readonly MemberEvent<KafkaRecord>[] {
    const over: PartitionEpoch[] = [];
    const partitions = [...revoked];
    revoked.clear();
    for (const number of partitions) {
      const epoch = epochs.get(number);
      epochs.delete(number);
      granted.delete(number);
      if (epoch !== undefined) over.push(epoch.partition);
    }
    for (const number of partitions) coordinator.released(number);
    return over.length === 0 ? [] : [{ kind: "revoked", partitions: over }];
  }

  function told(problem: SourceProblem): readonly MemberEvent<KafkaRecord>[] {
    if (problem.detail === saidProblem) return [];
    saidProblem = problem.detail;
    return [{ kind: "problem", problem }];
  }

  function recovered(): readonly MemberEvent<KafkaRecord>[] {
    delay.reset();
    if (saidProblem === null) return [];
    saidProblem = null;
    return [{ kind: "recovered" }];
  }

  /** M-502, M-504: where the group has no place, the mapping's start decides. `stale`: it is another topic by now, as the next read says. */
  async function startsOf(known: KnownTopic, wanted: readonly number[]): Promise<Map<number, number> | "stale"> {
    const { isAnew } = coordinator;
    const committed = await client.ask("topic-group", { name, groupId });
    const places = new Map(committed.map(({ partition, nextOffset }) => [partition, nextOffset]));
    const found = await client.ask("topic-describe", { name });
    if (found?.incarnation !== known.incarnation) return "stale";
    const starts = new Map<number, number>();
    for (const number of wanted) {
      const started = isAnew ? null : startOf(partitionUnit(topic, number));
      const first = found.partitions[number]?.firstOffset ?? 0;
      starts.set(number, places.get(number) ?? (started === null ? first : Number(started) + 1));
    }
    // Kept at once: after a restart nobody would know that it is another topic than the one that the mapping's start was looked up in.
    if (isAnew) await commitNow(known.incarnation, starts);
    return starts;
  }

  function commitNow(incarnation: number, places: Iterable<readonly [number, number]>): Promise<"kept" | "ended"> {
    return client.ask("topic-commit", {
      name,
      incarnation,
      groupId,
      mapping: options.mappingUuid,
      generation: options.generation,
      places: Array.from(places, ([partition, nextOffset]) => ({ partition, nextOffset })),
    });
  }

  async function takeGranted(known: KnownTopic): Promise<readonly MemberEvent<KafkaRecord>[] | "stale"> {
    const starts = granted.size === 0 ? new Map<number, number>() : await startsOf(known, [...granted]);
    if (starts === "stale") return "stale";
    const partitions: AssignedPartition[] = [];
    for (const [number, nextOffset] of starts) {
      if (revoked.has(number)) continue;
      granted.delete(number);
      const unit = partitionUnit(topic, number);
      const partition = { unit, epoch: options.nextEpoch(), headBytes: partitionHeadBytes(unit) };
      const { incarnation } = known;
      epochs.set(number, {
        partition,
        number,
        incarnation,
        nextOffset,
        nextOrdinal: 0,
        isTipKnown: false,
        isPaused: false,
      });
      partitions.push({ partition, after: nextOffset === 0 ? null : String(nextOffset - 1) });
    }
    if (isStanding && partitions.length === 0) return [];
    isStanding = true;
    return [{ kind: "assigned", partitions }];
  }

  function recordsOf(answer: TopicRead): readonly MemberEvent<KafkaRecord>[] {
    const events: MemberEvent<KafkaRecord>[] = [];
    let at = 0;
    for (const part of answer.parts) {
      // Memory of its own: what waits of one partition does not hold what was read of all others (M-208).
      const bytes = new Uint8Array(answer.frames.slice(at, at + part.frameBytes));
      at += part.frameBytes;
      const epoch = epochs.get(part.partition);
      // Nothing else moves an epoch's place while a read is out, and one that began meanwhile was not asked for.
      if (epoch === undefined) continue;
      const cursor = new TopicFrameCursor(bytes);
      const records: KafkaRecord[] = [];
      let offset = part.firstOffset;
      for (; !cursor.isAtEnd; cursor.next()) records.push(recordAt(cursor, epoch, offset++));
      epoch.nextOffset = offset;
      epoch.isTipKnown = part.isCaughtUp;
      const { isCaughtUp, lost } = part;
      events.push({ kind: "records", partition: epoch.partition, records, isCaughtUp, lost });
    }
    turn += 1;
    return events;
  }

  function wantedNow(): readonly Epoch[] {
    const reading = [...epochs.values()].filter(({ isPaused }) => !isPaused);
    const first = turn % Math.max(1, reading.length);
    return [...reading.slice(first), ...reading.slice(0, first)];
  }

  async function ask(signal: AbortSignal, known: KnownTopic | null): Promise<TopicReadAnswer> {
    const woken = new AbortController();
    const onAbort = (): void => woken.abort();
    signal.addEventListener("abort", onAbort, { once: true });
    wake = onAbort;
    try {
      const wanted = wantedNow().map(({ number, nextOffset, isTipKnown }) => ({
        partition: number,
        nextOffset,
        isTipKnown,
      }));
      // Whoever has yet to say that it is missing does not wait for it.
      const isWaiting = known !== null || saidProblem === missing.detail;
      const request = { name, known, wanted, limit: READ_RECORDS, maxBytes: READ_BYTES, isWaiting };
      return await client.ask("topic-read", request, { signal: woken.signal });
    } finally {
      wake = () => undefined;
      signal.removeEventListener("abort", onAbort);
    }
  }

  async function step(signal: AbortSignal): Promise<readonly MemberEvent<KafkaRecord>[]> {
    const over = takeRevoked();
    if (over.length > 0) return over;
    const { known } = coordinator;
    if (known !== null && (granted.size > 0 || !isStanding)) {
      const assigned = await takeGranted(known);
      if (assigned !== "stale") return assigned.length > 0 ? [...recovered(), ...assigned] : [];
      // What was revoked meanwhile is told first.
      if (revoked.size > 0) return [];
    }
    const answer = await ask(signal, known);
    if (signal.aborted) return [];
    switch (answer.kind) {
      case "missing":
        coordinator.topicIs(null);
        return told(missing);
      case "changed":
        coordinator.topicIs({ incarnation: answer.incarnation, partitionCount: answer.partitionCount });
        return [];
      case "topic-read":
        return [...recovered(), ...recordsOf(answer)];
    }
  }

  /** Ends early where something has changed. */
  async function pauseFor(ms: number, signal: AbortSignal): Promise<void> {
    const paused = Promise.withResolvers<void>();
    const onEnd = (): void => paused.resolve();
    const cancel = clock.wakeAt(clock.nowMs() + ms, onEnd);
    signal.addEventListener("abort", onEnd, { once: true });
    wake = onEnd;
    await paused.promise;
    wake = () => undefined;
    signal.removeEventListener("abort", onEnd);
    cancel();
  }

  return {
    async read(signal) {
      while (!signal.aborted) {
        try {
          const events = await step(signal);
          if (events.length > 0) return events;
        } catch (error) {
          const events = told(storeBroken(error));
          if (events.length > 0) return events;
          await pauseFor(delay.nextMs(), signal);
        }
      }
      return [];
    },
    pause: (partitions) => setPaused(partitions, true),
    resume(partitions) {
      setPaused(partitions, false);
      wake();
    },
    async commit(places) {
      const live = places.filter(({ partition }) => epochOf(partition) !== undefined);
      const over = places.filter(({ partition }) => epochOf(partition) === undefined);
      const ended = over.map(({ partition }) => partition);
      const incarnation = live.map(({ partition }) => epochOf(partition)?.incarnation ?? -1)[0];
      if (incarnation === undefined) return { kind: "kept", ended };
      try {
        const answer = await commitNow(
          incarnation,
          live.map(({ partition, place }) => [epochOf(partition)?.number ?? 0, Number(place) + 1] as const),
        );
        return { kind: "kept", ended: answer === "kept" ? ended : places.map(({ partition }) => partition) };
      } catch (error) {
        return { kind: "failed", detail: error instanceof Error ? error.message : String(error) };
      }
    },
    close() {
      coordinator.leave(state);
      epochs.clear();
      return Promise.resolve();
    },
  };

  function epochOf({ epoch }: PartitionEpoch): Epoch | undefined {
    return [...epochs.values()].find(({ partition }) => partition.epoch === epoch);
  }

  function setPaused(partitions: readonly PartitionEpoch[], isPaused: boolean): void {
    for (const partition of partitions) {
      const epoch = epochOf(partition);
      if (epoch !== undefined) epoch.isPaused = isPaused;
    }
  }
}

function recordAt(cursor: TopicFrameCursor, epoch: Epoch, offset: number): KafkaRecord {
  return kafkaRecord({
    ordinal: epoch.nextOrdinal++,
    arrivedAtMs: cursor.timestampMs,
    partition: epoch.partition,
    partitionNumber: epoch.number,
    offset: String(offset),
    timestampType: "CREATE_TIME",
    key: cursor.key,
    value: cursor.value,
    headers: cursor.headers,
    schema: null,
  });
}
