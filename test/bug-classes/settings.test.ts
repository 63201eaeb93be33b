// Bug classes: settings that are stored and not honoured, and updates that are accepted while the old behaviour goes on. For every
// member that docs/honoured.md calls honoured on a Kinesis stream there is an effect that can be seen from outside.

import { describe, expect, test } from "vitest";
import { mappingTable, memberNames } from "../../src/control/mapping/mapping-table.ts";
import { aHouseFor, fixedEffects, updatableEffects } from "./setting-effects.ts";

/** Without a destination: the effect of having one is to be seen. */
const plain = { DestinationConfig: undefined };
const destinationOf = (member: string): object => (member === "DestinationConfig" ? plain : {});

const untilAtRest = (members: object): string =>
  "Enabled" in members && members.Enabled === false ? "Disabled" : "Enabled";

test("every member that is honoured on a Kinesis stream has an effect here, but for the source itself", () => {
  const honoured = memberNames.filter((name) => mappingTable[name].cells.kinesis.kind === "honoured");
  const told = [...Object.keys(updatableEffects), ...Object.keys(fixedEffects), "EventSourceArn"];
  expect(told.toSorted()).toEqual(honoured.toSorted());
  for (const name of Object.keys(updatableEffects)) expect(mappingTable).toHaveProperty(`${name}.isUpdatable`, true);
});

describe("settings stored but not honoured", () => {
  test.each(Object.entries({ ...updatableEffects, ...fixedEffects }))(
    "%s does what it says, and nothing of it happens without it",
    async (member, effect) => {
      const isFixed = Object.hasOwn(fixedEffects, member);
      const without = await aHouseFor(effect, isFixed);
      const bare = await without.map(destinationOf(member));
      expect(await effect.see(without, bare)).toEqual(effect.without);
      const given = await aHouseFor(effect, isFixed);
      const uuid = await given.mapTo({ ...destinationOf(member), ...effect.members }, untilAtRest(effect.members));
      expect(await effect.see(given, uuid)).toEqual(effect.with);
    },
  );
});

describe("an update that is accepted while the old behaviour goes on", () => {
  test.each(Object.entries(updatableEffects))("%s has its effect from the update on", async (member, effect) => {
    const told = await aHouseFor(effect, false);
    const uuid = await told.map(destinationOf(member));
    await told.update(uuid, effect.members);
    await told.untilState(uuid, untilAtRest(effect.members));
    expect(await effect.see(told, uuid)).toEqual(effect.with);
  });

  test.each(Object.entries(updatableEffects))(
    "%s has its effect after an update and a crash, too",
    async (member, effect) => {
      const told = await aHouseFor(effect, false);
      const uuid = await told.map(destinationOf(member));
      await told.update(uuid, effect.members);
      await told.untilState(uuid, untilAtRest(effect.members));
      told.house.crash();
      await told.house.pass(2_000);
      expect(await effect.see(told, uuid)).toEqual(effect.with);
    },
  );
});
