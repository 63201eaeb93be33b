// A recorded journal at any instant of it: what was known then is the same as if the journal had ended there.

import { expect, test } from "vitest";
import { foldJournal, type FoldedJournal } from "../../src/dashboard/file/folded-journal.ts";
import type { Frame, FrameOrigin } from "../../src/dashboard/frame.ts";
import type { Entry } from "../../src/ports/journal.ts";
import { at, decided, entry, laneOf, positionOf, process, settings, story } from "../cli/live/moment.ts";

const origin: FrameOrigin = { kind: "file", version: "test", name: "f", fromMs: 0, toMs: 0, isReadOnly: true };

function folded(entries: Iterable<Entry>, blockEntries?: number): FoldedJournal {
  const journal = foldJournal(entries, blockEntries === undefined ? {} : { blockEntries });
  if (journal === null) throw new Error("it has entries");
  return journal;
}

const lane = laneOf(process, 0);
const unit = `${process}/shardId-000000000000`;

/** A batch a second, ten records each, of which every seventh batch fails once; reads come half a second before. */
function* course(count: number): Generator<Entry> {
  const from = Math.ceil(at("0") / 1_000) * 1_000;
  yield entry(from, process, process, { kind: "mapping-state", from: "", to: "Enabled", reason: "" });
  yield entry(from, process, process, settings("f", { BatchSize: 20, MaximumBatchingWindowInSeconds: 1 }));
  yield entry(from, process, unit, { kind: "unit-opened", after: null, startedFrom: "trimHorizon" });
  for (let number = 1; number <= count; number += 1) {
    const atMs = from + number * 1_000;
    const batch = String(number);
    const last = positionOf(number * 10);
    yield entry(atMs - 500, process, unit, {
      kind: "read",
      recordCount: 10,
      filteredCount: 0,
      first: positionOf(number * 10 - 9),
      last,
      isCaughtUp: true,
    });
    yield entry(atMs, process, lane, {
      kind: "batch-closed",
      batch,
      closedBy: "window",
      recordCount: 10,
      payloadBytes: 5_000,
      windowMs: 500,
      first: positionOf(number * 10 - 9),
      last,
      oldestArrivedAtMs: atMs - 600,
    });
    yield entry(atMs, process, lane, { kind: "invoked", batch, requestId: `r${number}`, attempt: 1, recordCount: 10 });
    if (number % 7 === 0) {
      const retry = { verdict: "retry", retryAfterMs: 100, failedCount: 10 } as const;
      yield entry(atMs + 10, process, lane, decided(batch, `r${number}`, retry));
      yield entry(atMs + 110, process, lane, {
        kind: "invoked",
        batch,
        requestId: `r${number}`,
        attempt: 2,
        recordCount: 10,
      });
      yield entry(atMs + 120, process, lane, decided(batch, `r${number}`, { attempt: 2 }));
    } else yield entry(atMs + 10, process, lane, decided(batch, `r${number}`, {}));
    yield entry(atMs + 130, process, unit, { kind: "checkpoint", after: last });
  }
}

/** Without what counts frames and rows, and what lies before the rows that a block has. */
const comparable = ({ number: _n, batches, ...rest }: Frame) => ({
  ...rest,
  batches: batches.slice(-5).map(({ id: _id, ...row }) => row),
});

test("any instant is answered from the block before it as from the beginning", () => {
  const entries = [...course(300)];
  const inBlocks = folded(entries, 40);
  const atOnce = folded(entries, 1_000_000);
  const { fromMs, toMs } = atOnce;
  for (let atMs = fromMs - 1_000; atMs < toMs + 3_000; atMs += 7_321) {
    expect(comparable(inBlocks.frame(atMs, origin))).toEqual(comparable(atOnce.frame(atMs, origin)));
  }
  // Back again: nothing is left of an instant that was shown.
  const middle = (fromMs + toMs) / 2;
  expect(comparable(inBlocks.frame(middle, origin))).toEqual(comparable(atOnce.frame(middle, origin)));
});

