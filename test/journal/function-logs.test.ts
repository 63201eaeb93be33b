// The log files of functions, written by several writers as several threads do, and read back.

import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type LogLine, loggedFunctions, openFunctionLog } from "../../src/cli/log-lines.ts";
import { oneLine } from "../../src/cli/shown-forms.ts";
import { createFunctionLogs, type FunctionLogs, logFile } from "../../src/journal/function-logs.ts";
import { createSystemClock } from "../../src/platform/system-clock.ts";
import { handClock } from "../control/doubles/house.ts";

let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), "millrace-logs-"));
});
afterEach(() => rm(dir, { recursive: true, force: true }));

const REQUEST = "3f9c21d0-0000-4000-8000-000000000000";
const problems: unknown[] = [];

const aWriter = (limitBytes = 1_000_000): FunctionLogs =>
  createFunctionLogs({ dir, limitBytes, clock: createSystemClock(), onProblem: (error) => problems.push(error) });

const textsOf = (lines: readonly LogLine[]): readonly string[] => lines.map(({ text }) => text);
const everything = (name = "f"): Promise<readonly LogLine[]> => openFunctionLog(dir, name).next();

describe("the log files of functions", () => {
  test("each line has its time, request id and level; a text of several lines is several lines", async () => {
    const logs = aWriter();
    logs.write({ functionName: "f", requestId: REQUEST, stream: "stdout", text: "one\ntwo\twith a tab" });
    logs.write({ functionName: "f", requestId: "", stream: "stderr", text: "while nothing ran" });
    logs.write({ functionName: "g", requestId: REQUEST, stream: "stdout", text: "of another" });
    await logs.close();
    const lines = await everything();
    expect(lines.map(({ requestId, level, text }) => [requestId, level, text])).toEqual([
      [REQUEST, "INFO", "one"],
      [REQUEST, "INFO", "two\twith a tab"],
      ["-", "ERROR", "while nothing ran"],
    ]);
    expect(lines.every(({ atMs }) => atMs > 1_700_000_000_000)).toBe(true);
    expect(loggedFunctions(dir)).toEqual(["f", "g"]);
    expect(textsOf(await everything("g"))).toEqual(["of another"]);
  });

  test("what is no end of a line for the file ends none on reading back: carriage returns, line and paragraph separators", async () => {
    const logs = aWriter();
    const text = "one\r\ntwo\nbar\rbar2\nu\u2028v\u2029w\ntrail\r";
    logs.write({ functionName: "f", requestId: REQUEST, stream: "stdout", text });
    await logs.close();
    const texts = textsOf(await everything());
    expect(texts).toEqual(["one\r", "two", "bar\rbar2", "u\u2028v\u2029w", "trail\r"]);
    expect(texts.map(oneLine)).toEqual(["one?", "two", "bar?bar2", "u v w", "trail?"]);
  });

  test("L1, L2: two writers of one function keep to the bound, turn it over, and tear no line", async () => {
    const limitBytes = 65_536;
    const text = (writer: number, index: number): string => `${writer}:${index}:${"x".repeat(400)}`;
    for (let round = 0; round < 10; round++) {
      const writers = [aWriter(limitBytes), aWriter(limitBytes)];
      for (let index = 0; index < 20; index++)
        for (const [writer, logs] of writers.entries())
          logs.write({ functionName: "f", requestId: REQUEST, stream: "stdout", text: text(writer, index) });
      await Promise.all(writers.map((logs) => logs.close()));
    }
    const names = readdirSync(dir).sort();
    expect(names).toEqual(["f.1.log", "f.log"]);
    const bytes = names.reduce((sum, name) => sum + statSync(join(dir, name)).size, 0);
    // One writing of each of the two may come on top.
    expect(bytes).toBeLessThan(limitBytes + 2 * 20 * 500);
    expect(bytes).toBeGreaterThan(limitBytes / 2);
    const lines = await everything();
    expect(lines.length * text(0, 0).length).toBeGreaterThan(bytes * 0.8);
    expect(textsOf(lines).every((each) => /^[01]:\d+:x{400}$/.test(each))).toBe(true);
    expect(problems).toEqual([]);
  });

  test("whoever follows misses nothing when the file is turned over, and sees a line only when it is whole", async () => {
    const log = openFunctionLog(dir, "f");
    expect(await log.next()).toEqual([]);
    const seen: string[] = [];
    for (let index = 0; index < 100; index++) {
      const logs = aWriter(65_536);
      const text = `${index} ${"y".repeat(2_000)}`;
      logs.write({ functionName: "f", requestId: REQUEST, stream: "stdout", text });
      await logs.close();
      seen.push(...textsOf(await log.next()));
    }
    expect(seen.map((text) => Number(text.split(" ")[0]))).toEqual(Array.from({ length: 100 }, (_, index) => index));
    writeFileSync(logFile(dir, "f"), `2026-11-29T08:00:00.000Z\t${REQUEST}\tINFO\tnot yet`, { flag: "a" });
    expect(await log.next()).toEqual([]);
    writeFileSync(logFile(dir, "f"), " whole\n", { flag: "a" });
    expect(textsOf(await log.next())).toEqual(["not yet whole"]);
  });

  test("what is being written counts as waiting: a slow disk does not let texts pile up", async () => {
    const clock = handClock();
    const logs = createFunctionLogs({ dir, limitBytes: 40_000_000, clock, onProblem: (error) => problems.push(error) });
    const write = (text: string): void => logs.write({ functionName: "f", requestId: REQUEST, stream: "stdout", text });
    write("x".repeat(8_000_001));
    clock.advance(100);
    write("too much");
    await expect
      .poll(() => existsSync(logFile(dir, "f")) && statSync(logFile(dir, "f")).size)
      .toBeGreaterThan(8_000_000);
    await expect
      .poll(() => (write("later"), clock.advance(100), readFileSync(logFile(dir, "f"), "utf8")))
      .toContain("later");
    await logs.close();
    const text = readFileSync(logFile(dir, "f"), "utf8");
    expect(text).not.toContain("too much");
    expect(text).toMatch(/WARN\t\d+ texts? (?:is|are) left out here/);
  });

  test("files that cannot be written are said once, and are written again once they can be", async () => {
    const before = problems.length;
    const inTheWay = join(dir, "f.log");
    mkdirSync(inTheWay);
    const logs = aWriter();
    const write = async (text: string): Promise<void> => {
      logs.write({ functionName: "f", requestId: REQUEST, stream: "stdout", text });
      logs.write({ functionName: "g", requestId: REQUEST, stream: "stdout", text });
      await expect.poll(() => everything("g").then(textsOf)).toContain(text);
    };
    logs.write({ functionName: "f", requestId: REQUEST, stream: "stdout", text: "lost" });
    await expect.poll(() => problems.length).toBe(before + 1);
    rmSync(inTheWay, { recursive: true });
    await write("again");
    await logs.close();
    expect(textsOf(await everything())).toEqual(["1 text is left out here: writing was not possible in time", "again"]);
    expect(problems.splice(before)).toHaveLength(1);
  });

  test("a mark that a process left when it ended does not stop the turning for ever", async () => {
    const long = "z".repeat(40_000);
    const mark = `${logFile(dir, "f")}.turning`;
    const write = async (): Promise<void> => {
      const logs = aWriter(65_536);
      logs.write({ functionName: "f", requestId: REQUEST, stream: "stdout", text: long });
      await logs.close();
    };
    await write();
    writeFileSync(mark, "");
    utimesSync(mark, 1, 1);
    await write();
    await write();
    expect(readdirSync(dir).sort()).toEqual(["f.1.log", "f.log"]);
  });
});
