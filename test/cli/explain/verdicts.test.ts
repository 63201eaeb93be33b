// The verdict of a batch's story: each that there is, from a journal in which it holds, and what a question may name.

import { describe, expect, test } from "vitest";
import { widthOf } from "../../../src/cli/live/cells.ts";
import { aHouse, type ToldHouse } from "../../runtime/told-house.ts";
import { explained, explainedJson, holding, part } from "./explained-house.ts";

const firstLine = (text: string): string => text.split("\n")[0] ?? "";

function positionsOf({ house }: ToldHouse): readonly string[] {
  return house.entries().flatMap((entry) => (entry.kind === "read" && entry.first !== null ? [entry.first] : []));
}

const lastRequestId = ({ house }: ToldHouse): string => {
  const invoked = house.entries().findLast((entry) => entry.kind === "invoked");
  return invoked?.kind === "invoked" ? invoked.requestId : "";
};

describe("verdicts, the first that holds", () => {
  test("not decided yet: the next attempt, and when", async () => {
    const house = await aHouse(() => ({ throws: true }));
    await house.map({ MaximumRetryAttempts: 5 });
    house.put("a");
    await house.untilCalls(2);
    const text = await explained(house, "1");
    expect(part(text, "verdict")).toBe("verdict  not decided yet: attempt 3 in 400 ms, at TIME");
    expect(firstLine(text)).toMatch(/ NOT DECIDED YET$/);
    const stopped = await explained(house, "1", { isServerRunning: false });
    expect(firstLine(stopped)).toMatch(/ CUT OFF$/);
  });

  test("not decided yet: an attempt that runs, and a part that waits for one before it", async () => {
    const house = await aHouse(({ labels }) => ({ throws: labels.length > 1, tookMs: 500 }));
    await house.map({ BatchSize: 2, MaximumBatchingWindowInSeconds: 1, BisectBatchOnFunctionError: true });
    house.putAll(["a", "b"]);
    await house.untilCalls(1);
    await house.house.pass(100);
    expect(part(await explained(house, "1.1"), "verdict")).toContain("not decided yet: attempt 1 runs since TIME");
    const waiting = await explained(house, "1.2");
    expect(part(waiting, "verdict").replace(/\s+/g, " ")).toContain("it waits for what is before it in its lane");
    expect(waiting).toMatch(/└ 1\.2 +2 +· waits/);
  });

  test("the clock, E-13: what was too old, with its document and without a call", async () => {
    const house = await aHouse(({ labels }) => ({ throws: labels.includes("a") }));
    await house.map({ MaximumRecordAgeInSeconds: 60 });
    house.put("a");
    await house.house.pass(70_000);
    const text = await explained(house, "1");
    expect(part(text, "verdict").replace(/\s+/g, " ")).toMatch(
      /^verdict the clock: it was older than the most of 60 s \(MaximumRecordAgeInSeconds\), after \d+ attempts$/,
    );
    expect(text).toContain("■ too old");
    expect(text).toContain("RecordAgeExceeded");
  });

  test("throttling, E-4: calls that were not counted, and what they cost", async () => {
    const house = await aHouse(() => ({}), { reservedConcurrency: 0 });
    const uuid = await house.map();
    house.put("a");
    await house.house.waitUntil(
      () => house.house.entries().filter((entry) => entry.kind === "decided").length >= 2,
      60_000,
    );
    house.addFunction("handle", () => ({}));
    await house.untilCalls(1);
    const text = await explained(house, `${uuid.slice(0, 8)}/1`);
    expect(part(text, "verdict").replace(/\s+/g, " ")).toMatch(
      /^verdict throttling: \d+ calls throttled, not counted as attempts; they cost /,
    );
    expect(text).toMatch(/≈ throttled, .* –\n/);
  });

  test("the limit: a time-out, and an event that is too large", async () => {
    const house = await aHouse(() => ({ tookMs: 9_000 }), { timeoutMs: 3_000 });
    await house.map({ MaximumRetryAttempts: 0 });
    house.put("a");
    await house.untilCalls(1);
    expect(part(await explained(house, "1"), "verdict").replace(/\s+/g, " ")).toBe(
      "verdict the limit: the function's Timeout; the last attempt ended after 3.0 s",
    );
  });

  test("the record, alone in its batch while others succeeded; the function, where none did", async () => {
    const house = await aHouse(({ labels }) => ({ throws: labels.includes("bad") }));
    await house.map({ MaximumRetryAttempts: 1 });
    house.put("bad");
    await house.house.pass(2_000);
    expect(part(await explained(house, "1"), "verdict").replace(/\s+/g, " ")).toBe(
      "verdict the function: no batch of the mapping succeeded in that minute",
    );
    house.put("good");
    await house.house.pass(2_000);
    expect(part(await explained(house, "1"), "verdict").replace(/\s+/g, " ")).toBe(
      "verdict the record: alone in its batch it failed twice, while other batches of the mapping succeeded",
    );
  });

  test("the batch: given up together, without a way to tell which record it was", async () => {
    const house = await aHouse(({ labels }) => ({ throws: labels.includes("bad") }));
    await house.map({ MaximumRetryAttempts: 0, BatchSize: 2, MaximumBatchingWindowInSeconds: 1 });
    house.put("good");
    await house.house.pass(2_000);
    house.putAll(["bad", "beside"]);
    await house.house.pass(2_000);
    const text = await explained(house, "2");
    expect(part(text, "verdict").replace(/\s+/g, " ")).toContain("the batch: its 2 records were given up together");
    expect(firstLine(text)).toMatch(/ GIVEN UP$/);
  });

  test("O-15: a destination that refuses the document has lost it", async () => {
    const house = await aHouse(() => ({ throws: true }));
    house.refuseDocuments();
    await house.map({ MaximumRetryAttempts: 0 });
    house.put("a");
    await house.house.pass(1_000);
    const text = await explained(house, "1");
    expect(part(text, "verdict")).toBe("verdict  the destination: it refused the document, full; the document is lost");
    expect(part(text, "ended")).toContain("refused: full");
  });

  test("P-12: a process that ended before its batch; the records come again in another batch", async () => {
    const house = await aHouse(() => ({ tookMs: 1_000 }));
    await house.map();
    house.put("a");
    await house.house.waitUntil(() => house.house.entries().some((entry) => entry.kind === "invoked"), 10_000);
    house.house.crash();
    await house.untilCalls(1);
    await house.house.pass(2_000);
    const [position = ""] = positionsOf(house);
    // The batch that came again is the newest of the mapping.
    expect(firstLine(await explained(house, position))).toMatch(/ OK$/);
    const entries = house.house.entries();
    const again = entries.findLastIndex((entry) => entry.kind === "unit-opened");
    const cut = await explained(house, position, { entries: entries.slice(0, again + 1) });
    expect(firstLine(cut)).toMatch(/ CUT OFF$/);
    expect(part(cut, "verdict").replace(/\s+/g, " ")).toBe(
      "verdict not decided: its process ended before the batch did; it is delivered again from the checkpoint",
    );
  });
});

