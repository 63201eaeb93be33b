// A mapping on a real Kafka by the production runner and adapter, with a handler in place of function threads: what the simulated topic's
// tests show, where the broker's word counts.

import { describe, expect, onTestFinished, test } from "vitest";
import { createKafkaKind } from "../../src/kinds/kafka/kafka-kind.ts";
import type { KafkaRecord } from "../../src/kinds/kafka/kafka-record.ts";
import { createSystemClock } from "../../src/platform/system-clock.ts";
import { createSystemRandom } from "../../src/platform/system-random.ts";
import type { Answer } from "../../src/ports/invoker.ts";
import type { Checkpoint, Checkpoints } from "../../src/ports/checkpoints.ts";
import { createGroupRunner } from "../../src/runtime/group/group-runner.ts";
import { createKeptJournal } from "../../src/sim/journal-digest.ts";
import { type GroupOptions, groupSpec } from "../runtime/group/told-group.ts";
import { liveTopic } from "./support/live-topic.ts";

type LiveTopic = Awaited<ReturnType<typeof liveTopic>>;
type Offsets = Readonly<Record<string, readonly number[]>>;

interface MappingOptions extends Pick<GroupOptions, "lane" | "group" | "start"> {
  readonly handler?: (offsets: Offsets, index: number) => Promise<boolean> | boolean;
}

/** Outlive their mapping, as a store does. */
function keptCheckpoints(): Checkpoints {
  const kept = new Map<string, Checkpoint>();
  return {
    load: () => Promise.resolve(new Map(kept)),
    save(unit, checkpoint) {
      kept.set(unit, checkpoint);
      return Promise.resolve("kept");
    },
  };
}

function aMapping(live: LiveTopic, { handler, ...options }: MappingOptions = {}, checkpoints = keptCheckpoints()) {
  const clock = createSystemClock();
  const calls: Offsets[] = [];
  const positioned = Promise.withResolvers<void>();
  const stopped = Promise.withResolvers<void>();
  const runner = createGroupRunner<KafkaRecord>({
    spec: groupSpec({ ...options, lane: { windowMs: 200, ...options.lane } }),
    kind: createKafkaKind({
      flavour: "selfManaged",
      eventSourceArn: null,
      bootstrapServers: live.server,
      topic: live.topic,
    }),
    source: live.source(),
    checkpoints,
    invoker: {
      async invoke(call): Promise<Answer> {
        const event: {
          readonly records: Record<string, readonly { readonly partition: number; readonly offset: number }[]>;
        } = JSON.parse(call.text());
        const offsets = Object.fromEntries(
          Object.values(event.records).map((list) => [`p${list[0]?.partition}`, list.map(({ offset }) => offset)]),
        );
        calls.push(offsets);
        const isGood = (await handler?.(offsets, calls.length - 1)) ?? true;
        const ran = { executedVersion: "$LATEST", tookMs: 1 };
        if (isGood) return { kind: "returned", json: null, ...ran };
        return { kind: "functionError", reason: "threw", errorType: "Error", message: "told to", trace: [], ...ran };
      },
    },
    reporter: { send: () => Promise.resolve({ kind: "delivered" }) },
    journal: createKeptJournal(clock),
    clock,
    random: createSystemRandom(),
    compileFilter: () => null,
    events: {
      positioned: () => positioned.resolve(),
      updated: () => {},
      problem: () => {},
      unrecoverable: () => {},
      stopped: () => stopped.resolve(),
      fenced: () => {},
    },
  });
  runner.start();
  const stop = async (): Promise<void> => {
    runner.stop({ isDelete: false, graceMs: 60_000 });
    await stopped.promise;
  };
  onTestFinished(stop);
  return {
    calls,
    checkpoints,
    runner,
    positioned: positioned.promise,
    stop,
  };
}

describe("a mapping on a real Kafka", () => {
  test("TM-11, TM-12, M-402: a batch of two partitions is tried until it goes well, and then committed", async () => {
    await using live = await liveTopic({ partitionCount: 2 });
    for (const partition of [0, 1]) await live.send(partition, ["a", "b"]);
    const committedAtCall: (string | null)[] = [];
    const mapping = aMapping(live, {
      lane: { batchSize: 4, windowMs: 60_000 },
      async handler(_offsets, index) {
        committedAtCall.push(await live.committed(0));
        return index === 2;
      },
    });
    await live.eventually(() => Promise.resolve(mapping.calls.length === 3));
    await live.eventually(async () => (await live.committed(0)) === "2" && (await live.committed(1)) === "2");
    expect(mapping.calls.map((each) => Object.keys(each).toSorted())).toEqual([
      ["p0", "p1"],
      ["p0", "p1"],
      ["p0", "p1"],
    ]);
    expect(mapping.calls[2]).toEqual({ p0: [0, 1], p1: [0, 1] });
    expect(committedAtCall).toEqual([null, null, null]);
    await mapping.stop();
  });

  test("TM-39, M-505: LATEST is where the topic ended as the mapping was made", async () => {
    await using live = await liveTopic();
    await live.send(0, ["before", "before"]);
    const mapping = aMapping(live, { start: { kind: "latest" } });
    await mapping.positioned;
    await live.send(0, ["after"]);
    await live.eventually(() => Promise.resolve(mapping.calls.length > 0));
    expect(mapping.calls[0]).toEqual({ p0: [2] });
    await mapping.stop();
  });

  test("TM-52, M-507: a stop lets the batch end and commits it; the next start goes on behind it", async () => {
    await using live = await liveTopic();
    await live.send(0, ["a", "b", "c", "d"]);
    const isOut = Promise.withResolvers<void>();
    const mayEnd = Promise.withResolvers<void>();
    const mapping = aMapping(live, {
      lane: { batchSize: 2 },
      async handler() {
        isOut.resolve();
        await mayEnd.promise;
        return true;
      },
    });
    await isOut.promise;
    const stopping = mapping.stop();
    mayEnd.resolve();
    await stopping;
    expect(mapping.calls).toEqual([{ p0: [0, 1] }]);
    expect(await live.committed()).toBe("2");
    const next = aMapping(live, { lane: { batchSize: 2 } }, mapping.checkpoints);
    await live.eventually(() => Promise.resolve(next.calls.length > 0));
    await live.eventually(async () => (await live.committed()) === "4");
    expect(next.calls).toEqual([{ p0: [2, 3] }]);
    await next.stop();
  });

  test("M-204, M-205, M-809: with three members of one process every record is called with", async () => {
    await using live = await liveTopic({ partitionCount: 6 });
    for (let partition = 0; partition < 6; partition += 1)
      await live.send(
        partition,
        Array.from({ length: 200 }, (_, index) => `v${index}`),
      );
    const mapping = aMapping(live, {
      lane: { batchSize: 25 },
      group: { isProvisioned: true, leastPollerCount: 3, mostPollerCount: 3, callsAPoller: 5 },
    });
    await live.eventually(() => Promise.resolve(mapping.calls.length > 0));
    await live.eventually(async () => {
      const all = await Promise.all([0, 1, 2, 3, 4, 5].map((partition) => live.committed(partition)));
      return all.every((each) => each === "200");
    });
    const seen = new Set(
      mapping.calls.flatMap((call) =>
        Object.entries(call).flatMap(([unit, list]) => list.map((each) => `${unit}/${each}`)),
      ),
    );
    expect(seen.size).toBe(1_200);
    await mapping.stop();
  });
});
