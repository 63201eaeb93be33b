import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { createJournalFeed } from "../../src/journal/journal-feed.ts";
import { createJournalFiles, listSegments } from "../../src/journal/journal-files.ts";
import { createThreadJournal } from "../../src/journal/thread-journal.ts";
import type { Clock } from "../../src/ports/clock.ts";
import type { Entry, Fact } from "../../src/ports/journal.ts";

const checkpoint: Fact = { kind: "checkpoint", after: null };
const ended: Fact = { kind: "unit-ended" };
const failed: Fact = {
  kind: "decided",
  batch: "1",
  requestId: "r",
  attempt: 1,
  outcome: "threw",
  verdict: "retry",
  recordCount: 1,
  payloadBytes: 1,
  failedCount: 1,
  tookMs: 1,
  iteratorAgeMs: null,
  executedVersion: null,
  error: { type: "Error", message: "told to", trace: [] },
  retryAfterMs: 200,
  next: [],
};

/** A clock that stands still; wake-ups are called by hand. */
function standingClock(): Clock & { wakeAll(): void } {
  let wakes: (() => void)[] = [];
  return {
    nowMs: () => 1_000,
    monotonicMs: () => 0,
    wakeAt: (_atMs, wake) => {
      wakes.push(wake);
      return () => undefined;
    },
    wakeAll() {
      const due = wakes;
      wakes = [];
      for (const wake of due) wake();
    },
  };
}

let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), "millrace-journal-"));
});
afterEach(() => rm(dir, { recursive: true, force: true }));

const files = (limitBytes: number) =>
  createJournalFiles({
    dir,
    clock: standingClock(),
    onWell: () => undefined,
    threadName: "poller-0",
    limitBytes,
    onProblem: (error) => {
      throw error;
    },
  });

async function linesOnDisk(): Promise<Entry[]> {
  const entries: Entry[] = [];
  for (const segment of await listSegments(dir))
    for (const line of (await readFile(segment.path, "utf8")).split("\n"))
      if (line !== "") entries.push(JSON.parse(line));
  return entries;
}

