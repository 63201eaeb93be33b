// A registered consumer as a source in the simulated world (P-5, P-10): what aggregates do to batches, answers, checkpoints and crashes.

import { hash } from "node:crypto";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { explained, explainedJson } from "../cli/explain/explained-house.ts";
import { aggregateOf } from "../kinds/support/aggregate.ts";
import { aHouse, shard, streamArn, type Told, type ToldCall, type ToldHouse } from "./told-house.ts";

const consumerArn = `${streamArn}/consumer/app:1790000040`;
const LAST = (2n ** 128n - 1n).toString();

interface Fanned {
  readonly told: ToldHouse;
  /** Texts of each call that has ended, in order. */
  readonly calls: () => readonly (readonly string[])[];
  /** Answers its position. */
  readonly aggregate: (texts: readonly string[], explicitHashKey?: string) => string;
  readonly plain: (text: string) => void;
}

/** Keys are the letters before a text's number. */
const keyOf = (text: string): string => text.replace(/\d+$/, "");
const textsOf = (event: ToldCall["event"]): readonly string[] => {
  const records = event["Records"] as readonly { readonly kinesis: { readonly data: string } }[];
  return records.map(({ kinesis }) => Buffer.from(kinesis.data, "base64").toString());
};

async function aFannedHouse(
  behave: (call: { readonly texts: readonly string[]; readonly event: ToldCall["event"] }) => Told = () => ({}),
  shards = 1,
): Promise<Fanned> {
  const calls: (readonly string[])[] = [];
  const told = await aHouse(
    ({ event }) => {
      calls.push(textsOf(event));
      return behave({ texts: textsOf(event), event });
    },
    { shards },
  );
  return {
    told,
    calls: () => calls,
    aggregate(texts, explicitHashKey) {
      const records = texts.map((text, index) => ({
        key: keyOf(text),
        data: Buffer.from(text),
        ...(explicitHashKey === undefined || index > 0 ? {} : { explicitHashKey }),
      }));
      return told.stream.put(shard(0), { key: "outer", data: aggregateOf(records) }).position;
    },
    plain: (text) => void told.stream.put(shard(0), { key: keyOf(text), data: Buffer.from(text) }),
  };
}

const map = (told: ToldHouse, settings: object = {}) => told.map({ EventSourceArn: consumerArn, ...settings });

