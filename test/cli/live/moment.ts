// One moment of two mappings on one stream, as the journal and the summaries tell it: 12:04:31.544, batch 29 of shard 0 was halved
// down to record 7, which waits for its third attempt; shard 1 assembles.

import type { PlacementSummary } from "../../../src/control/placement.ts";
import type { Entry, Fact } from "../../../src/ports/journal.ts";
import { noCounts } from "../../../src/runtime/counters.ts";
import type { LaneReport } from "../../../src/runtime/lane-report.ts";
import {
  createLiveModel,
  learnEntries,
  learnViews,
  type LiveModel,
  type ViewOfMapping,
} from "../../../src/cli/live/live-model.ts";
import { createLook, type Look } from "../../../src/cli/live/look.ts";
import { paintRow, rowText } from "../../../src/cli/live/cells.ts";
import { render } from "../../../src/cli/live/render.ts";
import type { Scene } from "../../../src/cli/live/scene.ts";
import { startView } from "../../../src/cli/live/view-state.ts";

export const process = "5e1f09c2-0000-4000-8000-000000000000";
export const audit = "b0c47d3e-0000-4000-8000-000000000000";

const MIDNIGHT_MS = Date.UTC(2026, 10, 22);

/** `at("31.207")` is 12:04:31.207. */
export const at = (text: string): number => {
  const [minute = "", second = ""] = text.includes(":") ? text.split(":") : ["4", text];
  return MIDNIGHT_MS + 12 * 3_600_000 + Number(minute) * 60_000 + Math.round(Number(second) * 1_000);
};

export const nowMs = at("31.544");

export const laneOf = (mapping: string, shard: number): string => `${mapping}/shardId-00000000000${shard}/0`;
export const positionOf = (number: number): string =>
  `49${"0".repeat(14)}${number.toString().padStart(6, "0")}${"0".repeat(20)}`;

export function entry(atMs: number, mapping: string, lane: string, fact: Fact): Entry {
  return { atMs, mapping, lane, seq: 0, ...fact };
}

const closed = (batch: string, fact: Partial<Extract<Fact, { kind: "batch-closed" }>>): Fact => ({
  kind: "batch-closed",
  batch,
  closedBy: "window",
  recordCount: 10,
  payloadBytes: 9_333,
  windowMs: 3_900,
  first: positionOf(18_401),
  last: positionOf(18_410),
  oldestArrivedAtMs: null,
  ...fact,
});

const error = { type: "TypeError", message: "Cannot read properties of undefined (reading 'total')", trace: [] };

export const decided = (
  batch: string,
  requestId: string,
  fact: Partial<Extract<Fact, { kind: "decided" }>>,
): Extract<Fact, { kind: "decided" }> => ({
  kind: "decided",
  batch,
  requestId,
  attempt: 1,
  outcome: fact.verdict === undefined || fact.verdict === "done" ? "ok" : "threw",
  verdict: "done",
  recordCount: 10,
  payloadBytes: 9_333,
  failedCount: 0,
  tookMs: 1,
  iteratorAgeMs: null,
  executedVersion: null,
  error: fact.verdict === undefined || fact.verdict === "done" ? null : error,
  retryAfterMs: null,
  next: [],
  ...fact,
});

const invoked = (batch: string, requestId: string, attempt: number, recordCount: number): Fact => ({
  kind: "invoked",
  batch,
  requestId,
  attempt,
  recordCount,
});

const half = (batch: string, from: number, to: number) => ({
  batch,
  first: positionOf(18_400 + from),
  last: positionOf(18_400 + to),
  recordCount: to - from + 1,
});

/** One call: sent at `startMs` behind the closing of batch 29, and what followed. */
function call(
  batch: string,
  requestId: string,
  given: { readonly startMs: number; readonly attempt?: number; readonly recordCount: number },
  fact: Partial<Extract<Fact, { kind: "decided" }>> & { readonly tookMs: number },
): Entry[] {
  const lane = laneOf(process, 0);
  const startMs = at("31.207") + given.startMs;
  const attempt = given.attempt ?? 1;
  return [
    entry(startMs, process, lane, invoked(batch, requestId, attempt, given.recordCount)),
    entry(
      startMs + fact.tookMs,
      process,
      lane,
      decided(batch, requestId, { attempt, recordCount: given.recordCount, ...fact }),
    ),
  ];
}

