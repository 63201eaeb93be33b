// What a record of a scenario is on its source: the key that a stream's record has, and the change that a table's write makes.

import { expect, test } from "vitest";
import { parseScenario } from "../../src/wiring/scenario-file.ts";
import { type SimulatedRun, simulateScenario } from "../../src/wiring/simulate-scenario.ts";

const run = (file: object): Promise<SimulatedRun> =>
  simulateScenario(parseScenario(JSON.stringify(file), { shownFile: "s.json", folder: null }));

function flawOf(file: object): string {
  try {
    parseScenario(JSON.stringify(file), { shownFile: "s.json", folder: null });
  } catch (error) {
    return String(error);
  }
  return "";
}

type Delivered = {
  readonly eventName: string;
  readonly kinesis?: { readonly partitionKey: string };
  readonly dynamodb?: { readonly OldImage?: unknown; readonly NewImage?: unknown; readonly Keys: unknown };
};

const recordsOf = ({ calls }: SimulatedRun): readonly Delivered[] =>
  calls.flatMap(({ eventText }) => {
    const { Records }: { Records: Delivered[] } = JSON.parse(eventText);
    return Records;
  });

const changesOf = (simulated: SimulatedRun): readonly unknown[] =>
  recordsOf(simulated).map(({ eventName, dynamodb }) => [eventName, dynamodb?.OldImage, dynamodb?.NewImage]);

test("a record without a partition key has its label for one, as a stream takes no empty key", async () => {
  const simulated = await run({ records: [{ label: "r1" }, { label: "r2", partitionKey: "k" }] });
  expect(recordsOf(simulated).map(({ kinesis }) => kinesis?.partitionKey)).toEqual(["r1", "k"]);
  expect(flawOf({ records: [{ label: "r".repeat(257) }] })).toContain("`label`, which is the partition key");
  expect(flawOf({ records: [{ label: "r", partitionKey: "k".repeat(257) }] })).toContain("has 257 characters");
  expect(flawOf({ records: [{ label: "r".repeat(257), partitionKey: "k".repeat(256) }] })).toBe("");
});

const setup = { source: { type: "dynamodb-stream" } };
const item = (total: number, id = "a"): object => ({ id: { S: id }, total: { N: String(total) } });

test("a write of a table is the change that it makes by the items written before it (D-2, D-7)", async () => {
  const simulated = await run({
    setup,
    records: [
      { label: "made", item: item(1) },
      { label: "same", op: "put", item: item(1) },
      { label: "other", op: "update", item: item(7, "b") },
      { label: "raised", op: "update", item: { id: { S: "a" }, paid: { BOOL: true } } },
      { label: "gone", op: "delete", item: { id: { S: "a" } } },
      { label: "goneAgain", op: "delete", item: { id: { S: "a" } } },
      { label: "anew", item: item(2) },
    ],
    expect: { invocations: { mode: "sequence", list: [{ records: ["made", "other", "raised", "gone", "anew"] }] } },
  });
  expect(changesOf(simulated)).toEqual([
    ["INSERT", undefined, item(1)],
    ["INSERT", undefined, item(7, "b")],
    ["MODIFY", item(1), { ...item(1), paid: { BOOL: true } }],
    ["REMOVE", { ...item(1), paid: { BOOL: true } }, undefined],
    ["INSERT", undefined, item(2)],
  ]);
  expect(recordsOf(simulated).map(({ dynamodb }) => dynamodb?.Keys)).toContainEqual({ id: { S: "a" } });
});

test("a change that a record tells, and a generator's, stand before the writes after them", async () => {
  const simulated = await run({
    setup,
    records: [
      {
        label: "told",
        item: item(2),
        change: { eventName: "MODIFY", Keys: { id: { S: "a" } }, NewImage: item(2), OldImage: item(1) },
      },
      { label: "none", item: item(5, "c"), change: null },
      { generate: { label: "g", count: 1, data: { total: 3 } } },
      { label: "raised", item: item(4) },
      { label: "fromNone", item: item(6, "c") },
      { label: "generated", op: "delete", item: { id: { S: "g1" } } },
    ],
    mapping: { EventSourceArn: "${source.arn}", FunctionName: "function", StartingPosition: "TRIM_HORIZON" },
    steps: [
      { do: "create-mapping" },
      { do: "wait-state", state: "Enabled" },
      { do: "send", records: ["told", "none", "g", "raised", "fromNone", "generated"] },
      { do: "wait-drained" },
    ],
  });
  expect(changesOf(simulated)).toEqual([
    ["MODIFY", item(1), item(2)],
    ["INSERT", undefined, { total: { N: "3" }, id: { S: "g1" } }],
    ["MODIFY", item(2), item(4)],
    ["MODIFY", item(5, "c"), item(6, "c")],
    ["REMOVE", { total: { N: "3" }, id: { S: "g1" } }, undefined],
  ]);
});

test("a write that DynamoDB would refuse, or that says nothing, is an error of the file", () => {
  expect(flawOf({ setup, records: [{ label: "r" }] })).toContain("`item` is missing in a record of a table");
  expect(flawOf({ setup, records: [{ label: "r", item: { total: { N: "1" } } }] })).toContain("`id`, the table's key");
  expect(flawOf({ setup, records: [{ label: "r", op: "delete", item: item(1) }] })).toContain(
    "a delete has the item's key `id` and no more, and this one total",
  );
});