test("what is assembled at an instant is told from what comes next (B-4)", () => {
  const journal = folded(course(10));
  const closedAtMs = journal.fromMs + 5_000;
  const [mapping] = journal.frame(closedAtMs - 300, origin).mappings;
  expect(mapping).toMatchObject({ state: "Enabled", functionName: "f", batchCount: 4, lagCount: 10, lastResult: "OK" });
  expect(mapping?.lanes).toEqual([
    {
      lane,
      label: "shard 0",
      checkpoint: positionOf(40),
      lagCount: 10,
      oldestAtMs: closedAtMs - 600,
      batch: null,
      assembling: {
        recordCount: 10,
        eventBytes: null,
        eventLimitBytes: 6_291_456,
        windowFromMs: closedAtMs - 500,
        closedBy: "window",
        closesAtMs: closedAtMs,
      },
      heldBy: null,
      tumbling: null,
    },
  ]);
});

test("all that happened at an instant is in its picture, and nothing after it", () => {
  const journal = folded(course(10));
  const failedAtMs = journal.fromMs + 7_010;
  expect(journal.frame(failedAtMs - 1, origin).failing).toEqual([]);
  const frame = journal.frame(failedAtMs, origin);
  expect(frame.failing).toMatchObject([
    { batch: "7", endedAtMs: null, root: { state: "retrying", retryAtMs: failedAtMs + 100 } },
  ]);
  expect(frame.mappings[0]).toMatchObject({ failedCount: 1, lanes: [{ heldBy: { batch: "7" }, assembling: null }] });
  expect(frame.batches.at(-1)).toMatchObject({ batch: "7", outcome: "threw", next: "retry in 0.10 s" });
  expect(journal.frame(failedAtMs + 110, origin).failing).toMatchObject([{ endedAtMs: failedAtMs + 110 }]);
});

test("the moment of the live view: the tree stands where it stood", () => {
  const journal = folded(story);
  const [failing] = journal.frame(at("31.230"), origin).failing;
  expect(failing?.root.children.map(({ name, state }) => [name, state])).toEqual([
    ["29.1", "done"],
    ["29.2", "running"],
  ]);
});

test("points of the seconds before an instant, and marks of what went wrong", () => {
  const journal = folded(course(30));
  const { seconds } = journal.frame(journal.fromMs + 10_600, origin);
  const all = seconds.filter(({ mapping }) => mapping === null);
  expect(all.map(({ second }) => second - journal.fromMs / 1_000)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  expect(all[7]).toMatchObject({ batches: 1, invocations: 2, failed: 1, fill: 0.5, tookP50Ms: 1 });
  expect(journal.marks.map(({ kind, atMs }) => [kind, atMs - journal.fromMs])).toEqual([
    ["state", 0],
    ["failed", 7_010],
    ["failed", 14_010],
    ["failed", 21_010],
    ["failed", 28_010],
  ]);
});

test("marks of a long journal are bounded, and those of each kind are spread over it", () => {
  const journal = folded(course(20_000), 20_000);
  expect(journal.marks.length).toBeGreaterThan(1_000);
  expect(journal.marks.length).toBeLessThanOrEqual(2_000);
  expect(journal.marks.at(-1)?.atMs).toBeGreaterThan(journal.toMs - 60_000);
});

test("entries before an instant, page by page, lose none", () => {
  const entries = [...course(50)];
  const journal = folded(entries, 16);
  const read: Entry[] = [];
  let before = journal.toMs + 1;
  for (;;) {
    const page = journal.entries(before, 7);
    if (page.length === 0) break;
    read.unshift(...page);
    before = page[0]?.atMs ?? 0;
  }
  expect(read).toEqual(entries);
});

test("an empty journal is none", () => {
  expect(foldJournal([])).toBe(null);
});
