// transitionsMs: a mapping stays at least so long in each state that passes, so that clients can be tried against it.

import { expect, test } from "vitest";
import type { ApiAnswer } from "../../src/control/api-answer.ts";
import { aHouse, firstUuid, type House, minimal, stateNow, stateOf } from "./doubles/house.ts";

const MS = 5_000;
const refused = ["update", "delete"].map((verb) => ({
  status: 400,
  errorType: "ResourceInUseException",
  body: { Type: "User", Message: `Cannot ${verb} the event source mapping because it is in use.` },
}));

/** What an answer says, what is said just before the time is over, and the state after it (undefined: the mapping is gone). */
async function passage(house: House, asked: Promise<ApiAnswer>): Promise<readonly unknown[]> {
  const { control, clock } = house;
  const answer = await asked;
  await control.settled();
  clock.advance(MS - 1);
  const before = await stateNow(house);
  const refusals = [await control.updateMapping(firstUuid, { BatchSize: 7 }), await control.deleteMapping(firstUuid)];
  clock.advance(1);
  return [answer.status, stateOf(answer), before, refusals, await stateNow(house)];
}
const through = (state: string, to?: string): readonly unknown[] => [202, state, state, refused, to];

test("section 3.3: every state that passes lasts, and refuses updates and deletes", async () => {
  const house = await aHouse({ transitionsMs: MS });
  const { control } = house;
  expect(await passage(house, control.createMapping(minimal))).toEqual(through("Creating", "Enabled"));
  expect(await passage(house, control.updateMapping(firstUuid, { BatchSize: 5 }))).toEqual(
    through("Updating", "Enabled"),
  );
  expect(await passage(house, control.updateMapping(firstUuid, { Enabled: false }))).toEqual(
    through("Disabling", "Disabled"),
  );
  expect(await passage(house, control.updateMapping(firstUuid, {}))).toEqual(through("Updating", "Disabled"));
  expect(await passage(house, control.updateMapping(firstUuid, { Enabled: true }))).toEqual(
    through("Enabling", "Enabled"),
  );
  expect(await passage(house, control.deleteMapping(firstUuid))).toEqual(through("Deleting"));
});

test("H-11: created disabled, too", async () => {
  const house = await aHouse({ transitionsMs: MS });
  expect(await passage(house, house.control.createMapping({ ...minimal, Enabled: false }))).toEqual(
    through("Creating", "Disabled"),
  );
});

test("section 4.4: one that is Deleting still stands in the way", async () => {
  const house = await aHouse({ transitionsMs: MS });
  await house.control.createMapping(minimal);
  await house.control.settled();
  house.clock.advance(MS);
  await house.control.settled();
  await house.control.deleteMapping(firstUuid);
  await house.control.settled();
  expect((await house.control.createMapping(minimal)).errorType).toBe("ResourceConflictException");
  house.clock.advance(MS);
  await house.control.settled();
  expect((await house.control.createMapping(minimal)).status).toBe(202);
});

test("a start that finds a mapping half deleted lets the state last, too, and deletes it to the end", async () => {
  const first = await aHouse({ transitionsMs: MS });
  await first.control.createMapping({ ...minimal, Enabled: false });
  await first.control.settled();
  first.clock.advance(MS);
  await first.control.settled();
  await first.control.deleteMapping(firstUuid);
  await first.control.close();
  const second = await aHouse({ tables: first.tables, transitionsMs: MS });
  expect(await stateNow(second)).toBe("Deleting");
  second.clock.advance(MS);
  await second.control.settled();
  expect((await second.control.getMapping(firstUuid)).status).toBe(404);
});
