// The plain lines of mappings on queues and brokers: whose poller or consumer, what comes back and when, and no word that only streams have.

import { describe, expect, test } from "vitest";
import { noColour } from "../../src/cli/entry-output.ts";
import { createLineState, learn } from "../../src/cli/line-state.ts";
import { lineText, linesOf } from "../../src/cli/plain-lines.ts";
import { settingsText } from "../../src/cli/settings-text.ts";
import type { Entry, Fact } from "../../src/ports/journal.ts";

const UUID = "5e1f09c2-7f3a-4a6b-9d2e-000000000001";
const AT_MS = 43_471_207;
const queueSettings = { EventSourceArn: "arn:aws:sqs:us-east-1:000000000000:jobs", BatchSize: 10 };
const brokerSettings = {
  EventSourceArn: "arn:aws:mq:us-east-1:000000000000:broker:orders-broker:b-12345678-1234-1234-1234-123456789012",
  FunctionArn: "arn:aws:lambda:us-east-1:000000000000:function:process",
  BatchSize: 100,
  MaximumBatchingWindowInSeconds: 0,
  Queues: ["orders"],
};

/** Lines without their time. */
function told(fact: Fact, settings: Readonly<Record<string, unknown>>, lane: string): readonly string[] {
  const state = createLineState();
  learn(state, { kind: "settings", settings, atMs: 0, mapping: UUID, lane: UUID, seq: 0 });
  const entry: Entry = { ...fact, atMs: AT_MS, mapping: UUID, lane, seq: 1 };
  return linesOf(entry, state).map((line) => lineText(line, noColour));
}

const ofQueue = (fact: Fact): readonly string[] => told(fact, queueSettings, `${UUID}/jobs/3`);
const ofBroker = (fact: Fact): readonly string[] => told(fact, brokerSettings, `${UUID}/0/0`);

const decided = (more: Partial<Extract<Fact, { kind: "decided" }>>): Fact => ({
  kind: "decided",
  batch: "29",
  requestId: "3f9c21d0-0000-0000-0000-000000000001",
  attempt: 1,
  outcome: "threw",
  verdict: "return",
  recordCount: 4,
  payloadBytes: 900,
  failedCount: 4,
  tookMs: 9,
  iteratorAgeMs: null,
  executedVersion: "$LATEST",
  error: { type: "Error", message: "boom", trace: [] },
  retryAfterMs: null,
  next: [],
  ...more,
});

const closed: Fact = {
  kind: "batch-closed",
  batch: "29",
  closedBy: "size",
  recordCount: 10,
  payloadBytes: 9_333,
  windowMs: null,
  first: "a",
  last: "j",
  oldestArrivedAtMs: 0,
};

describe("queues", () => {
  test("P-20: a batch is of a poller, not of a shard", () => {
    expect(ofQueue(closed)).toEqual(["batch    5e1f09c2 poller 3 batch 29 closed by size: 10 of 10 records, 9,333 B"]);
  });

  test("Q-11: a failure has no number of attempts, and says when its messages come back", () => {
    expect(ofQueue(decided({}))).toEqual(["failed   batch 29 request 3f9c21d0 9 ms: Error: boom"]);
    const returned = { kind: "returned", batch: "29", recordCount: 4, visibleAgainAtMs: AT_MS + 30_000 } as const;
    expect(ofQueue({ ...returned, why: "failed" })).toEqual([
      "returned 5e1f09c2 poller 3 batch 29: 4 messages come back, visible again in 30.0 s",
    ]);
    expect(ofQueue({ ...returned, recordCount: 1, why: "reported", visibleAgainAtMs: AT_MS })).toEqual([
      "returned 5e1f09c2 poller 3 batch 29: 1 message comes back, visible again at once",
    ]);
  });

  test("Q-12: a dead letter is told, with how often it was received", () => {
    const fact = { kind: "dead-letter", messageId: "0d2d9b2a-6a8e-4c1e", receiveCount: 2, queue: "failed" } as const;
    expect(ofQueue(fact)).toEqual(["dead     5e1f09c2 poller 3: message 0d2d9b2a after 2 receives -> failed"]);
  });

  test("Q-19, Q-21: what was let go or missed is told", () => {
    const returned = { kind: "returned", batch: null, recordCount: 2, visibleAgainAtMs: AT_MS } as const;
    expect(ofQueue({ ...returned, why: "throttled too long" })).toEqual([
      "returned 5e1f09c2 poller 3: 2 messages let go, throttled too long, visible again at once",
    ]);
    const deleted = { kind: "deleted", batch: "1", requestId: "r", recordCount: 2 } as const;
    expect(ofQueue({ ...deleted, missedCount: 0 })).toEqual([]);
    expect(ofQueue({ ...deleted, missedCount: 1 })).toEqual([
      "missed   5e1f09c2 poller 3: 1 message could not be deleted any more, and may be delivered again",
    ]);
  });

  test("P-25: a queue's poller that waits for a thread has no request yet", () => {
    const fact = { kind: "no-thread", functionName: "f", requestId: "", runningCount: 16 } as const;
    expect(ofQueue(fact)).toEqual([
      "waits    5e1f09c2 receives nothing: no thread is free, 16 function threads run, as many as maxFunctionThreads allows",
    ]);
  });

  test("P-25, P-28: settings are those of a queue", () => {
    expect(settingsText({ ...queueSettings, ScalingConfig: { MaximumConcurrency: 5 } })).toBe(
      "size 10, report off, at most 5 at a time",
    );
    const ProvisionedPollerConfig = { MinimumPollers: 2, MaximumPollers: 10 };
    expect(settingsText({ ...queueSettings, ProvisionedPollerConfig })).toBe(
      "size 10, report off, provisioned 2 to 10 pollers",
    );
  });
});

