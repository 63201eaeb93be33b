// A member of a group whose records go through a schema registry. While the registry cannot say what a record is, its partition stands
// still and is tried again, after a delay that grows; nothing of it is decided (M-414). What the member and the registry have to complain
// of is told as one: the member's first.

import type { KafkaRecord } from "../../../src/kinds/kafka/kafka-record.ts";
import { kafkaRecord } from "../../../src/kinds/kafka/kafka-record.ts";
import type { Clock } from "../../../src/ports/clock.ts";
import type { GroupMember, MemberEvent } from "../../../src/ports/group-source.ts";
import type { SourceProblem } from "../../../src/ports/source.ts";
import { createGrowingDelay } from "../../../src/runtime/growing-delay.ts";
import { createBell } from "../bell.ts";
import { sleep } from "../sleep.ts";
import { createHeldPartitions, type PartitionEvent } from "./held-partitions.ts";
import type { RegistryDecoder } from "./registry-decoder.ts";

const RETRY = { firstMs: 200, mostMs: 10_000 };

type Told = MemberEvent<KafkaRecord>;
type RecordsEvent = Extract<Told, { readonly kind: "records" }>;

export function createDecodingMember(
  member: GroupMember<KafkaRecord>,
  decoder: RegistryDecoder,
  clock: Clock,
): GroupMember<KafkaRecord> {
  const held = createHeldPartitions(member);
  const delay = createGrowingDelay(RETRY);
  const news = createBell();
  const closing = new AbortController();
  const arrived: Told[] = [];
  let isReading = false;
  let isRetryDue = false;
  let isWaiting = false;
  let ofMember: SourceProblem | null = null;
  let ofRegistry: SourceProblem | null = null;
  let told: SourceProblem | null = null;

  function readOn(signal: AbortSignal): void {
    if (isReading) return;
    isReading = true;
    void member.read(signal).then((events) => {
      isReading = false;
      arrived.push(...events);
      news.ring();
    });
  }

  async function take(event: Told): Promise<readonly Told[]> {
    switch (event.kind) {
      case "problem":
        ofMember = event.problem;
        return [];
      case "recovered":
        ofMember = null;
        return [];
      case "revoked":
        held.forget(event.partitions);
        if (held.isEmpty) ofRegistry = null;
        return [event];
      case "assigned":
        return [event];
      case "records":
      case "passed":
        return arrive(event);
    }
  }

  async function arrive(event: PartitionEvent): Promise<readonly Told[]> {
    // While the registry is away another question would only take its time. What it cannot use is one schema's matter.
    const isAway = ofRegistry !== null && ofRegistry.code !== "wrongType";
    if (held.has(event.partition) || (isAway && event.kind === "records" && event.records.length > 0)) {
      held.hold(event);
      return [];
    }
    const { ready, rest } = await decodedEvent(event);
    if (rest !== null) held.hold(rest);
    return ready;
  }

  /** `ready`: what can be told of it now. `rest`: what cannot, from the first record on that the registry could not say. */
  async function decodedEvent(
    event: PartitionEvent,
  ): Promise<{ readonly ready: readonly Told[]; readonly rest: RecordsEvent | null }> {
    if (event.kind !== "records") return { ready: [event], rest: null };
    const records: KafkaRecord[] = [];
    for (const record of event.records) {
      const answer = await decoder.decode(record);
      if ("problem" in answer) {
        ofRegistry = { ...answer.problem, isOfRegistry: true };
        retryLater();
        const rest = { ...event, records: event.records.slice(records.length) };
        if (records.length === 0) return { ready: [], rest };
        return { ready: [{ ...event, records, isCaughtUp: false }], rest: { ...rest, lost: null } };
      }
      records.push(kafkaRecord({ ...record, ...answer }));
    }
    return { ready: [{ ...event, records }], rest: null };
  }

  function retryLater(): void {
    if (isWaiting) return;
    isWaiting = true;
    void sleep(clock, delay.nextMs(), closing.signal).then(() => {
      isWaiting = false;
      isRetryDue = true;
      news.ring();
    });
  }

  /** Partition by partition, until the registry cannot say again. */
  async function tryHeld(): Promise<readonly Told[]> {
    isRetryDue = false;
    const ready: Told[] = [];
    const stuck: PartitionEvent[][] = [];
    ofRegistry = null;
    while (!held.isEmpty && (ofRegistry === null || isOneSchema(ofRegistry))) {
      const events = [...held.takeNext()];
      const partition = events[0]?.partition;
      while (events.length > 0) {
        const [first] = events;
        if (first === undefined) break;
        const answer = await decodedEvent(first);
        ready.push(...answer.ready);
        if (answer.rest !== null) {
          events[0] = answer.rest;
          break;
        }
        events.shift();
      }
      if (events.length > 0) stuck.push(events);
      else if (partition !== undefined) held.release(partition);
    }
    for (const events of stuck) held.putBack(events);
    if (held.isEmpty) delay.reset();
    return ready;
  }

  const isOneSchema = ({ code }: SourceProblem): boolean => code === "wrongType";

  function complaint(): readonly Told[] {
    const problem = ofMember ?? ofRegistry;
    if (problem?.detail === told?.detail && problem?.text === told?.text) return [];
    told = problem;
    return [problem === null ? { kind: "recovered" } : { kind: "problem", problem }];
  }

  return {
    async read(signal) {
      while (!signal.aborted) {
        const events: Told[] = [];
        if (isRetryDue) events.push(...(await tryHeld()));
        for (const event of arrived.splice(0)) events.push(...(await take(event)));
        events.push(...complaint());
        if (events.length > 0) return events;
        readOn(signal);
        // A retry may have come due while something was being decoded.
        if (!isRetryDue && arrived.length === 0) await news.wait(signal);
      }
      return [];
    },
    pause: (partitions) => held.pausedByReader(partitions, true),
    resume: (partitions) => held.pausedByReader(partitions, false),
    commit: (places) => member.commit(places),
    async close() {
      closing.abort();
      await member.close();
    },
  };
}
