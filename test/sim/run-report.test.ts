import { expect, test } from "vitest";
import { recordKey, reportOf } from "../../src/sim/run-report.ts";

const common = { atMs: 0, seq: 0 };

test("records of two streams may have one position: each has its own arrival", () => {
  const arrivals = new Map([
    [recordKey("arn:one", "491"), 0],
    [recordKey("arn:two", "491"), 900],
  ]);
  const entriesOf = (mapping: string, requestId: string) => [
    {
      ...common,
      mapping,
      lane: mapping,
      kind: "batch-closed" as const,
      batch: "1",
      closedBy: "size" as const,
      recordCount: 1,
      payloadBytes: 100,
      windowMs: null,
      first: "491",
      last: "491",
      oldestArrivedAtMs: 0,
    },
    { ...common, mapping, lane: mapping, kind: "invoked" as const, batch: "1", requestId, attempt: 1, recordCount: 1 },
  ];
  const call = { startedAtMs: 1_000, endedAtMs: 1_002, positions: ["491"] };
  const { rows } = reportOf(
    [...entriesOf("m1", "r1"), ...entriesOf("m2", "r2")],
    [
      { ...call, requestId: "r1", streamArn: "arn:one" },
      { ...call, requestId: "r2", streamArn: "arn:two" },
    ],
    arrivals,
  );
  expect(rows.at(-1)?.toStartMs).toMatchObject({ count: 2, p50: 100, max: 1_000 });
});
