// `millrace dashboard FILE` as a person calls it: each kind of file, its routes, and files that are none.

import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import type { Frame, JournalMark } from "../../src/dashboard/frame.ts";
import { runCommand, startCommand } from "../cli/run-command.ts";
import { folderWith } from "../config/folder.ts";
import { recordedStory } from "../recording/recorded-story.ts";

const scenario = join(import.meta.dirname, "..", "..", "examples", "orders", "poison.scenario.json");

interface Shown {
  readonly url: string;
  readonly source: string;
  readonly entryCount: number;
}

async function shown(cwd: string, file: string): Promise<Shown & { readonly stop: () => Promise<unknown> }> {
  const running = startCommand(cwd, ["dashboard", file, "--port", "0", "--json"]);
  const stop = async () => {
    running.signal("SIGTERM");
    return (await running.ended).code;
  };
  onTestFinished(async () => void (await stop()));
  return { ...(JSON.parse(await running.line(/"kind":"ready"/)) as Shown), stop };
}

async function ask<T>(
  url: string,
  page: string,
  init: RequestInit = {},
): Promise<{ readonly status: number; readonly body: T }> {
  const answer = await fetch(`${url}${page}`, init);
  return { status: answer.status, body: JSON.parse(await answer.text()) as T };
}

const frameAt = async (url: string, atMs: number): Promise<Frame> => (await ask<Frame>(url, `frame?at=${atMs}`)).body;
const marksOf = async (url: string) =>
  (await ask<{ readonly fromMs: number; readonly toMs: number; readonly marks: readonly JournalMark[] }>(url, "marks"))
    .body;

describe("a scenario", () => {
  test("is run on the spot, the same each time, and shown at any instant; a search finds its records", async () => {
    const cwd = folderWith({});
    const one = await shown(cwd, scenario);
    expect(one).toMatchObject({ source: "scenario", entryCount: 39 });
    const { marks, toMs } = await marksOf(one.url);
    expect(marks.filter(({ kind }) => kind === "gave-up")).toMatchObject([
      { text: "batch 1.2.1.2: 1 record, RetryAttemptsExhausted" },
    ]);
    const frame = await frameAt(one.url, toMs);
    expect(frame).toMatchObject({
      isWhole: true,
      origin: { kind: "file", name: "poison.scenario.json", isReadOnly: true },
    });
    expect(frame.mappings).toMatchObject([{ functionName: "orders-process", gaveUpCount: 1, lagCount: 0 }]);
    const found = await ask<{ readonly of: string }>(one.url, "find?what=1.2.1.2");
    expect(found).toMatchObject({ status: 200, body: { of: "batch" } });

    const other = await shown(cwd, scenario);
    const again = await frameAt(other.url, toMs);
    expect(again).toEqual(frame);
    expect(await one.stop()).toBe(0);
  });

  test("its page is the server's, and answers nothing that acts", async () => {
    const { url } = await shown(folderWith({}), scenario);
    const page = await fetch(url);
    expect(page.headers.get("content-security-policy")).toContain("default-src 'none'");
    expect(await page.text()).toContain('data-origin="file"');
    for (const method of ["POST", "PUT", "DELETE"])
      expect(await ask(url, "mappings/m/pause", { method })).toMatchObject({
        status: 403,
        body: { code: "read-only" },
      });
    expect(await ask(url, "frames")).toMatchObject({ status: 404, body: { code: "no-frames" } });
  });
});

test("a journal of `simulate --journal`, entries a line each, a recording's folder: all are journals", async () => {
  const cwd = folderWith({});
  expect((await runCommand(cwd, ["simulate", scenario, "--journal", "j.jsonl"])).code).toBe(0);
  const journal = await shown(cwd, "j.jsonl");
  expect(journal).toMatchObject({ source: "journal", entryCount: 39 });
  const { entries } = (await ask<{ readonly entries: readonly object[] }>(journal.url, "entries?limit=1000")).body;
  expect(entries).toHaveLength(39);

  // As `start --json` writes them: lines of its own before them, and a torn one at the end.
  const lines = entries.map((each) => JSON.stringify(each));
  const told = ['{"kind":"ready","atMs":1,"url":"http://127.0.0.1:1"}', ...lines, '{"kind":"decided","atM'];
  writeFileSync(join(cwd, "start.log"), told.join("\n"));
  const output = await shown(cwd, "start.log");
  expect(output).toMatchObject({ source: "journal", entryCount: 39 });
  const { toMs } = await marksOf(journal.url);
  const [one, other] = [await frameAt(journal.url, toMs), await frameAt(output.url, toMs)];
  expect(other.mappings).toEqual(one.mappings);
  expect(other.failing).toEqual(one.failing);
});

test("a recording as `millrace record` writes it, and a story file as exploring saves it", async () => {
  const [text = ""] = (await recordedStory(3)).texts;
  const story = { seed: 1, story: { records: [{ key: "a" }, { key: "b", at_s: 1.5 }] } };
  const cwd = folderWith({ "s.mrec": text, "s.story.json": JSON.stringify(story) });
  for (const [file, source] of [
    ["s.mrec", "recording"],
    ["s.story.json", "scenario"],
  ] as const) {
    const { url, ...told } = await shown(cwd, file);
    expect(told).toMatchObject({ source });
    expect(told.entryCount).toBeGreaterThan(5);
    const { toMs } = await marksOf(url);
    const frame = await frameAt(url, toMs);
    expect(frame.origin).toMatchObject({ kind: "file", name: file });
    expect(frame.mappings).toHaveLength(1);
    expect(frame.mappings[0]?.batchCount).toBeGreaterThan(0);
    expect(frame.batches.length).toBeGreaterThan(0);
    const [row] = frame.batches;
    expect(await ask(url, `find?what=${row?.batch}`)).toMatchObject({ status: 200, body: { of: "batch" } });
  }
});

describe("what is none", () => {
  const files = { "notes.txt": "hello", "empty.jsonl": "", "flawed.yaml": "steps: 1\n", "state/x": "" };
  test.each([
    ["missing.mrec", "there is no file missing.mrec", "bad-argument"],
    ["notes.txt", "notes.txt holds no recording, journal or scenario", "bad-argument"],
    ["empty.jsonl", "empty.jsonl holds no recording, journal or scenario", "bad-argument"],
    ["state", "state is no state directory: there is no journal in it", "bad-argument"],
    ["flawed.yaml", "flawed.yaml", "scenario-"],
  ])("%s", async (file, text, code) => {
    const cwd = folderWith(files);
    const ended = await runCommand(cwd, ["dashboard", file, "--port", "0"]);
    expect(ended.code).toBe(2);
    expect(ended.error).toContain(text);
    expect(ended.error).toContain(`error[${code}`);
    expect(existsSync(join(cwd, file))).toBe(file !== "missing.mrec");
  });
});

test("a port that is held is told; without one any free port is taken", async () => {
  const cwd = folderWith({});
  const { url } = await shown(cwd, scenario);
  const { port } = new URL(url);
  const ended = await runCommand(cwd, ["dashboard", scenario, "--port", port]);
  expect(ended.code).toBe(3);
  expect(ended.error).toContain("error[port-taken]");
  expect(ended.error).toMatch(/help: .*dashboard .*poison\.scenario\.json --port \d+/);
});
