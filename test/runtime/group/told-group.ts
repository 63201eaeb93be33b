// A mapping on a virtual topic under the world's clock: the production runner, core and Kafka kind, a function that answers by a script,
// and notes of what the function, the group and the destination saw.

import { EVENT_LIMIT_BYTES, IDLE_CLOSE_MS, type LaneSettings, STATE_LIMIT_BYTES } from "../../../src/core/settings.ts";
import type { PassingFilter } from "../../../src/core/filter/passing-filter.ts";
import { createKafkaKind } from "../../../src/kinds/kafka/kafka-kind.ts";
import { type KafkaRecord, kafkaRecord, partitionHeadBytes } from "../../../src/kinds/kafka/kafka-record.ts";
import { nextTurn } from "../../../src/platform/turn.ts";
import type { Answer } from "../../../src/ports/invoker.ts";
import type { Entry, Fact } from "../../../src/ports/journal.ts";
import type { GroupReading, GroupSpec } from "../../../src/ports/mapping-spec.ts";
import type { Start } from "../../../src/ports/source.ts";
import { createGroupRunner } from "../../../src/runtime/group/group-runner.ts";
import { createKeptJournal } from "../../../src/sim/journal-digest.ts";
import { createSeededRandom } from "../../../src/sim/seeded-random.ts";
import { calmStore, createVirtualCheckpoints, type StoreFates } from "../../../src/sim/virtual-checkpoints.ts";
import { createVirtualClock } from "../../../src/sim/virtual-clock.ts";
import { calmTopic, type TopicFates } from "../../../src/sim/virtual-log.ts";
import { createVirtualTopic } from "../../../src/sim/virtual-topic.ts";

export const STARTS_AT_MS = 1_790_000_000_000;

/** What a test writes: its text; `!TEXT` is one that its schema does not fit. */
export type Written = string;

export interface SeenCall {
  /** Since the beginning. */
  readonly atMs: number;
  /** `p0:0-2 p1:7`. */
  readonly shown: string;
  readonly offsets: Readonly<Record<string, readonly number[]>>;
  readonly text: string;
  readonly requestId: string;
  readonly tookMs: number;
}

export interface SeenDocument {
  readonly atMs: number;
  readonly body: unknown;
  readonly objectKey: string | null;
  /** Of a message for a topic of Kafka. */
  readonly key: string | null;
}

export type Told = "ok" | "throws" | "throttled" | { readonly json: string };
export type Handler = (call: SeenCall, index: number) => Told;

export interface GroupOptions {
  readonly partitionCount?: number;
  readonly firstOffset?: bigint;
  readonly lane?: Partial<LaneSettings>;
  readonly group?: Partial<GroupReading>;
  readonly start?: Start;
  readonly onFailureArn?: string;
  readonly handler?: Handler;
  readonly tookMs?: () => number;
  readonly filter?: (text: string) => boolean;
  readonly fates?: TopicFates;
  readonly store?: StoreFates;
  /** Whether the destination takes what it is sent. */
  readonly isReporterUp?: () => boolean;
  /** Before this, the destination answers nothing. */
  readonly reporterAnswers?: Promise<void>;
}

export const groupSpec = (options: GroupOptions): GroupSpec => ({
  uuid: "00000000-0000-4000-8000-000000000001",
  generation: 1,
  eventSourceArn: "",
  region: "us-east-1",
  functionArn: "arn:aws:lambda:us-east-1:000000000000:function:f",
  functionName: "f",
  roleArn: "",
  start: options.start ?? { kind: "trimHorizon" },
  parallelizationFactor: 1,
  lane: {
    batchSize: 100,
    windowMs: 1_000,
    windowFrom: "firstRecord",
    retries: -1,
    maxAgeMs: -1,
    isBisecting: false,
    isReporting: false,
    tumblingMs: 0,
    idleCloseMs: IDLE_CLOSE_MS,
    eventLimitBytes: EVENT_LIMIT_BYTES,
    stateLimitBytes: STATE_LIMIT_BYTES,
    isOversizedGivenUp: true,
    ...options.lane,
  },
  filterPatterns: options.filter === undefined ? [] : ["told"],
  onFailureArn: options.onFailureArn ?? null,
  isCountingEvents: false,
  source: { kind: "embeddedKafka", storedName: "kafka/c/t", topic: "t", groupId: "g" },
  queue: null,
  group: {
    flavour: "selfManaged",
    bootstrapServers: "127.0.0.1:9092",
    leastPollerCount: 1,
    mostPollerCount: 1,
    isProvisioned: false,
    callsAPoller: 1,
    isMixing: true,
    partialAnswers: "checkpoint",
    disabledAfterMs: 600_000,
    registry: null,
    ...options.group,
  },
});

const kind = createKafkaKind({
  flavour: "selfManaged",
  eventSourceArn: null,
  bootstrapServers: "127.0.0.1:9092",
  topic: "t",
});

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);