describe("the journal of a thread", () => {
  test("J2: entries of a lane are numbered without gaps, each lane by itself", async () => {
    const clock = standingClock();
    const journal = createThreadJournal({ clock, files: files(1_000_000), onEntries: () => undefined });
    journal.append("m", "m/a/0", checkpoint);
    journal.append("m", "m/b/0", checkpoint);
    journal.append("m", "m/a/0", ended);
    await journal.close();
    expect((await linesOnDisk()).map((entry) => [entry.lane, entry.seq, entry.kind])).toEqual([
      ["m/a/0", 1, "checkpoint"],
      ["m/b/0", 1, "checkpoint"],
      ["m/a/0", 2, "unit-ended"],
    ]);
  });

  test("J2: a deleted mapping's lanes are forgotten, and nobody else's", async () => {
    const journal = createThreadJournal({
      clock: standingClock(),
      files: files(1_000_000),
      onEntries: () => undefined,
    });
    for (const mapping of ["m", "n"]) journal.append(mapping, `${mapping}/a/0`, checkpoint);
    journal.forget("m");
    for (const mapping of ["m", "n"]) journal.append(mapping, `${mapping}/a/0`, checkpoint);
    await journal.close();
    expect((await linesOnDisk()).map((entry) => [entry.lane, entry.seq])).toEqual([
      ["m/a/0", 1],
      ["n/a/0", 1],
      ["m/a/0", 1],
      ["n/a/0", 2],
    ]);
  });

  test("J3: nobody watching gets nothing; a watcher gets a bounded share, ends always, and the count of the rest", () => {
    const clock = standingClock();
    const seen: { entries: readonly Entry[]; droppedCount: number }[] = [];
    const journal = createThreadJournal({
      clock,
      files: null,
      onEntries: (entries, droppedCount) => seen.push({ entries, droppedCount }),
    });
    journal.append("m", "m/a/0", checkpoint);
    clock.wakeAll();
    expect(seen).toEqual([]);

    journal.watch(true);
    for (let index = 0; index < 999; index++) journal.append("m", "m/a/0", checkpoint);
    journal.append("m", "m/a/0", ended);
    clock.wakeAll();
    expect(seen).toHaveLength(1);
    const [flush] = seen;
    expect(flush?.entries.length).toBeLessThanOrEqual(101);
    expect(flush?.entries.at(-1)?.kind).toBe("unit-ended");
    expect((flush?.entries.length ?? 0) + (flush?.droppedCount ?? 0)).toBe(1_000);
  });

  test("J3: failures are passed on whatever else there is, of one mapping's many a few", () => {
    const clock = standingClock();
    const passed: Entry[] = [];
    const onEntries = (entries: readonly Entry[]): void => void passed.push(...entries);
    const journal = createThreadJournal({ clock, files: null, onEntries, isWatched: true });
    for (let index = 0; index < 2_000; index++) journal.append("m", "m/a/0", index % 2 === 0 ? checkpoint : failed);
    for (let index = 0; index < 3; index++) journal.append("n", "n/a/0", failed);
    clock.wakeAll();
    expect(passed.filter(({ mapping }) => mapping === "n")).toHaveLength(3);
    expect(passed.length).toBeLessThan(150);
  });

  test("F2: old segments go when the thread's share is used up", async () => {
    const clock = standingClock();
    const small = files(1);
    const journal = createThreadJournal({ clock, files: small, onEntries: () => undefined });
    for (let flush = 0; flush < 20; flush++) {
      for (let index = 0; index < 1_000; index++) journal.append("m", "m/a/0", checkpoint);
      clock.wakeAll();
      await new Promise(setImmediate);
    }
    await journal.close();
    const segments = await listSegments(dir);
    expect(segments.length).toBeLessThanOrEqual(8);
    expect((await linesOnDisk()).at(-1)?.seq).toBe(20_000);
  });

  test("F2: also what comes all at once is kept within the thread's share", async () => {
    const limitBytes = 1_048_576;
    const journal = createThreadJournal({
      clock: standingClock(),
      files: files(limitBytes),
      onEntries: () => undefined,
    });
    for (let index = 0; index < 30_000; index++) journal.append("m", "m/a/0", checkpoint);
    await journal.close();
    const sizes = (await listSegments(dir)).map((segment) => segment.sizeBytes);
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThanOrEqual(limitBytes);
    expect(sizes.length).toBe(8);
    const seqs = (await linesOnDisk()).map((entry) => entry.seq);
    expect(seqs).toEqual(seqs.map((_, index) => 30_000 - seqs.length + 1 + index));
  });

  test("a folder that cannot be written is told once, and nothing is lost when it can be again", async () => {
    const told: string[] = [];
    const where = join(dir, "file");
    await writeFile(where, "");
    const clock = standingClock();
    const files = createJournalFiles({
      dir: where,
      threadName: "t",
      limitBytes: 1_000_000,
      clock,
      onProblem: () => told.push("trouble"),
      onWell: () => told.push("well"),
    });
    files.write("1\n");
    await expect.poll(() => told).toEqual(["trouble"]);
    files.write("2\n");
    clock.wakeAll(); // In vain.
    await rm(where);
    await expect
      .poll(() => {
        clock.wakeAll();
        return told;
      })
      .toEqual(["trouble", "well"]);
    files.write("3\n");
    await files.close();
    const [segment] = await listSegments(where);
    expect(await readFile(segment?.path ?? "", "utf8")).toBe("1\n2\n3\n");
  });

  test("a folder that can never be written stops nothing", async () => {
    const problems: unknown[] = [];
    await writeFile(join(dir, "file"), "");
    const clock = standingClock();
    const broken = createJournalFiles({
      dir: join(dir, "file"),
      threadName: "t",
      limitBytes: 1,
      clock,
      onProblem: (error) => problems.push(error),
      onWell: () => undefined,
    });
    const journal = createThreadJournal({ clock, files: broken, onEntries: () => undefined });
    journal.append(null, "main", checkpoint);
    journal.flush();
    journal.append(null, "main", checkpoint);
    await journal.close();
    expect(problems).toHaveLength(1);
  });
});

describe("the feed on main", () => {
  test("a late listener finds the recent entries, bounded; a listener that left hears nothing", () => {
    const feed = createJournalFeed();
    const entry = (seq: number): Entry => ({ atMs: 0, mapping: null, lane: "l", seq, ...checkpoint });
    const heard: number[] = [];
    const leave = feed.subscribe((entries) => heard.push(...entries.map((each) => each.seq)));
    feed.publish([entry(1)], 0);
    leave();
    feed.publish(
      Array.from({ length: 20_000 }, (_, index) => entry(index + 2)),
      0,
    );
    expect(heard).toEqual([1]);
    expect(feed.recent()).toHaveLength(5_000);
    expect(feed.recent().at(-1)?.seq).toBe(20_001);
  });
});
