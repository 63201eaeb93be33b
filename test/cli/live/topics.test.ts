// The live view of mappings on a topic and on a change stream: a row a partition, what holds it, and what limits the calls, in 80 and 120
// columns, also in ASCII.

import { describe, expect, test } from "vitest";
import { rowText } from "../../../src/cli/live/cells.ts";
import { createLiveModel, learnEntries, learnViews } from "../../../src/cli/live/live-model.ts";
import { createLook } from "../../../src/cli/live/look.ts";
import { render } from "../../../src/cli/live/render.ts";
import { startView } from "../../../src/cli/live/view-state.ts";
import { localTime } from "../../../src/cli/shown-forms.ts";
import type { Fact } from "../../../src/ports/journal.ts";
import { noCounts } from "../../../src/runtime/counters.ts";
import type { LaneReport, PartitionReport } from "../../../src/runtime/lane-report.ts";
import { at, decided, entry, nowMs } from "./moment.ts";

const uuid = "5e1f09c2-0000-4000-8000-000000000000";
const topicSettings = {
  EventSourceArn: "arn:aws:kafka:us-east-1:000000000000:cluster/shop/f3bb8a1e-1",
  Topics: ["orders"],
};
const changeSettings = {
  EventSourceArn: "arn:aws:rds:us-east-1:000000000000:cluster:docs",
  DocumentDBEventSourceConfig: { DatabaseName: "shop", CollectionName: "orders" },
};

const share = (...units: string[]): Fact => ({ kind: "share", partitionCount: units.length, units });
const closed: Fact = {
  kind: "batch-closed",
  batch: "29",
  closedBy: "window",
  recordCount: 4,
  payloadBytes: 900,
  windowMs: 500,
  first: "15",
  last: "1",
  oldestArrivedAtMs: null,
  partitions: [{ unit: "orders-0", first: "15", last: "18", recordCount: 4 }],
};
const invoked: Fact = { kind: "invoked", batch: "29", requestId: "3f9c21d0", attempt: 1, recordCount: 4 };
const failed = decided("29", "3f9c21d0", { verdict: "retry", recordCount: 4, failedCount: 4, retryAfterMs: 90_000 });

const report = (partitions: readonly PartitionReport[], more: Partial<LaneReport> = {}): LaneReport => ({
  lane: `${uuid}/p0`,
  waitingCount: 0,
  recordCount: 0,
  recordBytes: 0,
  eventBytes: 300,
  eventLimitBytes: 6_291_456,
  windowFromMs: null,
  closedBy: "window",
  closesAtMs: null,
  isHeld: false,
  tumbling: null,
  partitions,
  ...more,
});

const partition = (unit: string, more: Partial<PartitionReport> = {}): PartitionReport => ({
  unit,
  through: null,
  lagCount: 0,
  oldestArrivedAtMs: null,
  ...more,
});

interface Told {
  readonly facts: readonly (readonly [place: string, fact: Fact])[];
  readonly lanes?: readonly LaneReport[];
  readonly settings?: Readonly<Record<string, unknown>>;
  readonly runningCount?: number;
  readonly columns?: number;
  readonly isAscii?: boolean;
}

function picture({ facts, lanes = [], settings = topicSettings, runningCount = 0, ...shown }: Told): readonly string[] {
  const model = createLiveModel();
  const functionArn = "arn:aws:lambda:us-east-1:000000000000:function:process";
  const all = { FunctionArn: functionArn, BatchSize: 10, ...settings };
  learnEntries(
    model,
    [
      entry(at("19.000"), uuid, uuid, { kind: "settings", settings: all }),
      ...facts.map(([place, fact], index) => entry(at("31.200") + index, uuid, `${uuid}/${place}`, fact)),
    ],
    0,
  );
  const summary = {
    counters: noCounts,
    lagCount: 6,
    oldestArrivedAtMs: null,
    runningCount,
    lanes,
    uuid,
    generation: 1,
    recordResult: "OK",
    problemText: null,
  };
  const view = {
    uuid,
    state: "Enabled",
    isPaused: false,
    eventSourceArn: String(settings["EventSourceArn"]),
    functionName: "process",
    lastProcessingResult: "OK",
    hasFilter: false,
    summary,
  } as const;
  learnViews(model, [view], nowMs);
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
    expect(text).not.toMatch(/shard|message|undefined|NaN/);
    expect(text).toMatch(shown.isAscii === true ? /^[\x20-\x7e]*$/ : /^\P{Cc}*$/u);
  }
  return texts;
}

