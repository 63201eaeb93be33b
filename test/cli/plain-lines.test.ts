// The plain lines of a terminal, for each kind of entry: what they say, what they leave out, and that users' text cannot steer the screen.

import { describe, expect, test } from "vitest";
import { noColour } from "../../src/cli/entry-output.ts";
import { createLineState, learn, type LineState } from "../../src/cli/line-state.ts";
import { lineText, linesOf } from "../../src/cli/plain-lines.ts";
import type { Entry, Fact } from "../../src/ports/journal.ts";

const UUID = "5e1f09c2-7f3a-4a6b-9d2e-000000000001";
const SHARD = `${UUID}/shardId-000000000000`;
const position = (ms: number): string => `49${String(ms).padStart(20, "0")}${"0".repeat(20)}`;
const timeText = (atMs: number): string => new Date(atMs).toISOString().slice(11, 23);

const settings = (more: Readonly<Record<string, unknown>> = {}): Fact => ({
  kind: "settings",
  settings: {
    EventSourceArn: "arn:aws:kinesis:us-east-1:000000000000:stream/orders",
    FunctionArn: "arn:aws:lambda:us-east-1:000000000000:function:orders-process",
    BatchSize: 10,
    MaximumBatchingWindowInSeconds: 5,
    MaximumRetryAttempts: 2,
    MaximumRecordAgeInSeconds: -1,
    ParallelizationFactor: 1,
    BisectBatchOnFunctionError: true,
    ...more,
  },
});

const textsOf = (entry: Entry, state: LineState): readonly string[] =>
  linesOf(entry, state).map((line) => `${timeText(entry.atMs)} ${lineText(line, noColour)}`);

/** The lines that a terminal shows for these facts, after those that came before. */
function shown(facts: readonly Fact[], before: readonly Fact[] = [settings()], lane = `${SHARD}/0`): readonly string[] {
  const state = createLineState();
  const lines: string[] = [];
  for (const [index, fact] of [...before, ...facts].entries()) {
    const entry: Entry = { ...fact, atMs: 43_471_207, mapping: UUID, lane, seq: index };
    if (index >= before.length) lines.push(...textsOf(entry, state));
    learn(state, entry);
  }
  return lines;
}

const closed = (more: Partial<Extract<Fact, { kind: "batch-closed" }>> = {}): Fact => ({
  kind: "batch-closed",
  batch: "29",
  closedBy: "size",
  recordCount: 10,
  payloadBytes: 9_333,
  windowMs: 3_900,
  first: position(1),
  last: position(18_410),
  oldestArrivedAtMs: 0,
  ...more,
});

const decided = (more: Partial<Extract<Fact, { kind: "decided" }>> = {}): Fact => ({
  kind: "decided",
  batch: "29",
  requestId: "3f9c21d0-0000-4000-8000-000000000000",
  attempt: 1,
  outcome: "ok",
  verdict: "done",
  recordCount: 10,
  payloadBytes: 9_333,
  failedCount: 0,
  tookMs: 9,
  iteratorAgeMs: 20,
  executedVersion: "$LATEST",
  error: null,
  retryAfterMs: null,
  next: [],
  ...more,
});

const part = (batch: string, recordCount: number) => ({
  batch,
  recordCount,
  first: position(1),
  last: position(2),
});

const error = {
  type: "TypeError",
  message: "Cannot read properties of undefined (reading 'total')",
  trace: ["    at process (/app/handlers/orders.ts:41:23)"],
};
const threw = { outcome: "threw", error, failedCount: 10 } as const;

describe("a batch", () => {
  test("B-1: its closing reason, its records of the size, its bytes and its window", () => {
    expect(shown([closed()])).toEqual([
      "12:04:31.207 batch    5e1f09c2 shard 0 batch 29 closed by size: 10 of 10 records, 9,333 B, window 3.9 of 5 s",
    ]);
  });

  test("without its mapping's settings it claims no limits", () => {
    expect(shown([closed({ recordCount: 1, windowMs: null })], [])).toEqual([
      "12:04:31.207 batch    5e1f09c2 shard 0 batch 29 closed by size: 1 record, 9,333 B",
    ]);
  });

  test("E-62: a shard of several lanes names the lane", () => {
    expect(shown([closed()], [settings({ ParallelizationFactor: 4 })], `${SHARD}/3`)[0]).toContain(" shard 0 lane 3 ");
  });

  test("that succeeded says so; a retry that it took is seen", () => {
    expect(shown([decided()])).toEqual(["12:04:31.207 ok       batch 29 request 3f9c21d0 9 ms"]);
    expect(shown([{ kind: "invoked", batch: "29", requestId: "3f9c21d0", attempt: 2, recordCount: 10 }])).toEqual([
      "12:04:31.207 retry    batch 29 attempt 2 of 3 request 3f9c21d0",
    ]);
  });
});

