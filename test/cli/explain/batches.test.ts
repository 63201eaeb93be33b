// The story of a batch as `millrace explain` tells it, from journals of the simulated world: the very moment that the drawing of the
// terminal shows, each verdict, and what a question may name.

import { describe, expect, test } from "vitest";
import { aHouse, type Told, type ToldCall, type ToldHouse } from "../../runtime/told-house.ts";
import { explained, holding, part, table } from "./explained-house.ts";

const numbered = (count: number): readonly string[] => Array.from({ length: count }, (_, index) => String(index + 1));

const failsOn =
  (label: string) =>
  ({ labels }: ToldCall): Told => ({ throws: labels.includes(label), tookMs: labels.length });

const bisecting = {
  BatchSize: 10,
  MaximumBatchingWindowInSeconds: 5,
  MaximumRetryAttempts: 2,
  BisectBatchOnFunctionError: true,
};

/** Ten records, of which the seventh fails. */
async function aPoisonBatch(): Promise<{
  readonly house: ToldHouse;
  readonly uuid: string;
  readonly positions: readonly string[];
}> {
  const house = await aHouse(failsOn("7"));
  const uuid = await house.map(bisecting);
  const positions: string[] = [];
  for (const label of numbered(10)) {
    house.put(label, { key: `order-${label}` });
    await house.house.pass(430);
  }
  await house.untilCalls(9);
  await house.house.pass(5_000);
  for (const entry of house.house.entries())
    if (entry.kind === "read" && entry.first !== null) positions.push(entry.first);
  return { house, uuid, positions };
}

describe("a poison record", () => {
  test("E-15, E-18: its tree, checkpoints, document, cost and verdict, at 80 columns", async () => {
    const { house, positions } = await aPoisonBatch();
    const text = await explained(house, positions[6] ?? "");
    expect(text).toMatchInlineSnapshot(`
      "record …042717  kinesis:orders, shard 0                                 GIVEN UP
        arrived   TIME; 1.29 s until its batch closed
        source    could not be asked: its key is left out
        batch     1, place 7 of 10, 5,184 bytes, closed by size at 3.9 of 5 s
        settings  size 10, window 5 s, retries 2, age none, bisect on, report off,
                  factor 1, given up to sqs:given-up

        batch           places    start   took  outcome              request   attempt
        1                 1–10   +0.000  10 ms  ✗ split 5 + 5        8ba02d42  1
        ├ 1.1              1–5   +0.010   5 ms  ✓ cp …041857         4a7f2587  1
        └ 1.2             6–10   +0.015   5 ms  ✗ split 2 + 3        04018226  1
          ├ 1.2.1          6–7   +0.020   2 ms  ✗ split 1 + 1        01d770dd  1
          │ ├ 1.2.1.1        6   +0.022   1 ms  ✓ cp …042287         5cfc82e4  1
          │ └ 1.2.1.2        7   +0.023   1 ms  ✗ wait 200 ms        1b57bc53  1 of 3
          │                  7   +0.224   1 ms  ✗ wait 400 ms        1b57bc53  2 of 3
          │                  7   +0.625   1 ms  ■ given up, cp …717  1b57bc53  3 of 3
          └ 1.2.2         8–10   +0.626   3 ms  ✓ cp …044007         34eddaea  1

        checkpoint  at the beginning, after …044007; lane held 0.63 s
        ended       sqs:given-up +0.626 RetryAttemptsExhausted, batchSize 1,
                    approximateInvokeCount 3, statusCode 200, functionError Unhandled
        cost        9 invocations for 1; 29 deliveries of 10 records: places 1–5
                    twice, 6 four times, 7 six times, 8–10 three times
        error       6 times Error: told to
      verdict  the record: it failed alone 3 times of 3 with one error, and the other
               9 each succeeded without it
      next     millrace logs --request 1b57bc53             what the function wrote
               millrace record --batch de15c028/1 b1.mrec   the story as a file
               millrace explain de15c028                    how the mapping stands now
      "
    `);
    expect(Math.max(...text.split("\n").map((line) => line.length))).toBeLessThanOrEqual(80);
  });

  test("the same in ASCII, at 120 columns with bytes, age and error, and with ids and positions whole", async () => {
    const { house, positions } = await aPoisonBatch();
    const ascii = await explained(house, positions[6] ?? "", { isUnicode: false });
    expect(ascii).toMatch(/^[\x20-\x7e\n]*$/);
    const wide = await explained(house, positions[6] ?? "", { columns: 120 });
    expect(table(wide)).toMatchInlineSnapshot(`
      "  batch           places    start   took  outcome              request   attempt         bytes  oldest  error
        1                 1–10   +0.000  10 ms  ✗ split 5 + 5        8ba02d42  1               5,184   3.9 s  Error: told to
        ├ 1.1              1–5   +0.010   5 ms  ✓ cp …041857         4a7f2587  1               2,598   3.9 s
        └ 1.2             6–10   +0.015   5 ms  ✗ split 2 + 3        04018226  1               2,599   1.7 s  Error: told to
          ├ 1.2.1          6–7   +0.020   2 ms  ✗ split 1 + 1        01d770dd  1               1,047   1.7 s  Error: told to
          │ ├ 1.2.1.1        6   +0.022   1 ms  ✓ cp …042287         5cfc82e4  1                 530   1.7 s
          │ └ 1.2.1.2        7   +0.023   1 ms  ✗ wait 200 ms        1b57bc53  1 of 3            530   1.3 s  Error: told to
          │                  7   +0.224   1 ms  ✗ wait 400 ms        1b57bc53  2 of 3            530   1.5 s  Error: told to
          │                  7   +0.625   1 ms  ■ given up, cp …717  1b57bc53  3 of 3            530   1.9 s  Error: told to
          └ 1.2.2         8–10   +0.626   3 ms  ✓ cp …044007         34eddaea  1               1,565   1.5 s"
    `);
    const full = await explained(house, positions[6] ?? "", { isFull: true });
    expect(full).toContain(positions[6]);
  });

  test("the same journal and question give the same bytes", async () => {
    const { house, positions } = await aPoisonBatch();
    expect(await explained(house, positions[6] ?? "")).toBe(await explained(house, positions[6] ?? ""));
  });

  test("a record beside it was fine, and its path says what it took", async () => {
    const { house, positions } = await aPoisonBatch();
    const text = await explained(house, positions[0] ?? "");
    expect(part(text, "verdict")).toMatchInlineSnapshot(`
      "verdict  fine in the end: it failed once among others, and succeeded in batch
               1.1"
    `);
    expect(text.split("\n")[0]).toMatch(/ OK$/);
  });

  test("asked of the source, a record has its key, its place and the pattern that it passed", async () => {
    const { house, positions } = await aPoisonBatch();
    const records = holding(positions.map((position, index) => ({ position, key: `order-${index + 1}`, data: {} })));
    const byPlace = await explained(house, positions[2] ?? "", { records });
    expect(byPlace).toContain("key order-3 ");
    expect(byPlace).toContain("place 3 of 10");
    const byKey = await explained(house, "order-7", { records });
    expect(byKey.split("\n")[0]).toMatch(/^record …\d+  key order-7 .* GIVEN UP$/);
  });
});

