// A journal read back from its folder.

import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { readJournal } from "../../src/journal/read-journal.ts";

function aFolder(files: Readonly<Record<string, string>>): string {
  const dir = mkdtempSync(join(tmpdir(), "millrace-read-"));
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
  for (const [name, text] of Object.entries(files)) writeFileSync(join(dir, name), text);
  return dir;
}

const line = (atMs: number, lane: string, seq: number): string =>
  `${JSON.stringify({ atMs, mapping: null, lane, seq, kind: "unit-ended" })}\n`;
const told = (dir: string): readonly string[] => [...readJournal(dir)].map(({ lane, seq }) => `${lane}${seq}`);

test("R1: threads are merged by time, and each keeps its order, also where its clock was set back and over its segments", () => {
  const dir = aFolder({
    "main-000001.jsonl": line(10, "m", 1) + line(40, "m", 2),
    "poller-0-000002.jsonl": line(35, "p", 3),
    "poller-0-000001.jsonl": line(20, "p", 1) + line(15, "p", 2),
    "poller-0-0000010.jsonl": line(50, "p", 4),
  });
  expect(told(dir)).toEqual(["m1", "p1", "p2", "p3", "m2", "p4"]);
});

test("R2: torn and foreign lines are left out; a folder that is not there has no entries", () => {
  const dir = aFolder({
    "main-000001.jsonl": `${line(1, "m", 1)}\n{"kind":"x"}\nnull\n${line(2, "m", 2).slice(0, 20)}`,
  });
  writeFileSync(join(dir, "notes.txt"), "no segment");
  expect(told(dir)).toEqual(["m1"]);
  appendFileSync(join(dir, "main-000001.jsonl"), `\n${line(3, "m", 3)}`);
  expect(told(dir)).toEqual(["m1", "m3"]);
  expect(told(join(dir, "nowhere"))).toEqual([]);
});

test("R3: lines that lie over the edge of a piece, with signs of several bytes, are whole", () => {
  const long = `${JSON.stringify({ atMs: 1, mapping: null, lane: "é".repeat(700_000), seq: 1, kind: "unit-ended" })}\n`;
  const dir = aFolder({ "main-000001.jsonl": long + line(2, "m", 2) });
  const [first, second] = [...readJournal(dir)];
  expect([first?.lane.length, first?.lane.replaceAll("é", ""), second?.lane]).toEqual([700_000, "", "m"]);
});