describe("a failure says what comes next", () => {
  test("E-18, E-21: a split, with the places of the halves, and of their halves", () => {
    const lines = shown([
      closed(),
      decided({ ...threw, verdict: "bisect", next: [part("29.1", 5), part("29.2", 5)] }),
      decided({
        ...threw,
        batch: "29.2",
        verdict: "bisect",
        next: [part("29.2.1", 2), part("29.2.2", 3)],
        recordCount: 5,
      }),
    ]);

    expect(lines.slice(1)).toEqual([
      "12:04:31.207 failed   batch 29 attempt 1 request 3f9c21d0 9 ms: TypeError: Cannot read properties of undefined (reading 'total') at handlers/orders.ts:41:23",
      "12:04:31.207 split    batch 29 (1-10) -> 29.1 (1-5), 29.2 (6-10), at once",
      "12:04:31.207 failed   batch 29.2 (6-10) attempt 1 request 3f9c21d0 9 ms: TypeError: (as above)",
      "12:04:31.207 split    batch 29.2 (6-10) -> 29.2.1 (6-7), 29.2.2 (8-10), at once",
    ]);
  });

  test("E-10, E-20: a retry, which of how many, and when", () => {
    expect(shown([decided({ ...threw, attempt: 2, verdict: "retry", retryAfterMs: 400 })])[0]).toMatch(
      /failed {3}batch 29 attempt 2 of 3 request 3f9c21d0 9 ms: TypeError: .+; next in 400 ms$/,
    );
    expect(
      shown(
        [decided({ ...threw, attempt: 2, verdict: "retry", retryAfterMs: 400 })],
        [settings({ MaximumRetryAttempts: -1 })],
      )[0],
    ).toContain("attempt 2, no limit,");
  });

  test("E-4: a throttle waits and is not counted", () => {
    expect(shown([decided({ outcome: "throttled", verdict: "retry", retryAfterMs: 400, failedCount: 10 })])).toEqual([
      "12:04:31.207 waits    batch 29 throttled, again in 400 ms, not counted",
    ]);
  });

  test("E-43, E-49: an answer that cannot be read is told apart from one that names every record, also at the last attempt", () => {
    const last = { outcome: "reported", verdict: "give up", failedCount: 10, attempt: 3 } as const;
    const error = { type: "MalformedAnswer", message: '`batchItemFailures` is "x"', trace: [] };
    expect(shown([decided(last)])).toEqual([
      "12:04:31.207 failed   batch 29 attempt 3 of 3 request 3f9c21d0 9 ms: reported: 10 of 10 records",
    ]);
    expect(shown([decided({ ...last, error })])).toEqual([
      '12:04:31.207 failed   batch 29 attempt 3 of 3 request 3f9c21d0 9 ms: reported: MalformedAnswer: `batchItemFailures` is "x"',
    ]);
  });

  test("a rest after partial progress, with its places", () => {
    expect(
      shown([closed(), decided({ outcome: "partial", verdict: "rest", failedCount: 4, next: [part("29+", 4)] })])[1],
    ).toBe("12:04:31.207 partial  batch 29 (1-10) -> 29+ (7-10), at once: 4 of 10 records failed");
  });

  test("O-5, O-14: the end, why, and where the record went", () => {
    const gaveUp: Fact = {
      kind: "gave-up",
      batch: "29",
      requestId: "3f9c21d0",
      condition: "RetryAttemptsExhausted",
      recordCount: 1,
      attempts: 3,
      first: position(1_795_349_018_407),
      last: position(1_795_349_018_407),
      destination: "arn:aws:sqs:us-east-1:000000000000:orders-failed",
    };

    // The error's own line may have been left out.
    const error = { type: "TypeError", message: "no total", trace: [] };
    expect(shown([decided({ verdict: "bisect", error }), { ...gaveUp, batch: "29.1" }]).at(-1)).toMatch(
      /018407; last error TypeError: no total$/,
    );
    // A part says what it failed of itself: here it was named by an answer, while another part threw.
    const named = decided({ batch: "29.2", verdict: "give up", outcome: "reported", failedCount: 1 });
    const other = decided({ batch: "29.1", verdict: "retry", error });
    expect(shown([other, named, { ...gaveUp, batch: "29.2" }]).at(-1)).toMatch(/18407$/);
    expect(shown([gaveUp])).toEqual([
      "12:04:31.207 gave-up  batch 29 after 3 of 3: RetryAttemptsExhausted -> sqs:orders-failed, checkpoint ...018407",
    ]);
    expect(shown([{ ...gaveUp, condition: "RecordAgeExceeded", destination: null, attempts: 1 }])).toEqual([
      "12:04:31.207 gave-up  batch 29 after 1 attempt: RecordAgeExceeded -> dropped, as there is no destination, checkpoint ...018407",
    ]);
  });

  test("O-15: a document that was delivered, and one that was refused and is lost", () => {
    const reported: Fact = {
      kind: "reported",
      batch: "29",
      requestId: "3f9c21d0",
      destination: "arn:aws:sqs:us-east-1:000000000000:orders-failed",
      recordCount: 2,
      answer: "delivered",
      detail: "",
    };

    expect(shown([reported])).toEqual([
      "12:04:31.207 reported batch 29 -> sqs:orders-failed: a document on 2 records, request 3f9c21d0",
    ]);
    expect(shown([{ ...reported, answer: "refused", detail: "no such queue" }])).toEqual([
      "12:04:31.207 reported batch 29 -> sqs:orders-failed refused: no such queue; a document on 2 records, request 3f9c21d0 is lost",
    ]);
  });
});

