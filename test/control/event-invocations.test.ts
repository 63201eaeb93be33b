// Event invocations over a table of this process, a clock that is moved by hand and a function that does as it is told.

import { describe, expect, test } from "vitest";
import { createEventInvocations } from "../../src/control/invoke/event-invocations.ts";
import type { Answer, DirectCall } from "../../src/ports/invoker.ts";
import type { Fact } from "../../src/ports/journal.ts";
import { handClock, type HandClock } from "./doubles/house.ts";
import { type MemoryTables, memoryTables } from "./doubles/memory-tables.ts";

const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;

const returned: Answer = { kind: "returned", json: "null", executedVersion: "$LATEST", tookMs: 1 };
const threw: Answer = {
  kind: "functionError",
  reason: "threw",
  errorType: "Error",
  message: "bad",
  trace: [],
  executedVersion: "$LATEST",
  tookMs: 1,
};
const refused = (reason: "throttled" | "fault" | "functionMissing"): Answer => ({
  kind: "refused",
  reason,
  message: "",
});

interface Called {
  readonly text: string;
  readonly call: DirectCall;
  answer(answer: Answer): Promise<void>;
}

interface House {
  readonly events: ReturnType<typeof createEventInvocations>;
  readonly calls: readonly Called[];
  readonly facts: Fact[];
  readonly accept: (requestId: string, payload?: string) => Promise<void>;
  /** The call that comes next. */
  readonly next: () => Promise<Called>;
}

function aHouse(given: {
  readonly tables: MemoryTables;
  readonly clock: HandClock;
  readonly reserved?: number;
}): House {
  const calls: Called[] = [];
  const facts: Fact[] = [];
  const lookers = new Set<() => void>();
  let taken = 0;
  const events = createEventInvocations({
    tables: given.tables,
    clock: given.clock,
    journal: { append: (_mapping, _lane, fact) => void facts.push(fact) },
    functions: { reservedOf: () => given.reserved ?? null },
    caller: {
      call: (call) =>
        new Promise((resolve) => {
          calls.push({
            text: Buffer.from(call.payload).toString(),
            call,
            async answer(answer) {
              const count = facts.length;
              resolve(answer);
              await expect.poll(() => facts.length).toBeGreaterThan(count);
              await settled();
            },
          });
          for (const look of lookers) look();
        }),
    },
  });
  return {
    events,
    calls,
    facts,
    accept: (requestId, payload = `"${requestId}"`) =>
      events.accept({ requestId, functionName: "f", arn: "arn:f", payload: Buffer.from(payload) }),
    next: () =>
      new Promise((resolve) => {
        const look = (): void => {
          const call = calls[taken];
          if (call === undefined) return;
          lookers.delete(look);
          taken += 1;
          resolve(call);
        };
        lookers.add(look);
        look();
      }),
  };
}

/** What has been asked of the tables has been done. */
const settled = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve));

const kept = async (tables: MemoryTables): Promise<readonly number[]> => [
  (await tables.list("invocations")).length,
  (await tables.list("invocation-payloads")).length,
];

async function started(given: { readonly reserved?: number } = {}) {
  const tables = memoryTables();
  const clock = handClock();
  const house = aHouse({ tables, clock, ...given });
  await house.events.start();
  return { tables, clock, ...house };
}

test("it is stored before it is called, and gone when it has ended", async () => {
  const { tables, accept, next } = await started();
  await accept("one", '{"n": 1.0}');
  const call = await next();
  expect(await kept(tables)).toEqual([1, 1]);
  expect([call.text, call.call.requestId, call.call.functionArn]).toEqual(['{"n": 1.0}', "one", "arn:f"]);
  await call.answer(returned);
  expect(await kept(tables)).toEqual([0, 0]);
});

test("a function error is tried again after one minute and after two more, then given up", async () => {
  const { tables, clock, accept, next, facts, calls } = await started();
  await accept("one");
  await (await next()).answer(threw);
  clock.advance(MINUTE_MS - 1);
  expect(calls).toHaveLength(1);
  clock.advance(1);
  await (await next()).answer(threw);
  clock.advance(2 * MINUTE_MS - 1);
  expect(calls).toHaveLength(2);
  clock.advance(1);
  const last = await next();
  expect([last.text, last.call.requestId]).toEqual(['"one"', "one"]);
  await last.answer(threw);
  expect(facts).toMatchObject([
    { attempt: 1, verdict: "retry", retryAfterMs: MINUTE_MS, condition: null, error: { message: "bad" } },
    { attempt: 2, verdict: "retry", retryAfterMs: 2 * MINUTE_MS },
    { attempt: 3, verdict: "give up", retryAfterMs: null, condition: "RetriesExhausted" },
  ]);
  expect(await kept(tables)).toEqual([0, 0]);
});