test("E-10: very many attempts are folded, and whole with --full; a long error and a long key are cut", async () => {
  const house = await aHouse(() => ({ throws: true }));
  await house.map({ MaximumRetryAttempts: 30 });
  const { position } = house.house.put("orders", { key: "k".repeat(200), data: "{}" });
  await house.house.pass(3_000_000);
  const records = holding([{ position, key: "k".repeat(200), data: {} }]);
  const text = await explained(house, position, { records });
  expect(text).toContain("· 23 more rows");
  expect(text.split("\n").length).toBeLessThan(40);
  expect(text).toContain(`key ${"k".repeat(40)}…`);
  const full = await explained(house, position, { records, isFull: true });
  expect(full.split("31 of 31")).toHaveLength(2);
  expect(full).toContain("15 of 31");
  expect(full).toContain("k".repeat(200));
});

test("names and errors of any length and script stay within the screen's columns, and nothing of a name is left out", async () => {
  const error = { type: "Error", message: `${"x".repeat(300)} ${"注文の合計がありません".repeat(12)}`, trace: [] };
  const house = await aHouse(() => ({ throws: true }));
  house.addFunction("f".repeat(64), () => ({ throws: true }));
  const uuid = await house.map({ FunctionName: "f".repeat(64), MaximumRetryAttempts: 1 });
  house.put("a");
  await house.house.pass(1_000);
  const stream = `arn:aws:kinesis:us-east-1:000000000000:stream/${"s".repeat(128)}`;
  const entries = house.house.entries().map((entry) => {
    if (entry.kind === "settings") return { ...entry, settings: { ...entry.settings, EventSourceArn: stream } };
    return entry.kind === "decided" ? { ...entry, error } : entry;
  });
  for (const question of [`${uuid}/1`, uuid])
    for (const columns of [80, 120]) {
      const text = await explained(house, question, { entries, columns });
      for (const line of text.split("\n").filter((each) => !/^(next| {9}millrace)/.test(each)))
        expect(widthOf(line)).toBeLessThanOrEqual(columns);
      expect(text.replace(/\s+/g, "")).toContain("s".repeat(128));
      expect(text).toContain("f".repeat(64));
    }
});

