import { readFile } from "node:fs/promises";
import { describe, expect, test } from "vitest";
import { createSystemClock } from "../../src/platform/system-clock.ts";
import { nextTurn } from "../../src/platform/turn.ts";
import type { Answer, Call, Invoker } from "../../src/ports/invoker.ts";
import { createInlineFunction, type InlineOptions } from "../../src/sim/inline-function.ts";
import { createOutsideWork, type OutsideWork } from "../../src/sim/outside-work.ts";
import { createVirtualClock, type VirtualClock } from "../../src/sim/virtual-clock.ts";
import { createVirtualFunctions, type VirtualCall } from "../../src/sim/virtual-functions.ts";

const STARTS_AT_MS = 1_790_000_000_000;
const ARN = "arn:aws:lambda:eu-west-1:000000000000:function:f";

interface World {
  readonly clock: VirtualClock;
  readonly work: OutsideWork;
  readonly invoker: Invoker;
  readonly calls: readonly VirtualCall[];
  /** Of the world's time, since it began. */
  nowMs(): number;
  invoke(event: unknown, signal?: AbortSignal): Promise<Answer>;
  /** Takes every event that there is. */
  run(): Promise<void>;
}

function worldWith(handler: InlineOptions["handler"], options: Partial<InlineOptions> = {}): World {
  const clock = createVirtualClock(STARTS_AT_MS);
  const work = createOutsideWork();
  const calls: VirtualCall[] = [];
  const inline = createInlineFunction({ timeoutMs: 3_000, reservedConcurrency: null, ...options, handler });
  const invoker = createVirtualFunctions(clock, new Map([["f", inline]]), (call) => void calls.push(call), work);
  let callCount = 0;
  return {
    clock,
    work,
    invoker,
    calls,
    nowMs: () => clock.nowMs() - STARTS_AT_MS,
    invoke: (event, signal = new AbortController().signal) => invoker.invoke(callOf(event, `r${callCount++}`), signal),
    async run() {
      await nextTurn();
      while (clock.runNext(Number.POSITIVE_INFINITY)) {
        await nextTurn();
        await work.settled();
      }
    },
  };
}

const callOf = (event: unknown, requestId: string): Call => ({
  functionArn: ARN,
  mappingUuid: "",
  requestId,
  recordCount: 1,
  pack: () => ({ kind: "", buffer: new ArrayBuffer(0), constants: {} }),
  text: () => JSON.stringify(event),
  isAnswerWanted: true,
});