describe("a batch of which parts were given up, asked for as a whole", () => {
  test("E-15, E-18: one part: its verdict and its document, as of the record itself", async () => {
    const { house, uuid, positions } = await aPoisonBatch();
    const record = await explained(house, positions[6] ?? "");
    const whole = await explained(house, `${uuid.slice(0, 8)}/1`);
    expect(whole.split("\n")[0]).toMatch(/ PARTLY GIVEN UP$/);
    for (const label of ["ended", "verdict", "next"]) expect(part(whole, label)).toBe(part(record, label));
    expect(part(whole, "verdict")).toContain("the record: it failed alone 3 times of 3");
    // A half of it that had no trouble is told by itself.
    expect(part(await explained(house, "1.1"), "verdict")).toContain("fine in the end: ");
    expect(await explained(house, "1.1")).not.toContain("  ended ");
  });

  test("E-15, E-18: several parts: the first decides, the others are counted, each has its document", async () => {
    const house = await aHouse(({ labels }) => ({ throws: labels.includes("2") || labels.includes("3") }));
    await house.map({ ...bisecting, BatchSize: 4, MaximumRetryAttempts: 0 });
    house.putAll(numbered(4));
    await house.house.pass(9_000);
    const text = await explained(house, "1");
    expect(part(text, "verdict").replace(/\s+/g, " ")).toBe(
      "verdict the record: it failed alone with one error, and 2 of the other 3 succeeded without it; 1 other part was given up, too",
    );
    expect(part(text, "ended")).toMatch(/ended +1\.1\.2: sqs:given-up [^]*\n +1\.2\.1: sqs:given-up /);
  });

  test("E-15: while a part runs it is that part that is told of; where all succeeded, that it was in parts", async () => {
    const house = await aHouse(({ labels }) => ({ throws: labels.length > 1, tookMs: 500 }));
    await house.map({ BatchSize: 2, MaximumBatchingWindowInSeconds: 1, BisectBatchOnFunctionError: true });
    house.putAll(["a", "b"]);
    await house.untilCalls(1);
    await house.house.pass(100);
    expect(part(await explained(house, "1"), "verdict")).toContain("not decided yet: attempt 1 runs since TIME");
    await house.house.pass(5_000);
    expect(part(await explained(house, "1"), "verdict").replace(/\s+/g, " ")).toBe(
      "verdict fine in the end: it failed once among others, and all of it succeeded in parts",
    );
  });
});
