// Rows of batches: a bounded number, a sample where there are too many, and never without a failure that has room.

import { describe, expect, test } from "vitest";
import { type BatchRows, createBatchRows } from "../../src/dashboard/batch-rows.ts";
import type { Entry } from "../../src/ports/journal.ts";
import { decided } from "../cli/live/moment.ts";

/** Of a lane that has one batch. */
const laneOf = (batch: string): string => `m/shardId-${batch}/0`;

function close(rows: BatchRows, batch: string, lane = laneOf(batch), mapping = "m"): void {
  const at: Pick<Entry, "atMs" | "mapping" | "lane" | "seq"> = { atMs: Number(batch), mapping, lane, seq: 0 };
  rows.closed(
    {
      ...at,
      kind: "batch-closed",
      batch,
      closedBy: "size",
      recordCount: 1,
      payloadBytes: 1,
      windowMs: null,
      first: null,
      last: null,
      oldestArrivedAtMs: null,
    },
    "shard 0",
  );
}

const end = (rows: BatchRows, batch: string, fact: Parameters<typeof decided>[2] = {}, lane = laneOf(batch)): void =>
  rows.decided({ atMs: 0, mapping: "m", lane, seq: 0, ...decided(batch, "r", fact) });

const closeMany = (rows: BatchRows, count: number, from = 1): void => {
  for (let index = 0; index < count; index += 1) close(rows, String(from + index));
};

test("up to fifty a frame are all shown", () => {
  const rows = createBatchRows();
  closeMany(rows, 50);
  expect(rows.take()).toHaveLength(50);
  expect(rows.shownOf()).toBe(1);
});

test("2,500 in a quarter of a second: fifty of them, said so, and each that failed", () => {
  const rows = createBatchRows();
  closeMany(rows, 2_500);
  end(rows, "2", { verdict: "bisect" });
  end(rows, "1777", { verdict: "retry" });
  const taken = rows.take();
  expect(taken).toHaveLength(52);
  expect(rows.shownOf()).toBe(50);
  expect(taken.filter(({ verdict }) => verdict !== null).map(({ batch }) => batch)).toEqual(["2", "1777"]);
  const ids = taken.map(({ id }) => id);
  expect(ids).toEqual(ids.toSorted((one, other) => one - other));
});

test("a mapping that floods takes no row from one that closes few, nor do its failures", () => {
  const rows = createBatchRows();
  closeMany(rows, 1_000);
  for (let index = 1; index <= 1_000; index += 1) end(rows, String(index), { verdict: "retry" });
  for (const batch of ["2001", "2002", "2003"]) close(rows, batch, `few/shardId-${batch}/0`, "few");
  const taken = rows.take();
  expect(taken.filter(({ mapping }) => mapping === "few").map(({ batch }) => batch)).toEqual(["2001", "2002", "2003"]);
  expect(taken.filter(({ mapping }) => mapping === "m").length).toBeGreaterThan(40);
  expect(taken.length).toBeLessThanOrEqual(100);
});

test("of two mappings that flood each has half; of more than there is room for, each has its turn", () => {
  const two = createBatchRows();
  for (const mapping of ["a", "b"])
    for (let index = 0; index < (mapping === "a" ? 1_000 : 100); index += 1)
      close(two, String(index), `${mapping}/${index}/0`, mapping);
  const mappings = two.take().map(({ mapping }) => mapping);
  expect([mappings.filter((each) => each === "a").length, mappings.filter((each) => each === "b").length]).toEqual([
    25, 25,
  ]);
  const many = createBatchRows();
  const seen = new Set<string>();
  for (let frame = 0; frame < 2; frame += 1) {
    for (let index = 0; index < 100; index += 1) close(many, String(frame), `m${index}/0/0`, `m${index}`);
    for (const { mapping } of many.take().filter(({ unheard }) => unheard === "")) seen.add(mapping);
  }
  expect(seen.size).toBe(100);
});

test("a sample is said of for two seconds, and no longer", () => {
  const rows = createBatchRows();
  closeMany(rows, 100);
  rows.take();
  for (let frame = 0; frame < 7; frame += 1) rows.take();
  expect(rows.shownOf()).toBe(2);
  rows.take();
  expect(rows.shownOf()).toBe(1);
});