/** Rows from a heading on, with single blanks. */
function block(rows: readonly string[], heading: RegExp, count: number): readonly string[] {
  const from = rows.findIndex((row) => heading.test(row));
  return rows.slice(from, from + count).map((row) => row.replace(/\s+/g, " ").trim());
}

const scaled: Fact = { kind: "scaled", from: 0, to: 1, why: "started" };
const started = [
  ["", scaled],
  ["p0", share("orders-0", "orders-1")],
] as const;
const two = [
  partition("orders-1", { through: "4", lagCount: 2, oldestArrivedAtMs: nowMs - 1_200 }),
  partition("orders-0", { through: "14", lagCount: 4, oldestArrivedAtMs: nowMs - 3_100 }),
];

describe.each([80, 120])("in %d columns", (columns) => {
  test("a row a partition, in their order: where it is, what waits of it and how old that is, and the batch that holds it (M-207)", () => {
    const facts = [...started, ["p0/1", closed], ["p0/1", invoked], ["p0/1", failed]] as const;
    const lanes = [
      report(two, { waitingCount: 2, recordCount: 2, windowFromMs: nowMs - 200, closesAtMs: nowMs + 300 }),
    ];
    for (const isAscii of [false, true]) {
      const rows = picture({ facts, lanes, columns, isAscii });
      const wanted = [
        "orders-0 done to 14 lag 4 oldest 3.1 s held by batch 29",
        "orders-1 done to 4 lag 2 oldest 1.2 s",
      ];
      expect(block(rows, /^ {2}orders-0/, 2)).toEqual(wanted);
      expect(rows.join("\n")).toContain("2 partitions; 1 poller, 0 running");
      expect(rows.join("\n")).toContain("batch 29: threw; its partitions wait, others go on");
      expect(rows.join("\n")).toContain("poller 0");
      expect(rows.join("\n")).not.toContain("lane held");
    }
  });

  test("a partition at its beginning has no age, and a poller that is idle assembles nothing", () => {
    const rows = picture({ facts: started, lanes: [report([partition("orders-0")])], columns });
    expect(block(rows, /^ {2}orders-0/, 1)).toEqual(["orders-0 at its beginning lag 0"]);
    expect(rows.join("\n")).not.toContain("closes it");
    expect(rows.join("\n")).toContain("nothing limits it");
  });

  test("of many partitions those that are furthest behind are shown", () => {
    const many = Array.from({ length: 12 }, (_, index) => partition(`orders-${index}`, { lagCount: index % 7 }));
    const rows = picture({ facts: started, lanes: [report(many)], columns });
    expect(block(rows, /^ {2}orders-/, 5)).toEqual([
      "orders-4 at its beginning lag 4",
      "orders-5 at its beginning lag 5",
      "orders-6 at its beginning lag 6",
      "orders-11 at its beginning lag 4",
      "and 8 more partitions",
    ]);
  });

  test("M-202: where other members of the group have all partitions, that is said", () => {
    const facts = [
      ["", scaled],
      ["p0", share()],
    ] as const;
    const text = picture({ facts, lanes: [report([])], columns })
      .join("\n")
      .replace(/\s+/g, " ");
    expect(text).toContain("0 partitions; 1 poller, 0 running");
    expect(text).toContain("limited by its group: other members have all partitions");
  });

  test("X-201: a change stream has one row, by its cluster's clock", () => {
    const read: Fact = {
      kind: "read",
      recordCount: 1,
      filteredCount: 0,
      first: "016b0cf8d10000000101",
      last: "016b0cf8d10000000201",
      isCaughtUp: true,
    };
    const opened: Fact = { kind: "unit-opened", after: "016b0cf8d00000000101", startedFrom: "latest" };
    const facts = [
      ["changes", opened],
      ["changes", read],
    ] as const;
    const rows = picture({ facts, settings: changeSettings, runningCount: 1, columns });
    const clock = localTime(1_796_012_241_000).slice(0, 8);
    const text = rows.join("\n").replace(/\s+/g, " ");
    expect(text).toContain(`CHANGES read up to ${clock}#2; 6 in progress, 1 running`);
    expect(text).toContain("limited by its order: one call at a time");
    expect(text).toContain("documentdb:docs");
  });
});
