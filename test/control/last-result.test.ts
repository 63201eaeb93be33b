// H-12: what LastProcessingResult shows, what outlives a run, and when it is stored (N5 of the mapping manager).

import { expect, test } from "vitest";
import type { SourceProblem } from "../../src/ports/source.ts";
import { noCounts } from "../../src/runtime/counters.ts";
import { aHouse, anEnabledMapping, firstUuid as first, type House } from "./doubles/house.ts";

const counters = { ...noCounts, polled: 5, iteratorAgeMs: 12 };
const summary = (generation: number, recordResult: string | null, problemText: string | null = null) => ({
  kind: "summary" as const,
  mappings: [
    {
      uuid: first,
      generation,
      counters,
      recordResult,
      problemText,
      lagCount: 0,
      oldestArrivedAtMs: null,
      runningCount: 0,
      lanes: [],
    },
  ],
});

test("M-701, H-12: the last result comes from the newest summary, is kept while disabling, and counters add up over generations", async () => {
  const house = await anEnabledMapping();
  house.placement.say(summary(1, "OK"));
  expect((await house.control.updateMapping(first, { Enabled: false })).body?.["LastProcessingResult"]).toBe("OK");
  await house.control.settled();
  await house.control.updateMapping(first, { Enabled: true });
  await house.control.settled();
  house.placement.say(summary(1, "stale"));
  house.placement.say(summary(2, "PROBLEM: Function call failed"));
  expect((await house.control.getMapping(first)).body?.["LastProcessingResult"]).toBe("PROBLEM: Function call failed");
  expect(house.control.views()[0]?.summary?.counters).toMatchObject({ polled: 10, iteratorAgeMs: 12 });
});

const resultIn = async (house: House): Promise<unknown> =>
  (await house.control.getMapping(first)).body?.["LastProcessingResult"];

test("H-12: the last result outlives disabling and enabling until records of the new run make another", async () => {
  const house = await anEnabledMapping();
  house.placement.say(summary(1, "OK"));
  await house.control.updateMapping(first, { Enabled: false });
  await house.control.settled();
  await house.control.updateMapping(first, { Enabled: true });
  await house.control.settled();
  house.placement.say(summary(2, null));
  expect(await resultIn(house)).toBe("OK");
  house.placement.say(summary(2, null, "PROBLEM: Connection error."));
  expect(await resultIn(house)).toBe("PROBLEM: Connection error.");
  house.placement.say(summary(2, null));
  expect(await resultIn(house)).toBe("OK");
  house.placement.say(summary(2, "PROBLEM: Function call failed"));
  expect(await resultIn(house)).toBe("PROBLEM: Function call failed");
});

test("N5, H-12: the last result is stored within a second, without a write for summaries that say the same, and outlives a kill", async () => {
  const house = await anEnabledMapping();
  const before = house.tables.changeCount();
  house.placement.say(summary(1, "PROBLEM: Function call failed"));
  house.placement.say(summary(1, "OK"));
  house.clock.advance(750);
  await house.control.settled();
  expect(house.tables.changeCount()).toBe(before + 1);
  house.placement.say(summary(1, "OK", "PROBLEM: Connection error."));
  house.placement.say(summary(1, "OK"));
  house.clock.advance(10_000);
  await house.control.settled();
  expect(house.tables.changeCount()).toBe(before + 1);
  // No close: the server is killed.
  const after = await aHouse({ tables: house.tables });
  after.placement.say(summary(2, null));
  expect(await resultIn(after)).toBe("OK");
});

test("N5, H-12: the last result is stored once the store takes it again", async () => {
  const house = await anEnabledMapping();
  house.tables.isBroken = true;
  house.placement.say(summary(1, "OK"));
  house.clock.advance(750);
  await house.control.settled();
  house.tables.isBroken = false;
  house.clock.advance(1_000);
  await house.control.settled();
  expect(await resultIn(await aHouse({ tables: house.tables }))).toBe("OK");
});

test("N5: what a placement says while it stops is stored before the stop is over", async () => {
  const house = await anEnabledMapping();
  await house.control.close();
  house.placement.say(summary(1, "OK"));
  house.placement.say({ kind: "lost", uuid: first, generation: 1 });
  await house.control.storeResults();
  expect(house.placement.calls).toEqual(["start 1"]);
  expect(await resultIn(await aHouse({ tables: house.tables }))).toBe("OK");
});

test("H-12: a problem shows while it lasts, and a new start does not inherit it", async () => {
  const house = await anEnabledMapping();
  const say = (generation: number, problem: SourceProblem | null): void =>
    house.placement.say({ kind: "problem", uuid: first, generation, problem });
  const result = async (): Promise<unknown> => (await house.control.getMapping(first)).body?.["LastProcessingResult"];
  const away: SourceProblem = { code: "unreachable", text: "PROBLEM: Connection error.", detail: "redis is away" };
  say(1, away);
  expect(await result()).toBe("PROBLEM: Connection error.");
  say(1, null);
  expect(await result()).toBe("No records processed");
  say(1, away);
  house.placement.say({ kind: "lost", uuid: first, generation: 1 });
  await house.control.settled();
  expect(await result()).toBe("No records processed");
});
