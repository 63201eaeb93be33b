// A mapping's filters on records (F-72 to F-79), beyond the cases of the file.

import { describe, expect, test } from "vitest";
import { compileFilters } from "../../../src/core/filter/compile-filters.ts";
import type { FilteredKind, FilterView } from "../../../src/core/filter/filter-view.ts";
import { createRecordFilter } from "../../../src/core/filter/record-filter.ts";

function filterOf(source: FilteredKind, ...patterns: readonly unknown[]): (view: FilterView) => boolean {
  const compiled = compileFilters(
    patterns.map((pattern) => (typeof pattern === "string" ? pattern : JSON.stringify(pattern))),
    source,
  );
  if (compiled.kind !== "filters") {
    throw new Error(`not taken: ${compiled.kind}`);
  }
  return createRecordFilter(compiled);
}

function aKinesisRecord(dataText: string | null, metadata: Record<string, unknown> = {}): FilterView {
  return { metadata: { partitionKey: "k", sequenceNumber: "49", ...metadata }, dataMember: "data", dataText };
}

describe("records", () => {
  test("F-79: bytes that are not UTF-8 are no JSON, so a JSON pattern drops the record and a metadata pattern does not", () => {
    expect(filterOf("kinesis", { data: { a: ["x"] } })(aKinesisRecord(null))).toBe(false);
    expect(filterOf("kinesis", { partitionKey: ["k"] })(aKinesisRecord(null))).toBe(true);
  });

  test("F-72: JSON that goes on behind its end, or is a scalar, is plain text", () => {
    const filter = filterOf("kinesis", { data: { a: ["x"] } });

    expect(filter(aKinesisRecord('{"a":"x"}'))).toBe(true);
    expect(filter(aKinesisRecord('{"a":"x"} {}'))).toBe(false);
    expect(filter(aKinesisRecord('"x"'))).toBe(false);
    expect(filter(aKinesisRecord('{"a":"x",}'))).toBe(false);
  });

  test("F-10: one record leaves nothing behind for the next", () => {
    const filter = filterOf("kinesis", { data: { a: ["x"], b: ["y"] } });

    expect(filter(aKinesisRecord('{"a":"x"}'))).toBe(false);
    expect(filter(aKinesisRecord('{"b":"y"}'))).toBe(false);
    expect(filter(aKinesisRecord('{"a":"x","b":'))).toBe(false);
    expect(filter(aKinesisRecord('{"a":"x","b":"y"}'))).toBe(true);
  });

  test("F-19: a dotted name reaches into the data like nested names do", () => {
    expect(filterOf("kinesis", { "data.a": ["x"] })(aKinesisRecord('{"a":"x"}'))).toBe(true);
    expect(filterOf("sqs", { "body.a": ["x"] })({ metadata: {}, dataMember: "body", dataText: '{"a":"x"}' })).toBe(
      true,
    );
  });

  test("F-31: numbers of a payload keep their spelling", () => {
    const filter = filterOf("kinesis", '{"data":{"n":[9007199254740993]}}');

    expect(filter(aKinesisRecord('{"n":9007199254740993}'))).toBe(true);
    expect(filter(aKinesisRecord('{"n":9007199254740992}'))).toBe(false);
  });

  test("F-78: what the record does not bring is not there", () => {
    expect(filterOf("kinesis", { eventSource: ["aws:kinesis"] })(aKinesisRecord("{}"))).toBe(false);
    expect(filterOf("kinesis", { eventSource: [{ exists: false }] })(aKinesisRecord("{}"))).toBe(true);
  });

  test("F-24: elements of a metadata array and of the payload's arrays are told apart", () => {
    const filter = filterOf("kafka", { headers: { a: ["1"], b: ["2"] }, value: { r: { c: ["3"] } } });
    const record = (headers: unknown): FilterView => ({
      metadata: { headers },
      dataMember: "value",
      dataText: '{"r":[{"c":"3"},{"c":"4"}]}',
    });

    expect(filter(record([{ a: "1", b: "2" }]))).toBe(true);
    expect(filter(record([{ a: "1" }, { b: "2" }]))).toBe(false);
  });

  test("F-76: a branch of $or that asks nothing of the data is judged without it", () => {
    const filter = filterOf("sqs", { $or: [{ body: { a: ["x"] } }, { messageId: ["m"] }] });

    expect(filter({ metadata: { messageId: "m" }, dataMember: "body", dataText: "plain" })).toBe(true);
    expect(filter({ metadata: { messageId: "n" }, dataMember: "body", dataText: "plain" })).toBe(false);
  });

  test("F-69, F-75: a Kafka key has a form of its own", () => {
    const filter = filterOf("kafka", { key: ["k1"], value: { a: ["x"] } });
    const record = (key: string | null, value: string): FilterView => ({
      metadata: {},
      dataMember: "value",
      dataText: value,
      secondData: { member: "key", text: key },
    });

    expect(filter(record("k1", '{"a":"x"}'))).toBe(true);
    expect(filter(record("k2", '{"a":"x"}'))).toBe(false);
    expect(filter(record("{}", '{"a":"x"}'))).toBe(true);
    expect(filter(record(null, '{"a":"y"}'))).toBe(false);
    expect(filter(record("k1", "plain"))).toBe(true);
  });
});