describe("brokers", () => {
  test("R-202: a batch is of a consumer, and settings are those of a broker", () => {
    expect(ofBroker(closed)[0]).toContain(" 5e1f09c2 consumer 0 batch 29 closed by size: 10 of 100 records");
    expect(settingsText(brokerSettings)).toBe("size 100, window 0 s, queue orders");
    const state = ofBroker({ kind: "mapping-state", from: "Creating", to: "Enabled", reason: "" });
    expect(state).toEqual(["mapping  5e1f09c2 mq:orders-broker -> process Creating -> Enabled"]);
  });

  test("R-301: what is settled as poison moves no checkpoint", () => {
    const gaveUp = { batch: "29", requestId: "r", condition: "RetryAttemptsExhausted", recordCount: 1 } as const;
    const ends = { attempts: 7, first: "a", last: "a", destination: null, isPoison: true } as const;
    expect(ofBroker({ kind: "gave-up", ...gaveUp, ...ends })).toEqual([
      "gave-up  batch 29 after 7 attempts: RetryAttemptsExhausted -> the dead letters of the broker",
    ]);
  });
});

describe("a source in trouble", () => {
  const problem = (more: Partial<Extract<Fact, { kind: "source-problem" }>> = {}): Fact => ({
    kind: "source-problem",
    code: "unreachable",
    text: "PROBLEM: Connection error.",
    detail: "RabbitMQ at mq.test:5672 cannot be reached: connect ECONNREFUSED",
    nextTryMs: 800,
    ...more,
  });

  test("R-401, Q-3: neither a broker nor a queue has a checkpoint to go on from", () => {
    expect(ofBroker(problem())[1]).toMatch(
      /mapping 5e1f09c2 stays Enabled and consumes again by itself once it can; what it had not acknowledged, the broker hands out again; next try in 800 ms$/,
    );
    expect(ofQueue(problem())[1]).toMatch(
      /mapping 5e1f09c2 stays Enabled and receives again by itself once it can; what it had in hand comes again when its visibility timeout is over; next try in 800 ms$/,
    );
  });

  test("R-202: what all consumers of a mapping meet is said once, and so is its end", () => {
    const state = createLineState();
    const say = (fact: Fact, consumer: number): number => {
      const entry: Entry = { ...fact, atMs: AT_MS, mapping: UUID, lane: `${UUID}/${consumer}`, seq: 1 };
      const { length } = linesOf(entry, state);
      learn(state, entry);
      return length;
    };
    learn(state, { kind: "settings", settings: brokerSettings, atMs: 0, mapping: UUID, lane: UUID, seq: 0 });
    const other = problem({ code: "missing", detail: "another" });
    const recovered: Fact = { kind: "source-recovered" };
    expect([say(problem(), 0), say(problem(), 1), say(problem(), 2), say(other, 1)]).toEqual([2, 0, 0, 1]);
    expect([say(recovered, 0), say(recovered, 2), say(recovered, 1)]).toEqual([0, 0, 1]);
    expect([say(problem(), 2), say(problem(), 0)]).toEqual([2, 0]);
  });

  test("M-705: a fault that waiting does not mend says that it disables, and with which reason", () => {
    const met = { code: "denied", detail: "no", disablingReason: "EVENT_SOURCE_AUTHN_ERROR" } as const;
    expect(ofBroker(problem(met))).toEqual([
      expect.stringMatching(
        /5e1f09c2 consumer 0 denied: no; next try in 800 ms, no retry is used up; Disabled with EVENT_SOURCE_AUTHN_ERROR if it lasts$/,
      ),
    ]);
    // it is not tried again.
    expect(ofBroker(problem({ ...met, isFinal: true }))).toEqual([
      expect.stringMatching(/denied: no; Disabled with EVENT_SOURCE_AUTHN_ERROR at once$/),
    ]);
  });
});
