// The log of one invocation, as Lambda writes it: what Invoke shows the end of.

import { expect, test } from "vitest";
import { aCall, never, openHouse } from "./function-house.ts";

const ID = "22222222-2222-4222-8222-222222222222";

/** The log of one call of this handler. */
async function logOf(body: string, event: unknown = {}, timeoutMs = 10_000): Promise<string> {
  await using house = await openHouse();
  await house.write({ "a.ts": `export async function handle(event: any) { ${body} }` });
  await house.define("a.handle", { timeoutMs });
  const answer = await house.invoker.invoke(aCall(event, { isLogWanted: true }), never);
  if (answer.kind === "refused") throw new Error(answer.message);
  return (answer.log ?? "").replace(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, "TIME");
}

test("each console call has its level; what is written to a stream without it stands as it is", async () => {
  const log = await logOf(`
    console.log("log %d", 1); console.info("info"); console.debug("debug"); console.warn("warn"); console.error("error");
    process.stdout.write("half "); process.stdout.write("a line\\n"); process.stderr.write("raw\\n"); console.log("two\\nlines");
    console.trace("here");
  `);
  const line = (level: string, text: string): string => `TIME\t${ID}\t${level}\t${text}\n`;
  expect(log.split("END RequestId")[0]).toMatch(
    `START RequestId: ${ID} Version: $LATEST\n${line("INFO", "log 1")}${line("INFO", "info")}${line("DEBUG", "debug")}` +
      `${line("WARN", "warn")}${line("ERROR", "error")}half a line\nraw\n${line("INFO", "two\nlines")}` +
      `TIME\t${ID}\tTRACE\tTrace: here\n`,
  );
});

test("what a call leaves unfinished is part of its log", async () => {
  expect(await logOf('process.stdout.write("no end")')).toContain("\nno end\nEND RequestId");
});

test("how it failed stands before the END, and the report says how the environment ended", async () => {
  const thrown = await logOf('throw new TypeError("bad")');
  expect(thrown).toMatch(
    /\tERROR\tInvoke Error \t\{"errorType":"TypeError","errorMessage":"bad","stack":\[.+\]\}\nEND /,
  );
  expect(thrown).not.toContain("Status:");
  const late = await logOf("await new Promise(() => {})", {}, 1_000);
  expect(late).toMatch(/\nTIME 2{8}-\S+ Task timed out after 1\.00 seconds\n\nEND .*\nREPORT .*\tStatus: timeout\t\n$/);
  const gone = await logOf('console.log("last words"); process.exit(3)');
  expect(gone).toMatch(
    /INFO\tlast words\nRequestId: \S+ Error: Runtime exited with error: exit status 3\nRuntime\.ExitError\nEND /,
  );
  expect(gone).toMatch(/\tStatus: error\tError Type: Runtime\.ExitError\t\n$/);
});

test("the report's figures are measured: the time, what is billed with the loading, and the memory that was in use", async () => {
  const log = await logOf("globalThis.kept = new Uint8Array(40_000_000).fill(1);");
  const [, took = "", billed = "", memory = "", used = "", loaded = ""] =
    /\tDuration: ([\d.]+) ms\tBilled Duration: (\d+) ms\tMemory Size: (\d+) MB\tMax Memory Used: (\d+) MB\tInit Duration: ([\d.]+) ms/.exec(
      log,
    ) ?? [];
  expect(Number(took)).toBeGreaterThan(0);
  // Whole milliseconds, rounded up; each of the two figures is itself rounded.
  const sum = Number(took) + Number(loaded);
  expect(Number(billed)).toBeGreaterThanOrEqual(sum - 0.02);
  expect(Number(billed)).toBeLessThan(sum + 1.02);
  expect(memory).toBe("128");
  expect(Number(used)).toBeGreaterThan(38);
  expect(Number(used)).toBeLessThanOrEqual(128);
});

test("only the last 4 KB are brought back, whole characters", async () => {
  const log = await logOf("for (let n = 0; n < 2000; n += 1) console.log('żółw', n)");
  expect(Buffer.byteLength(log)).toBeLessThanOrEqual(4_096);
  expect(log).not.toContain("\ufffd");
  expect(log).toMatch(/żółw 1999\nEND /);
});

test("the last 4 KB are the end of what was written, however much that was", async () => {
  const log = await logOf("for (let n = 0; n < 30_000; n += 1) console.log('x'.repeat(100), n)");
  expect(log.split("\nEND ")[0]).toMatch(/\tx{100} 29998\nTIME\t\S+\tINFO\tx{100} 29999$/);
  expect(await logOf("console.log('𝄞'.repeat(800_001) + 'the end')")).toMatch(/[^\ufffd]𝄞the end\nEND /);
});

test("of a call that writes until its time is over the log ends near the end, and says what is left out", async () => {
  const log = await logOf("for (let n = 0; ; n += 1) console.log('x'.repeat(1_000), n)", {}, 3_000);
  expect(log).toMatch(/x{1000} \d+\n/);
  expect(log).toMatch(/ Task timed out after 3\.00 seconds\n\nEND /);
  const lastLine = Number(log.split("x".repeat(1_000)).at(-1)?.match(/\d+/)?.[0]);
  expect(lastLine).toBeGreaterThan(1_100);
});

test("a call that does not ask for its log has none", async () => {
  await using house = await openHouse();
  await house.write({ "a.ts": "export const handle = () => console.log(1);" });
  await house.define("a.handle");
  expect(await house.invoker.invoke(aCall({}), never)).not.toHaveProperty("log");
});
