// A member behind a registry that comes and goes, with a scripted member and registry, under a clock that is moved by hand.

import { describe, expect, test } from "vitest";
import type { PartitionEpoch } from "../../../src/core/record.ts";
import { type KafkaRecord, kafkaRecord } from "../../../src/kinds/kafka/kafka-record.ts";
import type { GroupMember, MemberEvent } from "../../../src/ports/group-source.ts";
import type { SourceProblem } from "../../../src/ports/source.ts";
import { createVirtualClock } from "../../../src/sim/virtual-clock.ts";
import { createDecodingMember } from "../../../workers/kafka/registry/decoding-member.ts";
import type { DecodedRecord, RegistryDecoder } from "../../../workers/kafka/registry/registry-decoder.ts";

type Event = MemberEvent<KafkaRecord>;

const p0: PartitionEpoch = { unit: "t-0", epoch: 1, headBytes: 8 };
const p1: PartitionEpoch = { unit: "t-1", epoch: 2, headBytes: 8 };
const away: SourceProblem = { code: "unreachable", text: "PROBLEM: away", detail: "the registry is away" };
const unusable: SourceProblem = { code: "wrongType", text: "PROBLEM: odd", detail: "schema 9 cannot be used" };

function recordsOf(partition: PartitionEpoch, texts: readonly string[], first = 0): Event {
  const records = texts.map((text, index) =>
    kafkaRecord({
      ordinal: first + index,
      partition,
      partitionNumber: partition === p0 ? 0 : 1,
      offset: String(first + index),
      arrivedAtMs: 0,
      timestampType: "CREATE_TIME",
      key: null,
      value: Buffer.from(text),
      headers: [],
      schema: null,
    }),
  );
  return { kind: "records", partition, records, isCaughtUp: true, lost: null };
}

/** As short as it can be told: what a test compares. */
function short(event: Event): unknown {
  if (event.kind === "records") {
    const values = event.records.map(({ value }) => Buffer.from(value ?? []).toString());
    return [event.partition.unit, ...values, ...(event.isCaughtUp ? ["tip"] : [])];
  }
  if (event.kind === "problem") return event.problem.detail;
  if (event.kind === "passed") return [event.partition.unit, "passed", event.through];
  if (event.kind === "revoked") return ["revoked", ...event.partitions.map(({ unit }) => unit)];
  return event.kind;
}

function aHouse() {
  const clock = createVirtualClock(0);
  const waiting: Event[][] = [];
  const told: unknown[] = [];
  const complaints: SourceProblem[] = [];
  const paused = new Set<string>();
  /** By a record's first letter; null: decoded. */
  const problems = new Map<string, SourceProblem>();
  /** What happens while the registry is asked, question by question. */
  const asks: (() => void)[] = [];
  let arrive: () => void = () => undefined;
  const over = new AbortController();
  const member: GroupMember<KafkaRecord> = {
    async read(signal) {
      if (waiting.length === 0) {
        await new Promise<void>((resolve) => {
          arrive = resolve;
          signal.addEventListener("abort", () => resolve(), { once: true });
        });
      }
      return waiting.shift() ?? [];
    },
    pause: (partitions) => partitions.forEach(({ unit }) => paused.add(unit)),
    resume: (partitions) => partitions.forEach(({ unit }) => paused.delete(unit)),
    commit: () => Promise.resolve({ kind: "kept", ended: [] }),
    close: () => Promise.resolve(),
  };
  const decoder: RegistryDecoder = {
    async decode({ key, value }): Promise<DecodedRecord | { readonly problem: SourceProblem }> {
      const text = Buffer.from(value ?? []).toString();
      asks.shift()?.();
      const problem = problems.get(text.slice(0, 1));
      if (problem !== undefined) return { problem };
      return { key, value: Buffer.from(text.toUpperCase()), schema: { key: null, value: null, fault: null } };
    },
  };
  const decoding = createDecodingMember(member, decoder, clock);
  const reading = (async () => {
    while (!over.signal.aborted) {
      const events = await decoding.read(over.signal);
      told.push(...events.map(short));
      complaints.push(...events.flatMap((event) => (event.kind === "problem" ? [event.problem] : [])));
    }
  })();
  return {
    told,
    complaints,
    paused,
    problems,
    asks,
    decoding,
    clock,
    async says(...events: readonly Event[]) {
      waiting.push([...events]);
      arrive();
      await settled();
    },
    async passes(ms: number) {
      const until = clock.nowMs() + ms;
      while (clock.runNext(until)) await settled();
      clock.passTo(until);
    },
    async [Symbol.asyncDispose]() {
      over.abort();
      await decoding.close();
      await reading;
    },
  };
}

