// The plain lines of a mapping on a topic: what goes back with a partition, and a source whose client tries by itself.

import { expect, test } from "vitest";
import { noColour } from "../../src/cli/entry-output.ts";
import { createLineState, learn } from "../../src/cli/line-state.ts";
import { lineText, linesOf } from "../../src/cli/plain-lines.ts";
import type { Entry, Fact } from "../../src/ports/journal.ts";

const UUID = "5e1f09c2-7f3a-4a6b-9d2e-000000000001";
const settings = {
  FunctionArn: "arn:aws:lambda:us-east-1:000000000000:function:process",
  Topics: ["orders"],
  SelfManagedEventSource: { Endpoints: { KAFKA_BOOTSTRAP_SERVERS: ["127.0.0.1:9092"] } },
};

/** Lines without their time. */
function told(fact: Fact, lane: string): readonly string[] {
  const state = createLineState();
  learn(state, { kind: "settings", settings, atMs: 0, mapping: UUID, lane: UUID, seq: 0 });
  const entry: Entry = { ...fact, atMs: 1, mapping: UUID, lane, seq: 1 };
  return linesOf(entry, state).map((line) => lineText(line, noColour));
}

test("M-808: what goes back with a partition is said with its name, and who has it", () => {
  const fact: Fact = { kind: "given-back", recordCount: 3, why: "revoked" };
  expect(told(fact, `${UUID}/orders-1`)).toEqual([
    expect.stringContaining("orders-1: 3 records to be read again (another member has the partition now)"),
  ]);
  expect(told({ ...fact, recordCount: 1, why: "stopped" }, `${UUID}/orders-1`)).toEqual([
    expect.stringContaining("orders-1: 1 record to be read again (stopped)"),
  ]);
});

test("M-706: a client that tries by itself has no next try to tell of", () => {
  const problem: Fact = {
    kind: "source-problem",
    code: "missing",
    text: "PROBLEM: Connection error.",
    detail: "the topic orders is not there",
    nextTryMs: null,
  };
  expect(told(problem, `${UUID}/p0`)).toEqual([
    expect.stringContaining("the topic orders is not there; tried again until it can, no retry is used up"),
  ]);
});

test("M-821: a group that does not let a poller in waits for a former member", () => {
  expect(told({ kind: "group-awaited", sinceMs: 0 }, `${UUID}/p0`)).toEqual([
    expect.stringContaining(
      "waits to be let into its group: a member that was killed counts until its session is over, up to 30 s",
    ),
  ]);
});
