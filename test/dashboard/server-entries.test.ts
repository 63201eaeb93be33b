// Entries of a running server before an instant: page by page back through memory and the journal on disk, none lost and none twice.

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { serverEntries } from "../../src/dashboard/server-entries.ts";
import { readJournal } from "../../src/journal/read-journal.ts";
import { readBackwards } from "../../src/journal/read-backwards.ts";
import type { Entry } from "../../src/ports/journal.ts";

function aFolder(files: Readonly<Record<string, string>>): string {
  const dir = mkdtempSync(join(tmpdir(), "millrace-entries-"));
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
  for (const [name, text] of Object.entries(files)) writeFileSync(join(dir, name), text);
  return dir;
}

/** `size`: of its text, so that a file has more than one piece. */
const log = (atMs: number, lane: string, seq: number, size = 10): Entry => ({
  atMs,
  mapping: null,
  lane,
  seq,
  kind: "log",
  functionName: "f",
  requestId: "r",
  stream: "stdout",
  text: "é".repeat(size),
});
const text = (entries: readonly Entry[]): string => entries.map((each) => `${JSON.stringify(each)}\n`).join("");
const run = (lane: string, from: number, count: number, size?: number): readonly Entry[] =>
  Array.from({ length: count }, (_, index) => log(1_000 + (from + index) * 7, lane, from + index, size));
const named = (entries: Iterable<Entry>): readonly string[] => [...entries].map(({ lane, seq }) => `${lane}${seq}`);

const aJournal = (): string =>
  aFolder({
    "main-000001.jsonl": text(run("m", 1, 40)),
    "poller-0-000001.jsonl": text(run("p", 1, 300, 1_500)),
    "poller-0-000002.jsonl": `${text(run("p", 301, 50))}{"kind":"lo`,
  });

test("B1: backwards is forwards turned round, over pieces, segments and torn lines", () => {
  const dir = aJournal();
  const times = (entries: Iterable<Entry>): readonly number[] => [...entries].map(({ atMs }) => atMs);
  const forwards = [...readJournal(dir)];
  const backwards = [...readBackwards(dir, Number.POSITIVE_INFINITY)];
  expect(forwards).toHaveLength(390);
  expect(times(backwards)).toEqual(times(forwards).toReversed());
  expect(new Set(named(backwards))).toEqual(new Set(named(forwards)));
  const ofPoller = (entries: readonly Entry[]) => named(entries.filter(({ lane }) => lane === "p"));
  expect(ofPoller(backwards)).toEqual(ofPoller(forwards).toReversed());
});

test("B2: what is behind the instant is left out, also whole files of it; a folder that is not there has none", () => {
  const late = run("p", 100_000, 5);
  const dir = aFolder({ "p-000001.jsonl": text(run("p", 1, 5)), "p-000002.jsonl": text(late) });
  expect(named(readBackwards(dir, 1_000 + 4 * 7))).toEqual(["p3", "p2", "p1"]);
  expect(named(readBackwards(dir, late[1]?.atMs ?? 0))).toEqual(["p100000", "p5", "p4", "p3", "p2", "p1"]);
  expect([...readBackwards(join(dir, "nowhere"), 1)]).toEqual([]);
});

test("pages go back through memory to the journal's beginning, and lose none", () => {
  const journalDir = aJournal();
  // Memory has a sample of the last ones, and one that is not written yet; in order of arrival.
  const written = [...readJournal(journalDir)];
  const unwritten = log((written.at(-1)?.atMs ?? 0) + 1, "m", 41);
  const recent = [unwritten, ...written.slice(-20).filter((_, index) => index % 2 === 0)];
  const journal = { feed: { recent: () => recent }, journalDir };
  const read: Entry[] = [];
  let before: number | null = null;
  for (;;) {
    const page: readonly Entry[] = serverEntries(journal, before, 30);
    if (page.length === 0) break;
    expect(page.map(({ atMs }) => atMs)).toEqual(page.map(({ atMs }) => atMs).toSorted((one, other) => one - other));
    read.unshift(...page);
    before = page[0]?.atMs ?? 0;
  }
  expect(read).toHaveLength(391);
  expect(new Set(named(read))).toEqual(new Set(named([...written, unwritten])));
});

test("the newest come from memory where it has enough of them, in order of time", () => {
  const recent = [log(30, "a", 1), log(10, "b", 1), log(20, "b", 2)];
  const journal = { feed: { recent: () => recent }, journalDir: "/nowhere" };
  expect(named(serverEntries(journal, null, 2))).toEqual(["b2", "a1"]);
});