export function tellGroup(options: GroupOptions = {}) {
  const clock = createVirtualClock(STARTS_AT_MS);
  const journal = createKeptJournal(clock);
  const checkpoints = createVirtualCheckpoints(clock);
  const calls: SeenCall[] = [];
  const documents: SeenDocument[] = [];
  const heard: string[] = [];
  const random = createSeededRandom(1);
  let handler: Handler = options.handler ?? (() => "ok");
  let mostAtOnce = 0;
  let outCount = 0;
  let generation = 1;

  const topic = createVirtualTopic<KafkaRecord, Written>({
    clock,
    topic: "t",
    partitionCount: options.partitionCount ?? 1,
    fates: options.fates ?? calmTopic,
    headBytesOf: partitionHeadBytes,
    ...(options.firstOffset === undefined ? {} : { firstOffset: options.firstOffset }),
    record: ({ partition, partitionNumber, ordinal, offset, writtenAtMs, value }) =>
      kafkaRecord({
        partition,
        partitionNumber,
        ordinal,
        offset,
        arrivedAtMs: writtenAtMs,
        timestampType: "CREATE_TIME",
        key: null,
        value: bytesOf(value),
        headers: [],
        schema: value.startsWith("!") ? { key: null, value: null, fault: "SCHEMA_NOT_FOUND" } : null,
      }),
  });

  function filterOf(): PassingFilter | null {
    const { filter } = options;
    if (filter === undefined) return null;
    return { passes: ({ dataText }) => filter(String(dataText)), whyNot: () => "told to" };
  }

  function mapping(spec = groupSpec(options)) {
    const source = topic.source();
    const stopped = Promise.withResolvers<void>();
    let isDead = false;
    const runner = createGroupRunner<KafkaRecord>({
      spec,
      kind,
      source,
      checkpoints: checkpoints.of(generation++, options.store ?? calmStore),
      invoker: {
        invoke: (call) =>
          new Promise((resolve) => {
            if (isDead) return;
            const seen = seenCall(call.text(), call.requestId, {
              atMs: clock.nowMs() - STARTS_AT_MS,
              tookMs: options.tookMs?.() ?? 0,
            });
            const { tookMs } = seen;
            calls.push(seen);
            const told = handler(seen, calls.length - 1);
            outCount += 1;
            mostAtOnce = Math.max(mostAtOnce, outCount);
            clock.wakeAt(clock.nowMs() + tookMs, () => {
              outCount -= 1;
              if (!isDead) resolve(answerOf(told, tookMs));
            });
          }),
      },
      reporter: {
        async send({ body, objectKey, messages }) {
          await options.reporterAnswers;
          if (options.isReporterUp?.() === false) return { kind: "refused", detail: "told to" };
          const atMs = clock.nowMs() - STARTS_AT_MS;
          if (messages === undefined) documents.push({ atMs, body: JSON.parse(body), objectKey, key: null });
          for (const { key, value } of messages ?? [])
            documents.push({ atMs, body: JSON.parse(value), objectKey, key: key === null ? null : String(key) });
          return { kind: "delivered" };
        },
      },
      journal,
      clock,
      random,
      compileFilter: filterOf,
      events: {
        positioned: () => heard.push("positioned"),
        updated: () => heard.push("updated"),
        problem: (problem) => heard.push(problem?.text ?? "well"),
        unrecoverable: (reason) => heard.push(reason),
        stopped: () => {
          heard.push("stopped");
          stopped.resolve();
        },
        fenced: () => heard.push("fenced"),
      },
    });
    return {
      runner,
      spec,
      stopped: stopped.promise,
      /** The process dies here: nothing of it goes on. */
      kill() {
        isDead = true;
        topic.kill(source);
      },
    };
  }

  async function pass(ms: number): Promise<void> {
    const untilMs = clock.nowMs() + ms;
    do await nextTurn();
    while (clock.runNext(untilMs));
    clock.passTo(untilMs);
  }

  return {
    clock,
    topic,
    hasPartition: (partition: number): boolean => partition < (options.partitionCount ?? 1),
    calls,
    documents,
    heard,
    pass,
    mapping,
    checkpoints,
    answerWith(next: Handler) {
      handler = next;
    },
    produce(partition: number, count: number, text: (index: number) => string = (index) => `v${index}`): void {
      topic.produce(
        partition,
        Array.from({ length: count }, (_, index) => text(index)),
      );
    },
    /** `[p0:0-2] [p1:0]`. */
    shown: () => calls.map(({ shown }) => `[${shown}]`).join(" "),
    /** `C0=3 C1=7`, in the order in which they were committed. */
    commits: () =>
      topic
        .commits()
        .map(({ unit, offset }) => `C${unit.slice(2)}=${offset}`)
        .join(" "),
    facts<K extends Fact["kind"]>(wanted: K): readonly (Entry & Extract<Fact, { kind: K }>)[] {
      return journal
        .entries()
        .filter((entry): entry is typeof entry & Extract<Fact, { kind: K }> => entry.kind === wanted);
    },
    entries: () => journal.entries(),
    digest: () => journal.digest(),
    mostAtOnce: () => mostAtOnce,
  };
}

export type ToldGroup = ReturnType<typeof tellGroup>;

function seenCall(
  text: string,
  requestId: string,
  times: { readonly atMs: number; readonly tookMs: number },
): SeenCall {
  const event: { readonly records: Record<string, readonly { readonly offset: number }[]> } = JSON.parse(text);
  const offsets = Object.fromEntries(
    Object.entries(event.records).map(([unit, records]) => [unit, records.map(({ offset }) => offset)]),
  );
  const shown = Object.entries(offsets).map(([unit, list]) => `p${unit.slice(2)}:${ranges(list)}`);
  return { ...times, shown: shown.join(" "), offsets, text, requestId };
}

function ranges(offsets: readonly number[]): string {
  const runs: [number, number][] = [];
  for (const offset of offsets) {
    const last = runs.at(-1);
    if (last !== undefined && offset === last[1] + 1) last[1] = offset;
    else runs.push([offset, offset]);
  }
  return runs.map(([from, to]) => (from === to ? `${from}` : `${from}-${to}`)).join(",");
}

function answerOf(told: Told, tookMs: number): Answer {
  if (told === "throttled") return { kind: "refused", reason: "throttled", message: "told to" };
  if (told === "throws") {
    const error = { errorType: "Error", message: "told to", trace: [] };
    return { kind: "functionError", reason: "threw", ...error, executedVersion: "$LATEST", tookMs };
  }
  return { kind: "returned", json: told === "ok" ? null : told.json, executedVersion: "$LATEST", tookMs };
}
