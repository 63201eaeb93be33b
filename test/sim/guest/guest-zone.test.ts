import { afterAll, beforeAll, expect, test } from "vitest";
import { aGuestWorld, STARTS_AT_MS } from "./guest-world.ts";

// A thread has its process's zone, and this file has a process of its own.
const zoneBefore = process.env["TZ"];

beforeAll(() => {
  process.env["TZ"] = "America/New_York";
});

afterAll(() => {
  if (zoneBefore === undefined) delete process.env["TZ"];
  else process.env["TZ"] = zoneBefore;
});

const told = `[
  new Date().toString(),
  new Date().toDateString(),
  new Date(2026, 0, 31, 23).getTime(),
  new Date("2026-01-31T23:00:00").getTime(),
  new Date("Jan 31 2026 23:00:00").getTime(),
  Date.parse("2026-01-31T18:00:00-05:00"),
  new Date("2026-01-31").getTime(),
  new Date().getHours(),
  new Date(new Date().setHours(1)).toISOString(),
  new Date().getTimezoneOffset(),
  new Date().toLocaleString("en-GB"),
  new Intl.DateTimeFormat("en-GB", { timeStyle: "short" }).format(),
  new Intl.DateTimeFormat("en-GB", { timeStyle: "short", timeZone: "America/New_York" }).format(),
  Intl.DateTimeFormat().resolvedOptions().timeZone,
  String(new (class extends Date {})()),
  new Date(Number.NaN).toString(),
]`;

test("a handler's dates are in UTC on a machine of another zone, in other contexts too", async () => {
  expect(new Date(STARTS_AT_MS).getTimezoneOffset()).toBe(300);
  const world = await aGuestWorld({
    "h.ts": `
      import { runInNewContext } from "node:vm";
      export const handler = () => [${told}, runInNewContext(${JSON.stringify(told)})];`,
  });
  const text = "Sat Jan 31 2026 23:00:00 GMT+0000 (Coordinated Universal Time)";
  const expected = [
    text,
    "Sat Jan 31 2026",
    STARTS_AT_MS,
    STARTS_AT_MS,
    STARTS_AT_MS,
    STARTS_AT_MS,
    Date.UTC(2026, 0, 31),
    23,
    "2026-01-31T01:00:00.000Z",
    0,
    "31/01/2026, 23:00:00",
    "23:00",
    "18:00",
    "UTC",
    text,
    "Invalid Date",
  ];
  expect(await world.invoke()).toEqual([expected, expected]);
});