test("throttles and faults wait longer and longer, up to five minutes, and are no attempts; after six hours it is given up", async () => {
  const { tables, clock, accept, next, facts } = await started();
  await accept("one");
  const waits: (number | null)[] = [];
  const begunAtMs = clock.nowMs();
  for (let count = 0; ; count += 1) {
    await (await next()).answer(refused(count % 2 === 0 ? "throttled" : "fault"));
    const fact = facts.at(-1);
    if (fact?.kind !== "invocation") throw new Error("no fact");
    expect(fact.attempt).toBe(1);
    waits.push(fact.retryAfterMs);
    if (fact.retryAfterMs === null) break;
    clock.advance(fact.retryAfterMs);
  }
  expect(waits.slice(0, 11)).toEqual([1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300].map((seconds) => seconds * 1_000));
  expect(facts.at(-1)).toMatchObject({ verdict: "give up", condition: "EventAgeExceeded" });
  expect(clock.nowMs() - begunAtMs).toBeLessThanOrEqual(6 * HOUR_MS);
  expect(clock.nowMs() - begunAtMs).toBeGreaterThan(6 * HOUR_MS - 300_000);
  expect(await kept(tables)).toEqual([0, 0]);
});

test("one that has lost its function is given up, and told", async () => {
  const { tables, accept, next, facts } = await started();
  await accept("one");
  await (await next()).answer(refused("functionMissing"));
  expect(facts).toMatchObject([{ verdict: "give up", condition: "FunctionMissing", outcome: "function missing" }]);
  expect(await kept(tables)).toEqual([0, 0]);
});

test("an attempt whose end cannot be stored is followed by the next all the same, and told", async () => {
  const { tables, clock, accept, next, facts, calls } = await started();
  await accept("one");
  const call = await next();
  tables.isBroken = true;
  await call.answer(threw);
  expect(facts).toMatchObject([
    { attempt: 1, verdict: "retry" },
    { kind: "thread", thread: "store", event: "failed", detail: expect.stringContaining("the disk is full") },
  ]);
  tables.isBroken = false;
  clock.advance(MINUTE_MS);
  await (await next()).answer(returned);
  expect(calls).toHaveLength(2);
  expect(facts.at(-1)).toMatchObject({ attempt: 2, verdict: "done" });
  expect(await kept(tables)).toEqual([0, 0]);
});

describe("over a restart", () => {
  test("all that had not ended goes on where it was, each once", async () => {
    const tables = memoryTables();
    const clock = handClock();
    const first = aHouse({ tables, clock });
    await first.events.start();
    await first.accept("failed");
    await first.accept("running");
    await (await first.next()).answer(threw);
    await first.next();

    // The process has died: nothing that it still would do counts.
    const second = aHouse({ tables, clock });
    await second.accept("early");
    await second.events.start();
    const texts = [(await second.next()).text, (await second.next()).text];
    expect(texts.sort()).toEqual(['"early"', '"running"']);
    clock.advance(MINUTE_MS);
    expect((await second.next()).text).toBe('"failed"');
    await second.calls[2]?.answer(threw);
    expect(second.facts).toMatchObject([{ attempt: 2, verdict: "retry" }]);
    expect(second.calls).toHaveLength(3);
  });

  test("what is accepted before functions can be called comes behind what was there, and once", async () => {
    const tables = memoryTables();
    const clock = handClock();
    const first = aHouse({ tables, clock });
    await first.events.start();
    await first.accept("old");
    await first.next();

    const second = aHouse({ tables, clock });
    clock.advance(1);
    await second.accept("early");
    await second.events.start();
    expect([(await second.next()).text, (await second.next()).text]).toEqual(['"old"', '"early"']);
    await second.calls[0]?.answer(returned);
    await second.calls[1]?.answer(returned);
    expect(second.calls).toHaveLength(2);
    expect(await kept(tables)).toEqual([0, 0]);
  });

  test("once closed nothing more is called; what was under way is stored as it ends", async () => {
    const { tables, clock, events, accept, next, calls } = await started();
    await accept("one");
    const call = await next();
    const closed = events.close();
    await accept("two");
    await call.answer(threw);
    await closed;
    clock.advance(HOUR_MS);
    expect(calls).toHaveLength(1);
    const rows = (await tables.list("invocations")).map(({ value }) => JSON.parse(value) as unknown);
    expect(rows).toMatchObject([
      { requestId: "one", failedCount: 1 },
      { requestId: "two", failedCount: 0 },
    ]);
  });
});

test("a function has sixteen under way at most, or as many as are reserved for it, in the order of acceptance", async () => {
  const many = await started();
  for (let index = 0; index < 20; index += 1) await many.accept(`r${index}`);
  expect(many.calls).toHaveLength(16);
  await many.calls[3]?.answer(returned);
  expect((await many.next(), many.calls).map(({ text }) => text)).toEqual(
    Array.from({ length: 17 }, (_, index) => `"r${index}"`),
  );
  const few = await started({ reserved: 2 });
  for (let index = 0; index < 5; index += 1) await few.accept(`r${index}`);
  expect(few.calls).toHaveLength(2);
  const none = await started({ reserved: 0 });
  await none.accept("r0");
  await none.accept("r1");
  expect(none.calls).toHaveLength(1);
});
