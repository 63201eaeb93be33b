// What the dashboard finds in a journal: the course of a record, by its label, its key and its request; several; nothing; up to an instant.

import { join } from "node:path";
import { beforeAll, expect, onTestFinished, test } from "vitest";
import { openJournalSource } from "../../src/dashboard/file/journal-source.ts";
import { find, type FindPlace } from "../../src/dashboard/find/find.ts";
import { createFinder } from "../../src/dashboard/find/finder.ts";
import type { FindAnswer } from "../../src/dashboard/frame-answers.ts";
import { createSystemClock } from "../../src/platform/system-clock.ts";

const root = join(import.meta.dirname, "..", "..");

/** The example's scenario: ten orders, of which the one that is called `bad` is given up. */
let place: FindPlace;
let firstMs = 0;
beforeAll(async () => {
  const source = await openJournalSource("examples/orders/poison.scenario.json", root);
  ({ place } = source);
  for (const { atMs } of source.entries) firstMs ||= atMs;
  return () => source.close();
});

async function found(what: string): Promise<Extract<FindAnswer, { readonly kind: "found" }>> {
  const answer = await find({ what, toMs: null, place });
  if (answer.kind !== "found") throw new Error(JSON.stringify(answer));
  return answer;
}

test("a record's course goes from its put to the document of its end, and its error is told in full once", async () => {
  const { of, steps, event } = await found("bad");
  expect(of).toBe("record");
  expect(steps.map(({ what }) => what.replace(/ in \d+ ms$/, ""))).toEqual([
    "put into kinesis:scenario-source, shard 0",
    "batch 1 closed by size: 10 records",
    "1 (1-10), attempt 1: threw",
    "1.2 (6-10), attempt 1: threw",
    "1.2.1 (6-7), attempt 1: threw",
    "1.2.1.2 (7), attempt 1: threw",
    "1.2.1.2 (7), attempt 2: threw",
    "1.2.1.2 (7), attempt 3: threw",
    "1.2.1.2 (7) given up: RetryAttemptsExhausted",
    "its document was delivered",
  ]);
  expect(steps.filter(({ detail }) => detail.includes("TypeError"))).toHaveLength(1);
  expect(steps[3]?.detail).toBe("the same error, split 2 + 3");
  const [record] = JSON.parse(event ?? "{}").Records;
  expect(Buffer.from(record.kinesis.data, "base64").toString()).toBe('{"type":"order","id":"bad"}');
});

test("a request id leads to its record's end", async () => {
  const { steps } = await found("bad");
  const requestId = steps.findLast((each) => each.requestId !== null)?.requestId ?? "";
  const ends = (await found(requestId)).steps.map(({ what }) => what);
  expect(ends).toContain("1.2.1.2 (7) given up: RetryAttemptsExhausted");
});

test("a key that several records have is answered with what to choose from, and each choice is found", async () => {
  const answer = await find({ what: "customer-2", toMs: null, place });
  if (answer.kind !== "several") throw new Error(JSON.stringify(answer));
  expect(answer.choices).toHaveLength(3);
  for (const choice of answer.choices)
    expect((await found(choice)).story).toMatchObject({ kind: "record", key: "customer-2" });
});

test("nothing later than the instant is told", async () => {
  const answer = await find({ what: "1", toMs: firstMs, place });
  expect(answer).toMatchObject({ kind: "nothing", code: "bad-argument" });
});

test("no question, one that is too long and a file that has gone are told, not thrown", async () => {
  for (const what of ["", "   ", "x".repeat(401)])
    expect(await find({ what, toMs: null, place })).toMatchObject({ kind: "nothing", code: "bad-argument" });
  const gone: FindPlace = { kind: "journal", path: join(root, "no-such.jsonl"), shown: "no-such.jsonl" };
  expect(await find({ what: "bad", toMs: null, place: gone })).toMatchObject({ kind: "nothing", code: "bad-argument" });
});

test("a search is a thread of its own, that ends with whoever asked; a fifth one is refused", async () => {
  const finder = createFinder(createSystemClock());
  onTestFinished(() => finder.close());
  const question = { what: "bad", toMs: null, place };
  const left = new AbortController();
  const stays = new AbortController().signal;
  const asked = [finder.find(question, left.signal), ...[1, 2, 3, 4].map(() => finder.find(question, stays))];
  left.abort();
  const [gone, one, two, three, fifth] = await Promise.all(asked);
  expect(gone).toMatchObject({ kind: "nothing", message: "the search was given up" });
  for (const answer of [one, two, three]) expect(answer).toMatchObject({ kind: "found", of: "record" });
  expect(fifth).toMatchObject({ kind: "nothing", code: "busy" });
});