describe("a mapping and its source", () => {
  const after = position(1_795_349_018_407);
  const cases: readonly (readonly [Fact, string | readonly string[]])[] = [
    [
      { kind: "mapping-state", from: "Creating", to: "Enabled", reason: "User action" },
      "mapping  5e1f09c2 kinesis:orders -> orders-process Creating -> Enabled",
    ],
    [
      { kind: "mapping-state", from: "Deleting", to: "Gone", reason: "User action" },
      "mapping  5e1f09c2 kinesis:orders -> orders-process is gone",
    ],
    [settings(), "settings 5e1f09c2 size 10, window 5 s, retries 2, age none, bisect on, report off, factor 1"],
    [
      { kind: "unit-opened", after, startedFrom: "latest" },
      "reads    5e1f09c2 shard 0 on from its checkpoint, after ...018407",
    ],
    [
      { kind: "unit-opened", after: null, startedFrom: "trimHorizon" },
      "reads    5e1f09c2 shard 0 from its oldest record on",
    ],
    [{ kind: "unit-ended" }, "reads    5e1f09c2 shard 0 no more: it is closed or gone, and all its records have ended"],
    [
      { kind: "lost", after, before: null, count: 1_200 },
      "lost     5e1f09c2 shard 0: 1,200 records after ...018407 left the stream unread",
    ],
    [
      {
        kind: "source-problem",
        code: "unreachable",
        text: "PROBLEM: Connection error.",
        detail: "Redis at 127.0.0.1:6379 refuses the connection",
        nextTryMs: 800,
      },
      [
        "problem  warning[source-unreachable]: Redis at 127.0.0.1:6379 refuses the connection",
        "problem  mapping 5e1f09c2 stays Enabled and goes on from its checkpoint by itself; no retry is used up; next try in 800 ms",
        "help     redis-server --port 6379    # or: docker compose up redis",
      ],
    ],
    [{ kind: "source-recovered" }, "source   5e1f09c2 shard 0 can be read again"],
    [{ kind: "source-recovered", isGone: true }, "source   5e1f09c2 shard 0 is there no more"],
    [
      { kind: "checkpoint-problem", answer: "failed", nextTryMs: 1_500 },
      "problem  5e1f09c2 shard 0 checkpoint not stored; next try in 1.5 s",
    ],
    [
      { kind: "checkpoint-problem", answer: "failed", nextTryMs: null },
      "problem  5e1f09c2 shard 0 checkpoint not stored; what ended behind the last one is delivered again after the next start",
    ],
    [
      { kind: "checkpoint-problem", answer: "fenced", nextTryMs: null },
      "problem  5e1f09c2 shard 0 stops: a newer start of this mapping has taken over",
    ],
  ];

  test.each(cases)("$kind", (fact, text) => {
    expect(shown([fact])).toEqual([text].flat().map((each) => `12:04:31.207 ${each}`));
  });

  test("P-13: a source that cannot be reached is told whole once, then by shard; before the start it has no checkpoint", () => {
    const problem: Fact = {
      kind: "source-problem",
      code: "unreachable",
      text: "PROBLEM: Connection error.",
      detail: "Redis at cache.test:6380 refuses the connection",
      nextTryMs: 800,
    };
    const further =
      "problem  5e1f09c2 shard 0 unreachable: Redis at cache.test:6380 refuses the connection; next try in 800 ms, no retry is used up";
    expect(shown([problem, problem, { kind: "source-recovered" }, problem])).toEqual(
      [
        "problem  warning[source-unreachable]: Redis at cache.test:6380 refuses the connection",
        "problem  mapping 5e1f09c2 stays Enabled and goes on from its checkpoint by itself; no retry is used up; next try in 800 ms",
        "help     redis-cli -h cache.test -p 6380 ping",
        further,
        "source   5e1f09c2 shard 0 can be read again",
        "problem  warning[source-unreachable]: Redis at cache.test:6380 refuses the connection",
        "problem  mapping 5e1f09c2 stays Enabled and goes on from its checkpoint by itself; no retry is used up; next try in 800 ms",
        "help     redis-cli -h cache.test -p 6380 ping",
      ].map((text) => `12:04:31.207 ${text}`),
    );
    expect(shown([problem], [settings()], UUID)[1]).toContain("mapping 5e1f09c2 begins by itself once it can be read");
  });

  test("H-2, F-81: what was there before LATEST, and what the filter passes over while no batch comes", () => {
    const filtered = (filteredCount: number): Fact => ({
      kind: "filtered",
      filteredCount,
      position: after,
      why: 'data.total "129.90", numeric >= 100: the value is text',
    });
    expect(shown([{ kind: "unit-placed", after, earlierCount: 41 }])).toEqual([
      "12:04:31.207 reads    5e1f09c2 shard 0 starts at LATEST: 41 records were there before, and are not read",
    ]);
    expect(shown([{ kind: "unit-opened", after: null, startedFrom: "latest" }])).toEqual([
      "12:04:31.207 reads    5e1f09c2 shard 0 from the first record that comes",
    ]);
    // The second of one instant is counted, not told; with a batch there is no need.
    expect(shown([filtered(40), filtered(1)])).toEqual([
      '12:04:31.207 filtered 5e1f09c2 shard 0 40 records passed over by the filter, the last ...018407: data.total "129.90", numeric >= 100: the value is text',
    ]);
    expect(shown([closed(), filtered(1)])).toHaveLength(1);
  });

  test("a request for what is not built: the client's answer, and what it means here", () => {
    const refused: Fact = {
      kind: "refused",
      operation: "CreateEventSourceMapping",
      answer: "The 'tumblingWindowInSeconds' parameter is not built yet.",
      what: "TumblingWindowInSeconds `30`",
      page: "docs/honoured.md#tumblingwindowinseconds",
    };
    expect(shown([refused])).toEqual([
      "12:04:31.207 refused  CreateEventSourceMapping: The 'tumblingWindowInSeconds' parameter is not built yet.",
      "12:04:31.207 refused  refused[not-honoured]: TumblingWindowInSeconds `30` works on AWS and is not built here; nothing was stored. docs/honoured.md#tumblingwindowinseconds",
    ]);
  });
});