const checkpoint = (atMs: number, number: number): Entry =>
  entry(atMs, process, `${process}/shardId-000000000000`, { kind: "checkpoint", after: positionOf(number) });

export const settings = (functionName: string, more: Readonly<Record<string, unknown>>): Fact => ({
  kind: "settings",
  settings: {
    EventSourceArn: "arn:aws:kinesis:us-east-1:000000000000:stream/orders",
    FunctionArn: `arn:aws:lambda:us-east-1:000000000000:function:${functionName}`,
    ParallelizationFactor: 1,
    ...more,
  },
});

/** A batch that went well in one call. */
function well(
  atMs: number,
  mapping: string,
  shard: number,
  fact: Parameters<typeof closed>[1] & { readonly batch: string; readonly requestId: string; readonly tookMs: number },
): Entry[] {
  const lane = laneOf(mapping, shard);
  const { requestId, tookMs, ...more } = fact;
  const recordCount = more.recordCount ?? 10;
  return [
    entry(atMs, mapping, lane, closed(fact.batch, more)),
    entry(atMs, mapping, lane, invoked(fact.batch, requestId, 1, recordCount)),
    entry(atMs + tookMs, mapping, lane, decided(fact.batch, requestId, { recordCount, tookMs })),
  ];
}

const failed: Fact[] = ["3", "21"].flatMap((batch): Fact[] => [
  {
    kind: "gave-up",
    batch,
    requestId: "00000000",
    condition: "RetryAttemptsExhausted",
    recordCount: 1,
    attempts: 3,
    first: null,
    last: null,
    destination: "arn:aws:sqs:us-east-1:000000000000:orders-failed",
  },
  {
    kind: "reported",
    batch,
    requestId: "00000000",
    destination: "arn:aws:sqs:us-east-1:000000000000:orders-failed",
    recordCount: 1,
    answer: "delivered",
    detail: "",
  },
]);

export const story: readonly Entry[] = [
  entry(
    at("3:19.4"),
    process,
    process,
    settings("orders.process", {
      BatchSize: 10,
      MaximumBatchingWindowInSeconds: 5,
      MaximumRetryAttempts: 2,
      BisectBatchOnFunctionError: true,
      DestinationConfig: { OnFailure: { Destination: "arn:aws:sqs:us-east-1:000000000000:orders-failed" } },
    }),
  ),
  entry(
    at("3:19.4"),
    audit,
    audit,
    settings("orders.audit", {
      BatchSize: 100,
      MaximumBatchingWindowInSeconds: 0,
      MaximumRetryAttempts: -1,
      BisectBatchOnFunctionError: false,
    }),
  ),
  ...[process, audit].flatMap((mapping) =>
    [0, 1].map((shard) =>
      entry(at("3:19.5"), mapping, `${mapping}/shardId-00000000000${shard}`, {
        kind: "unit-opened",
        after: null,
        startedFrom: "trimHorizon",
      }),
    ),
  ),
  ...failed.map((fact) => entry(at("3:40"), process, laneOf(process, 0), fact)),
  ...well(at("27.299"), process, 0, {
    batch: "27",
    requestId: "1c000000",
    tookMs: 6,
    recordCount: 4,
    payloadBytes: 3_741,
    windowMs: 5_000,
  }),
  ...well(at("28.336"), process, 1, {
    batch: "28",
    requestId: "2c000000",
    tookMs: 8,
    recordCount: 7,
    payloadBytes: 6_537,
    windowMs: 5_000,
  }),
  entry(at("31.207"), process, laneOf(process, 0), closed("29", { closedBy: "size" })),
  ...call(
    "29",
    "3f9c21d0",
    { startMs: 0, recordCount: 10 },
    { verdict: "bisect", tookMs: 9, next: [half("29.1", 1, 5), half("29.2", 6, 10)] },
  ),
  ...call("29.1", "a07be913", { startMs: 9, recordCount: 5 }, { tookMs: 12 }),
  checkpoint(at("31.229"), 18_405),
  ...call(
    "29.2",
    "c55d0e7f",
    { startMs: 21, recordCount: 5 },
    { verdict: "bisect", tookMs: 5, next: [half("29.2.1", 6, 7), half("29.2.2", 8, 10)] },
  ),
  ...call(
    "29.2.1",
    "18e2f6b4",
    { startMs: 26, recordCount: 2 },
    { verdict: "bisect", tookMs: 3, next: [half("29.2.1.1", 6, 6), half("29.2.1.2", 7, 7)] },
  ),
  ...call("29.2.1.1", "e9004c2a", { startMs: 29, recordCount: 1 }, { tookMs: 4 }),
  checkpoint(at("31.241"), 18_406),
  ...call("29.2.1.2", "52ad7710", { startMs: 33, recordCount: 1 }, { verdict: "retry", tookMs: 2, retryAfterMs: 200 }),
  ...well(at("31.402"), audit, 1, {
    batch: "214",
    requestId: "7be01c55",
    tookMs: 2,
    closedBy: "caught up",
    recordCount: 1,
    payloadBytes: 945,
    windowMs: null,
  }),
  ...call(
    "29.2.1.2",
    "52ad7710",
    { startMs: 235, attempt: 2, recordCount: 1 },
    { verdict: "retry", tookMs: 2, retryAfterMs: 400 },
  ),
];

