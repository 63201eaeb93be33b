// The live view of mappings on queues and brokers: what lies there, who reads it and what limits it, in 80 and 120 columns, also in ASCII.

import { describe, expect, test } from "vitest";
import { rowText } from "../../../src/cli/live/cells.ts";
import { createLiveModel, learnEntries, learnQueue, learnViews } from "../../../src/cli/live/live-model.ts";
import { createLook } from "../../../src/cli/live/look.ts";
import { render } from "../../../src/cli/live/render.ts";
import { startView } from "../../../src/cli/live/view-state.ts";
import type { Fact } from "../../../src/ports/journal.ts";
import { noCounts } from "../../../src/runtime/counters.ts";
import { at, decided, entry, nowMs } from "./moment.ts";

const uuid = "5e1f09c2-0000-4000-8000-000000000000";
const queueArn = "arn:aws:sqs:us-east-1:000000000000:orders";
const brokerArn = "arn:aws:mq:us-east-1:000000000000:broker:shop:b-12345678-1234-1234-1234-123456789012";
const functionArn = "arn:aws:lambda:us-east-1:000000000000:function:process";
const lane = `${uuid}/orders/3`;

const scaled = (from: number, to: number, why: Extract<Fact, { kind: "scaled" }>["why"]): Fact => ({
  kind: "scaled",
  from,
  to,
  why,
});
const closed: Fact = {
  kind: "batch-closed",
  batch: "29",
  closedBy: "size",
  recordCount: 4,
  payloadBytes: 900,
  windowMs: null,
  first: "a",
  last: "d",
  oldestArrivedAtMs: null,
};
const invoked: Fact = { kind: "invoked", batch: "29", requestId: "3f9c21d0", attempt: 1, recordCount: 4 };
const failed: readonly Fact[] = [
  closed,
  invoked,
  decided("29", "3f9c21d0", { verdict: "return", recordCount: 4, failedCount: 4 }),
  { kind: "returned", batch: "29", recordCount: 4, why: "failed", visibleAgainAtMs: at("5:31.000") },
];

interface Told {
  readonly facts?: readonly Fact[];
  readonly settings?: object;
  readonly runningCount?: number;
  readonly arn?: string;
  readonly columns?: number;
  readonly isAscii?: boolean;
  readonly from?: string;
}

function picture({ facts = [], settings = {}, runningCount = 0, arn = queueArn, ...shown }: Told): readonly string[] {
  const model = createLiveModel();
  const all = { EventSourceArn: arn, FunctionArn: functionArn, BatchSize: 10, MaximumBatchingWindowInSeconds: 0 };
  const own = arn === queueArn ? scaled(0, 5, "started") : null;
  learnEntries(
    model,
    [
      entry(at("19.000"), uuid, uuid, { kind: "settings", settings: { ...all, ...settings } }),
      ...(own === null ? [] : [entry(at("19.001"), uuid, uuid, own)]),
      ...facts.map((fact, index) => entry(at("31.200") + index, uuid, shown.from ?? lane, fact)),
    ],
    0,
  );
  const summary = {
    counters: noCounts,
    lagCount: 12,
    oldestArrivedAtMs: null,
    runningCount,
    lanes: [],
    uuid,
    generation: 1,
    recordResult: "OK",
    problemText: null,
  };
  const view = {
    uuid,
    state: "Enabled",
    isPaused: false,
    eventSourceArn: arn,
    functionName: "process",
    lastProcessingResult: "OK",
    hasFilter: false,
    summary,
  } as const;
  learnViews(model, [view], nowMs);
  learnQueue(model, uuid, { visibleCount: 412, hiddenCount: 30, delayedCount: 2 });
  const columns = shown.columns ?? 80;
  const rows = render({
    model,
    view: { ...startView, mapping: uuid },
    allowed: { hasKeys: true, canPause: true, canPoison: false, canExplain: true },
    look: createLook({ isUnicode: shown.isAscii !== true, isColoured: false }),
    columns,
    rows: 30,
    nowMs,
    startedAtMs: at("3:19.000"),
    title: ["millrace 0.1.0", "http://127.0.0.1:4566", "embedded store"],
    stopping: null,
    timeText: (atMs) => new Date(atMs).toISOString().slice(11, 23),
  });
  const texts = rows.map((row) => rowText(row));
  for (const text of texts) {
    expect(text.length).toBeLessThanOrEqual(columns);
    expect(text).not.toMatch(/shard|checkpoint/);
  }
  return texts;
}