describe("the server", () => {
  const cases: readonly (readonly [Fact, readonly string[]])[] = [
    [
      { kind: "log", functionName: "f", requestId: "3f9c21d0-1", stream: "stdout", text: "one\ntwo\n" },
      ["log      f 3f9c21d0 one", "log      f 3f9c21d0 two"],
    ],
    [
      { kind: "function-version", functionName: "f", reason: "code" },
      ["function f has changed: the next invocation runs the new code"],
    ],
    [
      { kind: "thread", thread: "poller-0", event: "failed", detail: "exit 1; again in 100 ms" },
      ["thread   poller-0 failed: exit 1; again in 100 ms"],
    ],
    [{ kind: "thread", thread: "poller-0", event: "started", detail: "" }, []],
    [{ kind: "dropped", count: 12 }, ["dropped  12 entries not shown"]],
    [{ kind: "read", recordCount: 1, filteredCount: 0, first: null, last: null, isCaughtUp: true }, []],
    [{ kind: "invoked", batch: "29", requestId: "3f9c21d0", attempt: 1, recordCount: 10 }, []],
    [{ kind: "checkpoint", after: null }, []],
  ];

  test.each(cases)("$kind", (fact, texts) => {
    expect(shown([fact])).toEqual(texts.map((text) => `12:04:31.207 ${text}`));
  });
});

test("what a handler writes stays on its line and cannot move the cursor or colour the screen", () => {
  const [line] = shown([decided({ ...threw, verdict: "retry", error: { ...error, message: "a\u001B[2J\nb\u0007" } })]);

  expect(line).toContain("TypeError: a?[2J b?");
  // oxlint-disable-next-line no-control-regex
  expect(line).not.toMatch(/[\u0000-\u001F]/);
});

test("with several mappings each line of a batch names its own", () => {
  const state = createLineState();
  for (const mapping of [UUID, "a7722d71-0000-4000-8000-000000000000"]) {
    learn(state, { ...settings(), atMs: 0, mapping, lane: mapping, seq: 0 });
  }

  expect(textsOf({ ...decided(), atMs: 0, mapping: UUID, lane: SHARD, seq: 1 }, state)).toEqual([
    "00:00:00.000 ok       5e1f09c2 batch 29 request 3f9c21d0 9 ms",
  ]);
});

test("what is remembered of batches stays bounded", () => {
  const state = createLineState();
  for (let number = 0; number < 12_000; number += 1) {
    learn(state, { ...closed({ batch: String(number) }), atMs: 0, mapping: UUID, lane: SHARD, seq: number });
  }

  expect(state.places.size).toBe(5_000);
});