describe("partial answers", () => {
  test("E-15.2: what lies before the first failure is done; the rest is named and tried", async () => {
    const house = await aHouse(({ labels }) => ({ reports: labels.includes("c") ? ["c"] : [] }));
    await house.map({
      BatchSize: 3,
      MaximumBatchingWindowInSeconds: 1,
      MaximumRetryAttempts: 1,
      FunctionResponseTypes: ["ReportBatchItemFailures"],
    });
    house.putAll(["a", "b", "c"]);
    await house.house.pass(3_000);
    const text = await explained(house, "1");
    expect(text).toContain("✗ rest 3");
    expect(text).toMatch(/└ 1\+ +3 /);
    expect(part(await explained(house, "1+"), "verdict").replace(/\s+/g, " ")).toContain("the record: it failed alone");
  });
});

describe("what a question may name", () => {
  test("a part of a request id, a batch with its mapping, the function, and a part of the mapping's id", async () => {
    const house = await aHouse();
    const uuid = await house.map();
    house.put("a");
    await house.untilCalls(1);
    const id = lastRequestId(house);
    expect(firstLine(await explained(house, id.slice(0, 8)))).toContain(`invocation ${id.slice(0, 8)}  batch 1`);
    expect(firstLine(await explained(house, `handle/1`))).toContain("batch 1  handle");
    expect(firstLine(await explained(house, "handle"))).toContain(`mapping ${uuid.slice(0, 8)}`);
    expect(firstLine(await explained(house, uuid.slice(0, 6)))).toContain(`mapping ${uuid.slice(0, 8)}`);
    expect(await explainedJson(house, id)).toMatchObject({
      kind: "invocation",
      requestId: id,
      verdict: { code: "fine" },
    });
  });

  test("a record by the digits that lines show, by its whole number and by its key", async () => {
    const house = await aHouse();
    await house.map();
    house.put("a");
    house.put("b");
    await house.house.pass(1_000);
    const last = house.house.entries().findLast((entry) => entry.kind === "read");
    const position = last?.kind === "read" ? (last.last ?? "") : "";
    const records = holding([{ position, key: "customer-7", data: {} }]);
    const shown = await explained(house, position, { records });
    const name = /^record (…\S+)/.exec(shown)?.[1] ?? "";
    expect(await explained(house, name, { records })).toBe(shown);
    expect(await explained(house, name.replace("…", "..."), { records })).toBe(shown);
    expect(await explained(house, "customer-7", { records })).toBe(shown);
  });

  test("D-1: a record of a table's stream by the value of its item's key, as by the whole key", async () => {
    const house = await aHouse();
    await house.map();
    house.put("a");
    await house.house.pass(1_000);
    const last = house.house.entries().findLast((entry) => entry.kind === "read");
    const position = last?.kind === "read" ? (last.last ?? "") : "";
    const whole = '{"at":{"N":"5"},"id":{"S":"order-1"}}';
    const records = holding([{ position, key: whole, data: {} }]);
    const shown = await explained(house, position, { records });
    for (const asked of [whole, "order-1"]) expect(await explained(house, asked, { records })).toBe(shown);
    for (const other of ["id", '{"S":"order-1"}', "order"])
      await expect(explained(house, other, { records })).rejects.toThrow("nothing in the journal is called");
  });

  test("several of that name, and none: said, with what there is", async () => {
    const house = await aHouse();
    house.addFunction("other", () => ({}));
    const one = await house.map();
    const other = await house.map({ FunctionName: "other" });
    house.put("a");
    await house.untilCalls(2);
    const both = [`${one.slice(0, 8)}/1`, `${other.slice(0, 8)}/1`];
    const error: unknown = await explained(house, "1").catch((reason: unknown) => reason);
    expect(String(error)).toContain("2 mappings have a batch 1: ");
    for (const each of both) expect(String(error)).toContain(each);
    await expect(explained(house, "nix")).rejects.toThrow(
      "nothing in the journal is called `nix`, and the source could not be asked for a key; mappings there are of handle, other",
    );
  });

  test("of many mappings the first five functions are told, with how many more there are; those that are gone are not", async () => {
    const house = await aHouse();
    const names = ["a", "b", "c", "d", "e", "f"];
    for (const name of names) {
      house.addFunction(name, () => ({}));
      await house.map({ FunctionName: name });
    }
    const entries = house.house.entries();
    await expect(explained(house, "nix", { entries })).rejects.toThrow("of a, b, c, d, e and 1 more function");
    const gone = entries.findLast(({ kind, mapping }) => kind === "mapping-state" && mapping !== null);
    if (gone?.kind !== "mapping-state") throw new Error("no mapping has a state");
    const later = [...entries, { ...gone, to: "Gone" as const }];
    await expect(explained(house, "nix", { entries: later })).rejects.toThrow(/of a, b, c, d, e$/);
  });

  test("a record of two mappings: the story with more trouble, and a line on the other", async () => {
    const house = await aHouse(() => ({ throws: true }));
    house.addFunction("other", () => ({}));
    await house.map({ MaximumRetryAttempts: 1 });
    const other = await house.map({ FunctionName: "other" });
    house.put("a");
    await house.house.pass(2_000);
    const text = await explained(house, positionsOf(house)[0] ?? "");
    expect(firstLine(text)).toMatch(/ GIVEN UP$/);
    expect(part(text, "also")).toBe(`  also        ${other.slice(0, 8)} other, batch 1: OK`);
  });

  test("E-62: with a factor the lane of its key tells which batch a record was in", async () => {
    const house = await aHouse();
    await house.map({ ParallelizationFactor: 2, MaximumBatchingWindowInSeconds: 1 });
    const keys = ["a", "b", "c", "d", "e", "f"];
    for (const key of keys) {
      house.put(key);
      await house.house.pass(1);
    }
    await house.house.pass(3_000);
    const positions = positionsOf(house);
    const records = holding(positions.map((position, index) => ({ position, key: keys[index] ?? "", data: {} })));
    const told = house
      .calls()
      .flatMap((labels) => labels.map((label, index) => ({ label, place: `place ${index + 1} of ${labels.length}` })));
    for (const { label, place } of told)
      expect(await explained(house, positions[keys.indexOf(label)] ?? "", { records })).toContain(place);
  });
});
