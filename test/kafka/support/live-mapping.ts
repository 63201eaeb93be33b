// A mapping on a topic of a real Kafka by the production runner and adapter, with a handler in place of function threads.

import { onTestFinished } from "vitest";
import { createKafkaKind } from "../../../src/kinds/kafka/kafka-kind.ts";
import type { KafkaRecord } from "../../../src/kinds/kafka/kafka-record.ts";
import { createSystemClock } from "../../../src/platform/system-clock.ts";
import { createSystemRandom } from "../../../src/platform/system-random.ts";
import type { Start } from "../../../src/ports/source.ts";
import { createGroupRunner } from "../../../src/runtime/group/group-runner.ts";
import { createKeptJournal } from "../../../src/sim/journal-digest.ts";
import { calmStore, createVirtualCheckpoints, type VirtualCheckpoints } from "../../../src/sim/virtual-checkpoints.ts";
import type { MemberTimes } from "../../../workers/kafka/kafka-member.ts";
import { type GroupOptions, groupSpec } from "../../runtime/group/told-group.ts";
import type { liveTopic } from "./live-topic.ts";

type LiveTopic = Awaited<ReturnType<typeof liveTopic>>;

/** Of an event, by partition number: the texts of its values. */
export type SeenValues = Readonly<Record<string, readonly string[]>>;

export interface LiveMappingOptions extends Pick<GroupOptions, "lane" | "group"> {
  readonly start?: Start;
  readonly times?: Partial<MemberTimes>;
  /** Rejects: the function throws. */
  readonly handler?: (values: SeenValues) => Promise<void> | void;
}

/** Of a topic's mappings, which are one mapping that is started again. */
const stores = new Map<string, VirtualCheckpoints>();
let generation = 0;

export function liveMapping(live: LiveTopic, options: LiveMappingOptions = {}) {
  const clock = createSystemClock();
  const journal = createKeptJournal(clock);
  const events: SeenValues[] = [];
  const problems: (string | null)[] = [];
  const stopped = Promise.withResolvers<void>();
  const positioned = Promise.withResolvers<void>();
  const { lane, group, start } = options;
  const spec = groupSpec({
    lane: { windowMs: 0, ...lane },
    ...(group === undefined ? {} : { group }),
    ...(start === undefined ? {} : { start }),
  });
  const bootstrapServers = live.server;
  const store = stores.get(live.topic) ?? createVirtualCheckpoints(clock);
  stores.set(live.topic, store);
  const runner = createGroupRunner<KafkaRecord>({
    spec,
    kind: createKafkaKind({ flavour: "selfManaged", eventSourceArn: null, bootstrapServers, topic: live.topic }),
    source: live.source(options.times),
    checkpoints: store.of(++generation, calmStore),
    invoker: {
      async invoke(call) {
        const values = valuesOf(call.text());
        events.push(values);
        try {
          await options.handler?.(values);
          return { kind: "returned", json: null, executedVersion: "$LATEST", tookMs: 1 };
        } catch (error) {
          const told = { errorType: "Error", message: String(error), trace: [] };
          return { kind: "functionError", reason: "threw", ...told, executedVersion: "$LATEST", tookMs: 1 };
        }
      },
    },
    reporter: { send: () => Promise.resolve({ kind: "refused", detail: "there is no destination" }) },
    journal,
    clock,
    random: createSystemRandom(),
    compileFilter: () => null,
    events: {
      positioned: () => positioned.resolve(),
      updated: () => {},
      problem: (problem) => problems.push(problem?.text ?? null),
      unrecoverable: () => {},
      stopped: () => stopped.resolve(),
      fenced: () => stopped.resolve(),
    },
  });
  runner.start();
  const stop = async (): Promise<void> => {
    runner.stop({ isDelete: false, graceMs: 60_000 });
    await stopped.promise;
  };
  onTestFinished(stop);
  return {
    /** Of calls that have begun, in order. */
    events,
    problems,
    positioned: positioned.promise,
    values: () => events.flatMap((event) => Object.values(event).flat()),
    stop,
  };
}

function valuesOf(text: string): SeenValues {
  const event: { readonly records: Record<string, readonly { readonly value: string }[]> } = JSON.parse(text);
  return Object.fromEntries(
    Object.entries(event.records).map(([unit, records]) => [
      unit.split("-").at(-1) ?? "",
      records.map(({ value }) => Buffer.from(value, "base64").toString()),
    ]),
  );
}
