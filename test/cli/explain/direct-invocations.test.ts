// `millrace explain` of invocations that Invoke asked for.

import { expect, test } from "vitest";
import { explain } from "../../../src/cli/explain/explain.ts";
import type { Entry } from "../../../src/ports/journal.ts";

type Invocation = Extract<Entry, { kind: "invocation" }>;

const anEntry = (more: Partial<Invocation>): Invocation => ({
  kind: "invocation",
  functionName: "totals",
  requestId: "5e1f09c2-0000-4000-8000-000000000000",
  invocationType: "Event",
  attempt: 1,
  outcome: "ok",
  verdict: "done",
  condition: null,
  tookMs: 3,
  executedVersion: "$LATEST",
  retryAfterMs: null,
  error: null,
  atMs: 1_789_481_367_345,
  mapping: null,
  lane: "invocations/totals",
  seq: 1,
  ...more,
});

const error = { type: "TypeError", message: "bad", trace: [] };
const failed = { outcome: "threw", verdict: "retry", retryAfterMs: 60_000, error } as const;

const explained = async (question: string, entries: readonly Entry[]) => {
  const screen = { columns: 100, isUnicode: true };
  const { text, json } = await explain(question, {
    entries: () => entries,
    isServerRunning: true,
    records: null,
    screen,
    isFull: false,
    command: "millrace",
  });
  return { text: text.replace(/\d\d:\d\d:\d\d\.\d{3}/g, "TIME"), json };
};

test("an Event: each call, what followed, and where it stands", async () => {
  const entries = [anEntry(failed), anEntry({ requestId: "77777777-0000-4000-8000-000000000000" })];
  const waiting = await explained("5e1f", entries);
  expect(waiting.text).toBe(
    `${"invocation 5e1f09c2  Event by Invoke, totals".padEnd(82)}to be called again
  TIME  attempt 1 threw, 3 ms: TypeError: bad; again after 60.0 s
verdict  kept until it ends: 1 call so far, the next 60.0 s after the last
`,
  );
  const over = await explained("5e1f09c2", [...entries, anEntry({ attempt: 2 })]);
  expect(over.text).toContain("returned\n");
  expect(over.text).toMatch(/verdict {2}done, 2 calls\n$/);
  expect(over.json).toMatchObject({
    functionName: "totals",
    status: "returned",
    attempts: [{ attempt: 1 }, { attempt: 2 }],
  });
  const dropped = anEntry({
    ...failed,
    attempt: 3,
    verdict: "give up",
    condition: "RetriesExhausted",
    retryAfterMs: null,
  });
  expect((await explained("5e1f09c2", [dropped])).text).toMatch(/given up\n[^]*verdict {2}dropped after 1 call/);
});

test("a RequestResponse that failed is not called again", async () => {
  const entry = anEntry({ ...failed, invocationType: "RequestResponse", verdict: "done", retryAfterMs: null });
  expect((await explained("5e1f09c2", [entry])).text).toContain("who called has the error");
});

test("ids that begin alike are told apart", async () => {
  const entries = [anEntry({}), anEntry({ requestId: "5e1f0000-0000-4000-8000-000000000000" })];
  await expect(explained("5e1f", entries)).rejects.toMatchObject({ code: "bad-argument" });
});