describe("a function whose code takes its time in the world", () => {
  test("sleeps in the world's time, and its answer comes at the instant that it has slept to", async () => {
    const world = worldWith(async (event, context) => {
      const before = context.now();
      await context.sleep(1_200);
      return { event, slept: context.now() - before, left: context.getRemainingTimeInMillis() };
    });
    const answer = world.invoke({ a: 1 });
    await world.run();
    const json = JSON.stringify({ event: { a: 1 }, slept: 1_200, left: 1_800 });
    expect(await answer).toMatchObject({ kind: "returned", json, tookMs: 1_200 });
    expect(world.calls).toMatchObject([{ startedAtMs: STARTS_AT_MS, endedAtMs: STARTS_AT_MS + 1_200 }]);
  });

  test("what it awaits of the real world takes no time in this one, however long it is", async () => {
    const seen: number[] = [];
    const world = worldWith(async (_event, context) => {
      for (let turn = 0; turn < 20; turn++) await readFile(import.meta.filename);
      seen.push(context.now() - STARTS_AT_MS);
      await context.sleep(5);
      await readFile(import.meta.filename);
      seen.push(context.now() - STARTS_AT_MS);
    });
    world.clock.wakeAt(STARTS_AT_MS + 1, () => undefined);
    const answer = world.invoke({});
    await world.run();
    expect(await answer).toMatchObject({ kind: "returned", json: "null", tookMs: 5 });
    expect(seen).toEqual([0, 5]);
  });

  test("sleeps side by side end in the order of their instants", async () => {
    const order: number[] = [];
    const world = worldWith(async (_event, context) => {
      await Promise.all(
        [300, 100, 200].map(async (ms) => {
          await context.sleep(ms);
          order.push(ms);
        }),
      );
    });
    const answer = world.invoke({});
    await world.run();
    expect(order).toEqual([100, 200, 300]);
    expect(await answer).toMatchObject({ tookMs: 300 });
  });

  test("a time-out ends it: nothing of it goes on", async () => {
    const seen: string[] = [];
    const world = worldWith(
      async (_event, context) => {
        await context.sleep(2_999);
        seen.push("before");
        await context.sleep(2);
        seen.push("after");
      },
      { timeoutMs: 3_000 },
    );
    const answer = world.invoke({});
    await world.run();
    expect(await answer).toMatchObject({ kind: "functionError", reason: "timedOut", tookMs: 3_000 });
    expect(seen).toEqual(["before"]);
    expect(world.nowMs()).toBe(3_000);
  });

  test("what a call takes beside its waiting counts, against the time limit too", async () => {
    const world = worldWith((_event, context) => context.sleep(10), { extraMs: 3, timeoutMs: 20 });
    const short = worldWith((_event, context) => context.sleep(10), { extraMs: 3, timeoutMs: 12 });
    const answers = [world.invoke({}), short.invoke({})];
    await world.run();
    await short.run();
    expect(await Promise.all(answers)).toMatchObject([
      { kind: "returned", tookMs: 13 },
      { reason: "timedOut", tookMs: 12 },
    ]);
  });

  test("an error is told with its type and trace", async () => {
    const world = worldWith(() => {
      throw new RangeError("too far");
    });
    const answer = world.invoke({});
    await world.run();
    expect(await answer).toMatchObject({
      kind: "functionError",
      reason: "threw",
      errorType: "RangeError",
      message: "too far",
      trace: expect.arrayContaining([expect.stringContaining("outside-work.test.ts")]),
    });
  });

  test("of several that begin in one instant one is at work at a time, in the order of their calls", async () => {
    const told: string[] = [];
    const world = worldWith(async (event, context) => {
      told.push(`${String(event)} begins`);
      // The later ones have less to do, and would be done first.
      for (let turn = Number(event); turn < 3; turn++) await nextTurn();
      told.push(`${String(event)} sleeps`);
      await context.sleep(10);
      told.push(`${String(event)} wakes`);
    });
    const answers = [0, 1, 2].map((event) => world.invoke(event));
    await world.run();
    await Promise.all(answers);
    const each = (what: string) => [0, 1, 2].map((event) => `${event} ${what}`);
    expect(told).toEqual([...[0, 1, 2].flatMap((n) => [`${n} begins`, `${n} sleeps`]), ...each("wakes")]);
  });

  test("reserved concurrency counts it as long as it runs", async () => {
    const world = worldWith((_event, context) => context.sleep(100), { reservedConcurrency: 1 });
    const first = world.invoke({});
    const second = world.invoke({});
    await world.run();
    expect(await first).toMatchObject({ kind: "returned" });
    expect(await second).toMatchObject({ kind: "refused", reason: "throttled" });
    const third = world.invoke({});
    await world.run();
    expect(await third).toMatchObject({ kind: "returned" });
  });

  test("an abort ends it, before it has begun too", async () => {
    const seen: string[] = [];
    const world = worldWith(async (_event, context) => {
      seen.push("begun");
      await context.sleep(100);
      seen.push("woke");
    });
    const early = new AbortController();
    const late = new AbortController();
    const first = world.invoke({}, early.signal);
    const second = world.invoke({}, late.signal);
    early.abort();
    world.clock.wakeAt(STARTS_AT_MS + 50, () => late.abort());
    await world.run();
    expect(await first).toMatchObject({ kind: "refused", reason: "fault" });
    expect(await second).toMatchObject({ kind: "refused", reason: "fault" });
    expect(seen).toEqual(["begun"]);
  });
});

describe("outside work", () => {
  test("is settled when the last hold has let go, whatever was let go twice", async () => {
    const work = createOutsideWork();
    await work.settled();
    const [first, second] = [work.hold(), work.hold()];
    let isSettled = false;
    const settled = work.settled().then(() => {
      isSettled = true;
    });
    first();
    first();
    await nextTurn();
    expect(isSettled).toBe(false);
    second();
    await settled;
    expect(isSettled).toBe(true);
  });

  test("what never lets go is named after the limit", async () => {
    const work = createOutsideWork({ limit: { clock: createSystemClock(), ms: 20 } });
    work.hold("the handler of orders");
    await expect(work.settled()).rejects.toMatchObject({
      code: "handler-stuck",
      message: "the handler of orders has not come to rest in 20 ms of real time",
    });
  });

  test("what was given up is told again without another wait, even where it lets go later", async () => {
    const work = createOutsideWork({ limit: { clock: createSystemClock(), ms: 20 } });
    const letGo = work.hold("the handler of orders");
    const first = await work.settled().catch((error: unknown) => error);
    expect(work.isGivenUp()).toBe(true);
    await expect(work.settled()).rejects.toBe(first);
    letGo();
    await expect(work.settled()).rejects.toBe(first);
  });
});
