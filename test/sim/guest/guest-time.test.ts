import { expect, test } from "vitest";
import { aGuestWorld, STARTS_AT_MS } from "./guest-world.ts";

test("a handler file sleeps in the world's time", async () => {
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
