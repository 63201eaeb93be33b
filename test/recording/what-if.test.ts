import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { runReplayCommand } from "../../src/cli/replay-command.ts";
import type { ReplayFlags } from "../../src/cli/replay/replay-flags.ts";
import { aFolder } from "../live/support/live-server.ts";
import { type Handler, poisonedBy, recordedRun } from "./recorded-world.ts";

interface Told {
  readonly code: number;
  readonly out: string;
}

async function told(
  recording: string,
  flags: ReplayFlags,
  files: Readonly<Record<string, string>> = {},
): Promise<Told> {
  const cwd = aFolder();
  writeFileSync(join(cwd, "orders.mrec"), recording);
  for (const [name, text] of Object.entries(files)) writeFileSync(join(cwd, name), text);
  let out = "";
  const write = (text: string): void => {
    out += text;
  };
  const terminal = { cwd, env: { LC_ALL: "C.UTF-8" }, write, writeError: write };
  const code = await runReplayCommand("orders.mrec", flags, { terminal, columns: 80 });
  return { code, out };
}

/** `r1` to `rN`, each of so many characters. */
const texts = (count: number, length = 4): readonly string[] =>
  Array.from({ length: count }, (_, index) => `r${index + 1}`.padEnd(length));

const poison407 = poisonedBy("r407".padEnd(1_000));

describe("what would have been under other settings", () => {
  test("E-15, E-18: a backlog of 1,000 with one poison record, in batches of 10 and of 50, side by side", async () => {
    const recording = await recordedRun(texts(1_000, 1_000), poison407);
    const { code, out } = await told(recording, { set: ["BatchSize=50"] });
    expect(code).toBe(0);
    expect(out).toMatch(/^as recorded: same journal, digest [0-9a-f]{8} ✓$/m);
    expect(out).toMatch(/^ {2}batches +100 +20 {2}-80$/m);
    expect(out).toMatch(/^ {4}closed by size +100 +20 {2}-80$/m);
    expect(out).toMatch(/^ {2}invocations +108 +32 {2}-76$/m);
    expect(out).toMatch(/^ {2}deliveries of 1,000 records +1,019 +1,098 {2}\+79$/m);
    expect(out).toMatch(/^ {2}given up +1 \(x3\) +1 \(x3\) {2}the same$/m);
    expect(out).toContain("batch 41  401–410✗ 401–405✓ 406–410✗ 406–407✗ 406✓ 407✗✗■ 408–410✓");
    expect(out.replaceAll(/\s+/g, " ")).toContain(
      "batch 9 401–450✗ 401–425✗ 401–412✗ 401–406✓ 407–412✗ 407–409✗ 407✗✗■ 408–409✓ 410–412✓ 413–425✓ 426–450✓",
    );
    expect(out.replaceAll(/\s+/g, " ")).toContain("a success takes 4.0 ms + 0.50 ms a record, fitted to 102");
    expect(out.replaceAll(/\s+/g, " ")).toContain("the simulated world makes as many invocations as were recorded");
  });

  test("a recording without payloads tells as much: records are known by shard and position", async () => {
    const recording = await recordedRun(texts(40), poisonedBy("r7  "), { isWithPayloads: false });
    const { code, out } = await told(recording, { set: ["BatchSize=20"], json: true });
    expect(code).toBe(0);
    expect(JSON.parse(out)).toMatchObject({ canTell: true, changed: { recordCount: 40 }, leftCount: 0 });
  });

  const flaky: Handler = (seen, index) =>
    index === 0 && seen.length > 0
      ? { kind: "threw", errorType: "Error", message: "once", tookMs: 1 }
      : { kind: "returned", json: "", tookMs: 1 };

  test("a batch that failed once and succeeded then tells nothing of its records: cannot tell, exit 1", async () => {
    const recording = await recordedRun(texts(10), flaky, { lane: { isBisecting: false } });
    const { code, out } = await told(recording, { set: ["BatchSize=5"] });
    expect(code).toBe(1);
    expect(out).toMatch(
      /^cannot tell, give --handler FILE: a batch of 10 from .* failed, and no record of it was seen to fail alone$/m,
    );
  });

  test("a record that failed alone and succeeded later is no poison: cannot tell", async () => {
    const recording = await recordedRun(texts(1), flaky);
    expect((await told(recording, { set: ["BatchSize=5"] })).out).toContain("failed, and succeeded another time");
  });

  test("with the user's handler it runs, whatever the recorded calls tell", async () => {
    const recording = await recordedRun(texts(10), flaky, { lane: { isBisecting: false } });
    const handler = `export async function handler(event) {
      await new Promise((resolve) => setTimeout(resolve, 100));
      for (const { kinesis } of event.Records) if (atob(kinesis.data).trim() === "r3") throw new Error("no");
    }`;
    const flags = { set: ["BisectBatchOnFunctionError=true"], handler: "orders.mjs", json: true };
    const { code, out } = await told(recording, flags, { "orders.mjs": handler });
    expect(code).toBe(0);
    expect(JSON.parse(out)).toMatchObject({ changed: { givenUp: [{ recordCount: 1, attempts: 3 }] }, assumed: null });
  });

  test("E-41: records that an answer named are reported again, and only where answers are read", async () => {
    const naming: Handler = (seen) => ({
      kind: "returned",
      json: seen.includes("r3  ") ? `{"batchItemFailures":[{"itemIdentifier":"${position(2)}"}]}` : "",
      tookMs: 1,
    });
    const recording = await recordedRun(texts(10), naming, { lane: { isReporting: true, isBisecting: false } });
    const smaller = JSON.parse((await told(recording, { set: ["BatchSize=4"], json: true })).out);
    expect(smaller).toMatchObject({ assumed: { thrown: [], named: [`shardId-000000000000|${position(2)}`] } });
    expect(smaller).toMatchObject({ changed: { givenUp: [{ recordCount: 2, attempts: 3 }] } });
    const unread = JSON.parse((await told(recording, { set: ["FunctionResponseTypes="], json: true })).out);
    expect(unread).toMatchObject({ changed: { givenUp: [], invocationCount: 1 } });
  });

  test.each([
    ["BatchSize=0", "Value '0' at 'batchSize' failed to satisfy constraint"],
    ["Batchsize=3", "`Batchsize` is no setting that --set can change"],
    ["FilterCriteria={}", "records that the filter passed over are not in the recording"],
    ["BatchSize", "`BatchSize` is no setting and its value"],
  ])("%s is refused by the API's own rules, or told", async (word, text) => {
    const recording = await recordedRun(texts(1), poisonedBy());
    await expect(told(recording, { set: [word] })).rejects.toThrow(text);
  });

  test("the same file and settings give the same bytes", async () => {
    const recording = await recordedRun(texts(30), poisonedBy("r7  "));
    const flags = { set: ["BatchSize=7", "ParallelizationFactor=2"] };
    expect((await told(recording, flags)).out).toBe((await told(recording, flags)).out);
  });
});

/** The sequence number of the nth record of a recorded run. */
function position(index: number): string {
  return `49${"1790000040000".padStart(20, "0")}${String(index).padStart(20, "0")}`;
}