/** Everything that can happen without the clock has happened. */
async function settled(): Promise<void> {
  for (let turn = 0; turn < 5; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}

describe("M-615: what a member tells once a registry has decoded it", () => {
  test("records with their new sizes, and all else as it was", async () => {
    await using house = aHouse();
    await house.says({ kind: "assigned", partitions: [] }, recordsOf(p0, ["a", "b"]));
    await house.says({ kind: "passed", partition: p0, ordinal: 2, through: "2" });
    expect(house.told).toEqual(["assigned", ["t-0", "A", "B", "tip"], ["t-0", "passed", "2"]]);
  });
});

describe("TM-60, M-414: while the registry is away", () => {
  test("M-210: its trouble says that it is the registry's, the topic's does not", async () => {
    await using house = aHouse();
    house.problems.set("a", away);
    await house.says(recordsOf(p0, ["a"]));
    const lost: SourceProblem = { code: "unreachable", text: "PROBLEM: lost", detail: "the topic is away" };
    await house.says({ kind: "problem", problem: lost });
    expect(house.complaints).toEqual([{ ...away, isOfRegistry: true }, lost]);
  });

  test("each partition waits in its order and is paused; then all is told, each once", async () => {
    await using house = aHouse();
    for (const letter of ["b", "x"]) house.problems.set(letter, away);
    await house.says(recordsOf(p0, ["a", "b", "c"]));
    expect(house.told).toEqual([["t-0", "A"], away.detail]);
    await house.says(recordsOf(p1, ["x"]), recordsOf(p0, ["d"], 3));
    await house.says({ kind: "passed", partition: p0, ordinal: 4, through: "4" });
    expect(house.told).toHaveLength(2);
    expect([...house.paused]).toEqual(["t-0", "t-1"]);
    await house.passes(200);
    await house.passes(400);
    expect(house.told).toHaveLength(2);
    house.problems.clear();
    await house.passes(800);
    const ofUnit = (unit: string) => house.told.slice(2).filter((event) => Array.isArray(event) && event[0] === unit);
    expect(ofUnit("t-0")).toEqual([
      ["t-0", "B", "C", "tip"],
      ["t-0", "D", "tip"],
      ["t-0", "passed", "4"],
    ]);
    expect(ofUnit("t-1")).toEqual([["t-1", "X", "tip"]]);
    expect(house.told.at(-1)).toBe("recovered");
    expect([...house.paused]).toEqual([]);
    await house.says(recordsOf(p0, ["e"], 5));
    expect(house.told.at(-1)).toEqual(["t-0", "E", "tip"]);
  });

  test("a partition that is taken away leaves nothing behind", async () => {
    await using house = aHouse();
    house.problems.set("a", away);
    await house.says(recordsOf(p0, ["a"]));
    await house.says({ kind: "revoked", partitions: [p0] });
    expect(house.told).toEqual([away.detail, ["revoked", "t-0"], "recovered"]);
    house.problems.clear();
    await house.passes(10_000);
    expect(house.told).toHaveLength(3);
  });

  test("a schema that cannot be used holds its own partition alone", async () => {
    await using house = aHouse();
    house.problems.set("a", unusable);
    await house.says(recordsOf(p0, ["a"]), recordsOf(p1, ["x"]));
    expect(house.told).toEqual([["t-1", "X", "tip"], unusable.detail]);
    expect([...house.paused]).toEqual(["t-0"]);
    await house.passes(200);
    await house.says(recordsOf(p1, ["y"], 1));
    expect(house.told.slice(2)).toEqual([["t-1", "Y", "tip"]]);
  });

  test("M-705: the same problem is told once, however often it is met, and the member's own goes first", async () => {
    await using house = aHouse();
    const gone: SourceProblem = { code: "unreachable", text: "PROBLEM: gone", detail: "the cluster is gone" };
    house.problems.set("a", away);
    await house.says(recordsOf(p0, ["a"]));
    await house.says({ kind: "recovered" });
    await house.passes(200);
    expect(house.told).toEqual([away.detail]);
    await house.says({ kind: "problem", problem: gone });
    await house.says({ kind: "recovered" });
    house.problems.clear();
    await house.passes(400);
    expect(house.told.slice(1)).toEqual([gone.detail, away.detail, ["t-0", "A", "tip"], "recovered"]);
  });

  test("M-208: who had paused a partition finds it paused after that", async () => {
    await using house = aHouse();
    house.problems.set("a", away);
    await house.says(recordsOf(p0, ["a"]));
    house.decoding.pause([p0]);
    house.problems.clear();
    await house.passes(200);
    expect(house.told.at(-1)).toBe("recovered");
    expect([...house.paused]).toEqual(["t-0"]);
    house.decoding.resume([p0]);
    expect([...house.paused]).toEqual([]);
  });

  test("one that is resumed while the registry is asked about it again stands still after that", async () => {
    await using house = aHouse();
    house.problems.set("a", away);
    await house.says(recordsOf(p0, ["a"]));
    house.decoding.pause([p0]);
    house.asks.push(() => house.decoding.resume([p0]));
    await house.passes(200);
    expect(house.asks).toEqual([]);
    expect([...house.paused]).toEqual(["t-0"]);
    house.problems.clear();
    await house.passes(400);
    expect([...house.paused]).toEqual([]);
  });

  test("one that is resumed while it is held goes on once it is free", async () => {
    await using house = aHouse();
    house.problems.set("a", away);
    await house.says(recordsOf(p0, ["a"]));
    house.decoding.resume([p0]);
    expect([...house.paused]).toEqual(["t-0"]);
    house.problems.clear();
    await house.passes(200);
    expect([...house.paused]).toEqual([]);
  });
});