const assembling: LaneReport = {
  lane: laneOf(process, 1),
  waitingCount: 6,
  recordCount: 6,
  recordBytes: 5_591,
  eventBytes: 5_605,
  eventLimitBytes: 6_291_456,
  windowFromMs: at("28.344"),
  closedBy: "window",
  closesAtMs: at("33.344"),
  isHeld: false,
  tumbling: null,
};

const held: LaneReport = {
  ...assembling,
  lane: laneOf(process, 0),
  waitingCount: 1,
  recordCount: 1,
  windowFromMs: null,
  closesAtMs: null,
  isHeld: true,
};

const counters = { ...noCounts, polled: 41 };

export function viewOf(uuid: string, functionName: string, more: Partial<PlacementSummary>): ViewOfMapping {
  const recordResult = more.recordResult ?? "OK";
  return {
    uuid,
    state: "Enabled",
    isPaused: false,
    eventSourceArn: "arn:aws:kinesis:us-east-1:000000000000:stream/orders",
    functionName,
    lastProcessingResult: recordResult,
    hasFilter: false,
    summary: {
      uuid,
      generation: 1,
      counters,
      recordResult,
      problemText: null,
      lagCount: 0,
      oldestArrivedAtMs: null,
      runningCount: 0,
      lanes: [],
      ...more,
    },
  };
}

export const views: readonly ViewOfMapping[] = [
  viewOf(process, "orders.process", {
    lagCount: 11,
    oldestArrivedAtMs: nowMs - 3_100,
    recordResult: "PROBLEM: Function call failed",
    lanes: [held, assembling],
  }),
  viewOf(audit, "orders.audit", {}),
];

export function momentOf(entries: readonly Entry[] = story, seen: readonly ViewOfMapping[] = views): LiveModel {
  const model = createLiveModel();
  learnEntries(model, entries, 0);
  learnViews(model, seen, nowMs);
  return model;
}

const two = (value: number): string => String(value).padStart(2, "0");
const utcTime = (atMs: number): string => {
  const date = new Date(atMs);
  const time = [date.getUTCHours(), date.getUTCMinutes(), date.getUTCSeconds()].map(two).join(":");
  return `${time}.${String(date.getUTCMilliseconds()).padStart(3, "0")}`;
};

export const plainLook = createLook({ isUnicode: true, isColoured: false });

export function sceneOf(more: Partial<Scene> = {}): Scene {
  return {
    model: momentOf(),
    view: { ...startView, mapping: process },
    allowed: { hasKeys: true, canPause: true, canPoison: true, canExplain: true },
    look: plainLook,
    columns: 80,
    rows: 24,
    nowMs,
    startedAtMs: nowMs - 72_000,
    title: ["millrace 0.1.0", "http://127.0.0.1:4566", "embedded store, .millrace"],
    stopping: null,
    timeText: utcTime,
    ...more,
  };
}

export const textOf = (scene: Scene): string =>
  render(scene)
    .map((row) => rowText(row).trimEnd())
    .join("\n");

export const paintedOf = (scene: Scene & { readonly look: Look }): string =>
  render(scene)
    .map((row) => paintRow(row, scene.look))
    .join("\n");
