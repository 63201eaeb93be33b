import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { compileFilters, MOST_FILTER_LIMIT } from "../../src/core/filter/compile-filters.ts";
import { createPassingFilter } from "../../src/core/filter/passing-filter.ts";
import { createKafkaKind } from "../../src/kinds/kafka/kafka-kind.ts";
import type { KafkaRecord } from "../../src/kinds/kafka/kafka-record.ts";
import { aKafkaRecord } from "./support/kafka-records.ts";

interface Case {
  readonly source: string;
  readonly filters: readonly unknown[];
  readonly record: {
    readonly topic: string;
    readonly partition: number;
    readonly offset: number;
    readonly timestamp: number;
    readonly timestampType: KafkaRecord["timestampType"];
    readonly key?: string;
    readonly value?: string;
  };
  readonly outcome: "deliver" | "drop" | "invalid";
  readonly why: string;
}

const file = join(import.meta.dirname, "../cases/filter-record-cases.jsonl");
const cases = readFileSync(file, "utf8")
  .split("\n")
  .filter((line) => line !== "")
  .map((line): Case => JSON.parse(line))
  .filter(({ source }) => source === "kafka");

function outcomeOf(patterns: readonly unknown[], record: KafkaRecord, topic = "mytopic"): Case["outcome"] {
  const kind = createKafkaKind({ flavour: "msk", eventSourceArn: "arn", bootstrapServers: "b:1", topic });
  const texts = patterns.map((each) => JSON.stringify(each));
  const compiled = compileFilters(texts, "kafka", { limit: MOST_FILTER_LIMIT });
  if (compiled.kind !== "filters") return "invalid";
  return createPassingFilter(compiled).passes(kind.filterView(record)) ? "deliver" : "drop";
}

function recordOf({ record }: Case): KafkaRecord {
  const { key, value, ...more } = record;
  const bytes = (base64: string | undefined) => (base64 === undefined ? null : Buffer.from(base64, "base64"));
  return aKafkaRecord({ ...more, key: bytes(key), value: bytes(value) });
}

test("TM-38, M-313, F-69, F-75: every Kafka case has its outcome over records as the pipeline carries them", () => {
  expect(cases).toHaveLength(15);
  expect(cases.map((each) => [each.why, outcomeOf(each.filters, recordOf(each), each.record.topic)])).toEqual(
    cases.map(({ why, outcome }) => [why, outcome]),
  );
});

describe("patterns over what else a record has", () => {
  const headers: KafkaRecord["headers"] = [["kind", Buffer.from([200])]];

  test.each([
    ["a header's signed bytes", { headers: { kind: [-56] } }, {}, "deliver"],
    ["another header", { headers: { kind: [200] } }, {}, "drop"],
    ["a large offset, to its last digit", { offset: [{ numeric: ["=", 4_503_599_627_370_497] }] }, {}, "deliver"],
    ["the event's own members are not the record's", { eventSource: ["aws:kafka"] }, {}, "drop"],
    ["a key as JSON", { key: { id: [1] } }, { key: '{"id":1}' }, "deliver"],
    ["a key that is not there", { key: ["k"] }, { key: null }, "drop"],
    ["no key, as asked", { key: [{ exists: false }] }, { key: null }, "deliver"],
  ] as const)("M-311, M-314: %s", (_name, pattern, given, outcome) => {
    const record = aKafkaRecord({ headers, offset: 4_503_599_627_370_497n, ...given });
    expect(outcomeOf([pattern], record)).toBe(outcome);
  });

  test.each([
    ["of another value", { value: ["x"] }, "drop"],
    ["of JSON", { value: { kind: ["a"] } }, "drop"],
    ["of anything but", { value: [{ "anything-but": ["x"] }] }, "drop"],
    ["of no value", { value: [{ exists: false }] }, "deliver"],
    ["of something else", { partition: [0] }, "deliver"],
  ] as const)("M-315: a tombstone and a pattern %s", (_name, pattern, outcome) => {
    expect(outcomeOf([pattern], aKafkaRecord({ value: null }))).toBe(outcome);
  });

  test("M-312: an empty value is there, as an empty text", () => {
    expect(outcomeOf([{ value: [""] }], aKafkaRecord({ value: "" }))).toBe("deliver");
    expect(outcomeOf([{ value: ["123"] }], aKafkaRecord({ value: "123" }))).toBe("deliver");
  });

  test("M-316: where a registry has read a value, its decoded JSON is what a pattern sees", () => {
    const schema: KafkaRecord["schema"] = {
      key: { dataFormat: "AVRO", schemaId: "1", json: '{"id":7}' },
      value: { dataFormat: "AVRO", schemaId: "2", json: '{"kind":"a"}' },
      fault: null,
    };
    const record = aKafkaRecord({ schema, key: Uint8Array.of(255), value: Uint8Array.of(255) });
    expect(outcomeOf([{ value: { kind: ["a"] }, key: { id: [7] } }], record)).toBe("deliver");
    expect(outcomeOf([{ value: { kind: ["b"] } }], record)).toBe("drop");
    expect(outcomeOf([{ valueSchemaMetadata: { schemaId: ["2"] } }], record)).toBe("deliver");
  });
});