const source = (rows: readonly string[]): string => {
  const from = rows.findIndex((row) => /^(QUEUE|BROKER)/.test(row));
  return rows
    .slice(from, from + 2)
    .join(" ")
    .replace(/\s+/g, " ")
    .trim();
};

describe("a queue", () => {
  test("P-20: what lies there, how many pollers and calls, in 80 and 120 columns", () => {
    expect(source(picture({ runningCount: 2 }))).toBe(
      "QUEUE 412 visible, 30 in flight, 2 delayed; 5 pollers, 2 running of 5 nothing limits it",
    );
    const wide = picture({ runningCount: 2, columns: 120 });
    expect(wide.find((row) => row.startsWith("QUEUE"))).toMatch(/5 pollers, 2 running of 5 +nothing limits it$/);
    expect(wide.find((row) => row.startsWith("> 5e1f09c2") || row.includes(" 5e1f09c2"))).toContain("2 of 5");
  });

  test("what limits it: MaximumConcurrency, our own cap, back-off, scaling, the function, the queue", () => {
    const settings = { ScalingConfig: { MaximumConcurrency: 2 } };
    expect(source(picture({ settings, runningCount: 2 }))).toContain("limited by MaximumConcurrency: 2 of 2");
    const noThread: Fact = { kind: "no-thread", functionName: "process", requestId: "", runningCount: 16 };
    expect(source(picture({ facts: [noThread], from: uuid, runningCount: 1 }))).toContain(
      "limited by maxFunctionThreads: 16 function threads run",
    );
    expect(source(picture({ facts: [scaled(5, 2, "errors")], from: uuid }))).toContain(
      "limited by back-off after failed calls: 5 → 2 pollers",
    );
    expect(source(picture({ runningCount: 5 }))).toContain("limited by scaling: every poller is at work");
    const refused = decided("29", "3f9c21d0", {
      verdict: "retry",
      outcome: "throttled",
      retryAfterMs: 400,
      error: null,
    });
    expect(source(picture({ facts: [closed, invoked, refused] }))).toContain(
      "limited by the function: throttled, 1 batch held",
    );
    const problem: Fact = {
      kind: "source-problem",
      code: "missing",
      text: "PROBLEM",
      detail: "there is no queue orders",
      nextTryMs: 200,
    };
    expect(source(picture({ facts: [problem], from: uuid }))).toContain(
      "the queue cannot be read: there is no queue orders",
    );
  });

  test("P-28: of provisioned pollers each makes ten calls", () => {
    const ProvisionedPollerConfig = { MinimumPollers: 2, MaximumPollers: 10 };
    expect(source(picture({ settings: { ProvisionedPollerConfig }, runningCount: 3 }))).toContain(
      "5 pollers, 3 running of 50",
    );
  });

  test("Q-11: a failed batch says how many messages come back, and when; also in ASCII", () => {
    const rows = picture({ facts: failed });
    expect(rows.find((row) => row.includes("come back"))).toContain("✗");
    expect(rows.find((row) => row.includes("come back"))).toContain("threw; 4 messages come back at 12:05:31");
    const ascii = picture({ facts: failed, isAscii: true });
    for (const row of ascii) expect(row).toMatch(/^[\x20-\x7e]*$/);
    expect(ascii.find((row) => row.includes("come back"))).toContain("X");
    expect(
      picture({ facts: failed, columns: 120 }).find((row) => row.startsWith("BATCHES") || row.includes("poller 3")),
    ).toBeDefined();
  });
});

describe("a broker", () => {
  test("R-202: what is unacknowledged, consumers, and one call each", () => {
    const opened: Fact = { kind: "unit-opened", after: null, startedFrom: "trimHorizon" };
    const told = { arn: brokerArn, settings: { Queues: ["jobs"] }, facts: [opened], from: `${uuid}/0` };
    const rows = picture({ ...told, runningCount: 1 });
    expect(source(rows)).toBe(
      "BROKER 12 unacknowledged of jobs; 1 consumer, 1 running limited by its consumers: one call each",
    );
    expect(rows.find((row) => row.includes("5e1f09c2"))).toContain("mq:shop");
  });
});