describe("batches of a consumer", () => {
  test("P-10: BatchSize counts inner records, and an aggregate may be spread over batches", async () => {
    const { told, calls, aggregate, plain } = await aFannedHouse();
    plain("p1");
    aggregate(["a1", "a2", "a3", "a4"]);
    plain("p2");
    await map(told, { BatchSize: 2 });
    await told.untilCalls(3);
    expect(calls()).toEqual([
      ["p1", "a1"],
      ["a2", "a3"],
      ["a4", "p2"],
    ]);
  });

  test("T-73, P-5, P-10: every record names the consumer; inner ones share number, identifier and arrival", async () => {
    const seen: ToldCall["event"][] = [];
    const { told, aggregate } = await aFannedHouse(({ event }) => {
      seen.push(event);
      return {};
    });
    aggregate(["a1", "b1"]);
    await map(told);
    await told.untilCalls(1);
    const [first, second] = (seen[0]?.["Records"] ?? []) as readonly { readonly kinesis: object }[];
    expect(first).toMatchObject({ eventSourceARN: consumerArn, kinesis: { partitionKey: "a" } });
    const { data: _data, partitionKey: _key, ...shared } = { data: null, partitionKey: null, ...first?.kinesis };
    expect(second).toMatchObject({ ...first, kinesis: { ...shared, partitionKey: "b" } });
  });

  test("P-10, E-40: an identifier that several share means the first of them in the batch", async () => {
    let isFailing = true;
    const { told, calls, aggregate, plain } = await aFannedHouse(({ texts, event }) => {
      if (!isFailing || !texts.includes("a3")) return {};
      isFailing = false;
      const records = event["Records"] as readonly { readonly kinesis: { readonly sequenceNumber: string } }[];
      return { answer: { batchItemFailures: [{ itemIdentifier: records[3]?.kinesis.sequenceNumber }] } };
    });
    plain("p1");
    aggregate(["a1", "a2", "a3"]);
    await map(told, { FunctionResponseTypes: ["ReportBatchItemFailures"] });
    await told.untilCalls(2);
    expect(calls()).toEqual([
      ["p1", "a1", "a2", "a3"],
      ["a1", "a2", "a3"],
    ]);
  });

  test("P-10, P-12: after a crash in mid-aggregate it is read anew as a whole, and no record of it is lost", async () => {
    let isStuck = true;
    const { told, calls, aggregate, plain } = await aFannedHouse(({ texts }) => ({
      throws: isStuck && texts.includes("a3"),
    }));
    plain("p1");
    const position = aggregate(["a1", "a2", "a3"]);
    const uuid = await map(told, { BatchSize: 1 });
    await told.house.pass(3_000);
    expect(told.house.checkpoint(uuid, shard(0))?.after).not.toBe(position);
    told.house.crash();
    isStuck = false;
    await told.house.pass(30_000);
    const texts = calls().flat();
    expect(texts.slice(0, 3)).toEqual(["p1", "a1", "a2"]);
    expect(texts.slice(-3)).toEqual(["a1", "a2", "a3"]);
    expect(told.house.checkpoint(uuid, shard(0))?.after).toBe(position);
  });

  test("P-10: an aggregate with a hash key outside its shard has ended: told, counted, and passed by the checkpoint", async () => {
    const { told, calls, aggregate, plain } = await aFannedHouse(() => ({}), 2);
    plain("p1");
    const position = aggregate(["a1", "a2"], LAST);
    const uuid = await map(told);
    await told.house.pass(3_000);
    expect(calls()).toEqual([["p1"]]);
    const dropped = told.house.entries().filter(({ kind }) => kind === "aggregate-dropped");
    expect(dropped).toMatchObject([{ position, recordCount: 2, mapping: uuid }]);
    expect(told.house.checkpoint(uuid, shard(0))?.after).toBe(position);
    const text = await explained(told, position);
    expect(text.split("\n")[0]).toMatch(
      /^record …[\d-]+ {2}kinesis:orders\/consumer\/app:1790000040, shard 0 +DROPPED$/,
    );
    expect(text.replace(/\s+/g, " ")).toContain("a KPL aggregate of 2 records: a hash key in it is outside the shard");
    expect(await explainedJson(told, position)).toMatchObject({ verdict: { code: "aggregate" }, mappings: [uuid] });
  });

  test("P-10: the stream's own mapping gets the aggregate as it was put", async () => {
    const { told, calls, aggregate } = await aFannedHouse();
    aggregate(["a1", "a2"]);
    await told.map();
    await told.untilCalls(1);
    expect(calls()[0]?.length).toBe(1);
    expect(calls()[0]?.[0]).not.toBe("a1");
  });
});

test("P-10, P-12: whatever fails and whenever it crashes, every inner record is delivered, each key in order", {
  timeout: 60_000,
}, async () => {
  const aStory = fc.record({
    groups: fc.array(fc.array(fc.constantFrom("a", "b", "c"), { minLength: 1, maxLength: 6 }), {
      minLength: 1,
      maxLength: 10,
    }),
    batchSize: fc.integer({ min: 1, max: 7 }),
    factor: fc.constantFrom(1, 3),
    failing: fc.array(fc.nat(12), { maxLength: 4 }),
    crashes: fc.array(fc.integer({ min: 0, max: 3_000 }), { maxLength: 3 }),
  });
  await fc.assert(
    fc.asyncProperty(aStory, async ({ groups, batchSize, factor, failing, crashes }) => {
      const failed = new Set<number>();
      let callIndex = 0;
      const { told, calls, aggregate, plain } = await aFannedHouse(() => {
        const index = callIndex++;
        const throws = failing.includes(index) && !failed.has(index);
        failed.add(index);
        return { throws, tookMs: 100 };
      });
      const sent: string[] = [];
      for (const keys of groups) {
        const texts = keys.map((key) => {
          const text = `${key}${sent.length}`;
          sent.push(text);
          return text;
        });
        if (texts.length === 1) plain(texts[0] ?? "");
        else aggregate(texts);
      }
      await map(told, { BatchSize: batchSize, ParallelizationFactor: factor });
      for (const afterMs of crashes) {
        await told.house.pass(afterMs);
        told.house.crash();
      }
      await told.house.pass(120_000);
      const seen = [...new Set(calls().flat())];
      expect(seen.toSorted()).toEqual(sent.toSorted());
      for (const key of ["a", "b", "c"]) {
        const ofKey = (texts: readonly string[]) => texts.filter((text) => keyOf(text) === key);
        expect(ofKey(seen)).toEqual(ofKey(sent));
      }
    }),
    { numRuns: 60 },
  );
});

test("P-10: the digest of an aggregate is the MD5 of its message alone", () => {
  const data = aggregateOf([{ key: "a", data: Buffer.from("x") }]);
  expect(data.subarray(-16).toString("hex")).toBe(hash("md5", data.subarray(4, -16), "hex"));
});