test("the end of a row that was left out is no row", () => {
  const rows = createBatchRows();
  closeMany(rows, 100);
  const shown = new Set(rows.take().map(({ batch }) => batch));
  for (let index = 1; index <= 100; index += 1) end(rows, String(index));
  expect(new Set(rows.take().map(({ batch }) => batch))).toEqual(shown);
});

test("a row that was left out while its batch ran is shown once it fails, and goes on as the others", () => {
  const rows = createBatchRows();
  closeMany(rows, 100);
  const shown = rows.take().map(({ batch }) => batch);
  expect(shown).not.toContain("2");
  end(rows, "2", { verdict: "retry", attempt: 1 });
  end(rows, "4", { verdict: "bisect" });
  const late = rows.take();
  expect(late).toMatchObject([
    { batch: "2", verdict: "retry" },
    { batch: "4", verdict: "bisect" },
  ]);
  end(rows, "2", { attempt: 2 });
  expect(rows.take()).toMatchObject([{ id: late[0]?.id, batch: "2", attempt: 2, outcome: "ok" }]);
});

test("the newest 2,000 are kept, whatever comes", () => {
  const rows = createBatchRows();
  for (let frame = 0; frame < 60; frame += 1) {
    closeMany(rows, 50, frame * 50 + 1);
    rows.take();
  }
  expect(rows.all()).toHaveLength(2_000);
  expect(rows.all()[0]?.batch).toBe("1001");
  // Of a row that is no longer kept nothing more is told.
  end(rows, "7");
  expect(rows.take()).toEqual([]);
});

test("a row comes again, with the same id, with each of its attempts", () => {
  const rows = createBatchRows();
  close(rows, "1");
  const [first] = rows.take();
  rows.invoked({
    atMs: 0,
    mapping: "m",
    lane: laneOf("1"),
    seq: 0,
    kind: "invoked",
    batch: "1",
    requestId: "r",
    attempt: 1,
    recordCount: 1,
  });
  end(rows, "1", { verdict: "retry", retryAfterMs: 400, attempt: 1 });
  expect(rows.take()).toMatchObject([{ id: first?.id, attempt: 1, verdict: "retry", next: "retry in 0.40 s" }]);
  end(rows, "1", { attempt: 2 });
  expect(rows.take()).toMatchObject([{ id: first?.id, attempt: 2, outcome: "ok", next: "" }]);
  end(rows, "1", { attempt: 3 });
  expect(rows.take()).toEqual([]);
});

describe("of a sample of the journal", () => {
  const lane = "m/shardId-000000000000/0";
  const unheard = "outcome not heard (sample)";
  const running = { outcome: null, unheard: "" };

  test("a batch whose lane closes another one says that its outcome was not heard", () => {
    const rows = createBatchRows();
    close(rows, "1", lane);
    const [first] = rows.take();
    expect(first).toMatchObject(running);
    close(rows, "2", lane);
    expect(rows.take()).toMatchObject([
      { id: first?.id, batch: "1", outcome: null, unheard },
      { batch: "2", ...running },
    ]);
  });

  test("so does one whose lane is heard to be at another batch, and one that was to be tried again", () => {
    const rows = createBatchRows();
    close(rows, "1", lane);
    end(rows, "3", {}, lane);
    expect(rows.take()).toMatchObject([{ batch: "1", unheard }]);
    close(rows, "4", lane);
    end(rows, "4", { verdict: "retry", retryAfterMs: 400 }, lane);
    close(rows, "5", lane);
    expect(rows.take()).toMatchObject([
      { batch: "4", outcome: "threw", unheard },
      { batch: "5", ...running },
    ]);
  });

  test("an outcome that was heard stays as it is", () => {
    const rows = createBatchRows();
    close(rows, "1", lane);
    end(rows, "1", {}, lane);
    close(rows, "2", lane);
    expect(rows.take()).toMatchObject([{ outcome: "ok", unheard: "" }, running]);
  });

  test("a summary that says that nothing runs is believed after a second, until more is heard", () => {
    const rows = createBatchRows();
    close(rows, "1000", lane);
    rows.take();
    rows.settle("m", () => true, 2_000);
    rows.settle("other", () => true, 9_000);
    rows.settle("m", () => false, 9_000);
    expect(rows.take()).toEqual([]);
    rows.settle("m", () => true, 2_001);
    expect(rows.take()).toMatchObject([{ batch: "1000", outcome: null, unheard }]);
    end(rows, "1000", {}, lane);
    expect(rows.take()).toMatchObject([{ batch: "1000", outcome: "ok", unheard: "" }]);
  });
});
