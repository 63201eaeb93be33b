import { describe, expect, test } from "vitest";
import { aGuestWorld, STARTS_AT_MS } from "./guest-world.ts";

describe("a handler file takes its time in the world", () => {
  test("it sleeps, and its answer comes at the instant that it has slept to", async () => {
    const world = await aGuestWorld({
      "orders.ts": `
        import { setTimeout as sleep } from "node:timers/promises";
        export const handler = async (event: { ms: number }) => {
          const before = Date.now();
          await sleep(event.ms);
          return { before, slept: Date.now() - before, at: new Date().toISOString() };
        };`,
    });
    const at = new Date(STARTS_AT_MS + 1_200).toISOString();
    expect(await world.invoke({ ms: 1_200 })).toEqual({ before: STARTS_AT_MS, slept: 1_200, at });
    expect(world.calls).toMatchObject([{ startedAtMs: STARTS_AT_MS, endedAtMs: STARTS_AT_MS + 1_200 }]);
  });

  test("the time that it has left is the world's", async () => {
    const world = await aGuestWorld({
      "h.ts": `
        export const handler = async (_event: unknown, context: any) => {
          const before = context.getRemainingTimeInMillis();
          await new Promise((done) => setTimeout(done, 250));
          return [before, context.getRemainingTimeInMillis()];
        };`,
    });
    expect(await world.invoke()).toEqual([3_000, 2_750]);
  });

  test("a time-out ends its environment; the next invocation starts cold", async () => {
    const world = await aGuestWorld(
      {
        "h.ts": `
          let count = 0;
          export const handler = async (event: { ms: number }) => {
            count += 1;
            await new Promise((done) => setTimeout(done, event.ms));
            return count;
          };`,
      },
      { timeoutMs: 2_000 },
    );
    expect(await world.invoke({ ms: 10 })).toBe(1);
    expect(await world.invoke({ ms: 2_001 })).toMatchObject({ reason: "timedOut", tookMs: 2_000 });
    expect(await world.invoke({ ms: 1_999 })).toBe(1);
  });

  test("timers, ticks and microtasks keep Node's order, arguments and contexts", async () => {
    const world = await aGuestWorld({
      "h.ts": `
        import { AsyncLocalStorage } from "node:async_hooks";
        const storage = new AsyncLocalStorage<string>();
        export const handler = async () => {
          const seen: unknown[] = [];
          const note = (...what: unknown[]) => seen.push([...what, storage.getStore()].join(" "));
          storage.run("of-a-run", () => setTimeout(note, 20, "timer", 20));
          setTimeout(() => { note("first of 10"); process.nextTick(() => note("tick")); Promise.resolve().then(() => note("microtask")); }, 10);
          setTimeout(note, 10, "second of 10");
          const cleared = setTimeout(note, 5, "never");
          clearTimeout(+cleared);
          setImmediate(note, "immediate");
          const again = setTimeout(note, 15, "refreshed");
          setTimeout(() => again.refresh(), 14);
          using _disposed = setTimeout(note, 1, "never");
          await new Promise((done) => setTimeout(done, 40));
          return seen.map((each) => String(each).trim());
        };`,
    });
    expect(await world.invoke()).toEqual([
      "immediate",
      "never",
      "first of 10",
      "tick",
      "microtask",
      "second of 10",
      "timer 20 of-a-run",
      "refreshed",
    ]);
  });

  test("between invocations it is frozen: what came due meanwhile fires in the next one", async () => {
    const world = await aGuestWorld({
      "h.ts": `
        const fired: number[] = [];
        export const handler = async (event: { isFirst: boolean }) => {
          if (event.isFirst) setTimeout(() => fired.push(Date.now()), 100);
          else await new Promise((done) => setImmediate(() => setImmediate(done)));
          return fired;
        };`,
    });
    expect(await world.invoke({ isFirst: true })).toEqual([]);
    world.clock.passTo(STARTS_AT_MS + 60_000);
    expect(await world.invoke({ isFirst: false })).toEqual([STARTS_AT_MS + 60_000]);
  });

  test("a wall clock that is set forward is seen by dates, not by timers", async () => {
    const world = await aGuestWorld({
      "h.ts": `
        export const handler = async () => {
          const [wall, steady] = [Date.now(), performance.now()];
          await new Promise((done) => setTimeout(done, 1_000));
          return [Date.now() - wall, performance.now() - steady];
        };`,
    });
    world.clock.wakeAt(STARTS_AT_MS + 500, () => world.clock.jump(60_000));
    expect(await world.invoke()).toEqual([61_000, 1_000]);
  });

  test("a handler that awaits what nothing will keep runs into its time-out, and that is said", async () => {
    const world = await aGuestWorld({ "h.ts": `export const handler = () => new Promise(() => {});` });
    expect(await world.invoke()).toMatchObject({ reason: "timedOut", tookMs: 3_000 });
    expect(world.guest.notes()).toMatchObject([
      { kind: "never-settles", text: "h.ts: the handler awaits a promise that nothing will keep" },
    ]);
  });

  test("a handler that spins on immediates runs into its time-out", async () => {
    const world = await aGuestWorld(
      { "h.ts": `export const handler = async () => { for (;;) await new Promise((done) => setImmediate(done)); };` },
      { timeoutMs: 20 },
    );
    expect(await world.invoke()).toMatchObject({ reason: "timedOut", tookMs: 20 });
  });

  test("an endless loop is named after a bounded real time, with its place", async () => {
    const world = await aGuestWorld(
      {
        "src/h.ts": `
          import { spin } from "./spin";
          export const handler = () => spin();`,
        "src/spin.ts": `
          interface Unused { a: 1 }
          export const spin = (): void => {
            for (;;) {
              Math.sqrt(2);
            }
          };`,
      },
      { stuckAfterMs: 1_000 },
    );
    await expect(world.invoke()).rejects.toMatchObject({
      code: "handler-stuck",
      message: expect.stringMatching(
        /^the handler of f \(at src\/spin\.ts:[4-6]:\d+\) has not come to rest in 1 s of real time$/,
      ),
    });
  });
});
