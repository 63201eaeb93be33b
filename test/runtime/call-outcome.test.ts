import { expect, test } from "vitest";
import { createKafkaKind } from "../../src/kinds/kafka/kafka-kind.ts";
import { callOutcome } from "../../src/runtime/call-outcome.ts";
import { aKafkaRecord } from "../kinds/support/kafka-records.ts";

const kind = createKafkaKind({ flavour: "msk", eventSourceArn: "arn", bootstrapServers: "b:1", topic: "mytopic" });
const records = [0, 1].flatMap((partition) => [5, 6, 7].map((offset) => aKafkaRecord({ partition, offset })));
const json = JSON.stringify({ batchItemFailures: [{ itemIdentifier: { partition: "mytopic-0", offset: 6 } }] });

test.each([
  ["checkpoint", [1, 2]],
  ["items", [1]],
] as const)("TM-26, M-409: an answer names a record by its partition and offset, %s", (partialAnswers, kept) => {
  const answer = { kind: "returned", json, tookMs: 3, executedVersion: "$LATEST" } as const;
  const called = callOutcome(answer, kind, records, { isReporting: true, isTumbling: false, partialAnswers });
  expect(called).toEqual({
    outcome: { kind: "answered", failed: { kept }, state: null },
    name: "partial",
    tookMs: 3,
    executedVersion: "$LATEST",
    error: null,
  });
});
