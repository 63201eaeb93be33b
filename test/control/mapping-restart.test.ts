import { describe, expect, test } from "vitest";
import { aHouse, anEnabledMapping, firstUuid as first, minimal, stateNow, stateOf, textOf } from "./doubles/house.ts";

describe("restarts and losses", () => {
  test("after a restart an Enabled mapping polls again under a higher generation", async () => {
    const before = await anEnabledMapping({
      BatchSize: 7,
      FilterCriteria: { Filters: [{ Pattern: '{"data":{"a":[1]}}' }] },
    });
    await before.control.close();
    const after = await aHouse({ tables: before.tables });
    expect(after.placement.calls).toEqual(["start 2"]);
    expect(after.placement.specs.get(first)).toEqual({ ...before.placement.specs.get(first), generation: 2 });
    expect(await stateNow(after)).toBe("Enabled");
  });

  test("a Deleting mapping is deleted to the end, a Disabling one is Disabled, a Disabled one stays", async () => {
    const before = await anEnabledMapping();
    before.placement.isHeld = true;
    await before.control.createMapping({ ...minimal, FunctionName: "other", Enabled: false });
    await before.control.createMapping({ ...minimal, FunctionName: "other:$LATEST" });
    await before.control.settled();
    before.placement.say({ kind: "positioned", uuid: "00000000-0000-4000-8000-000000000003", generation: 1 });
    await before.control.settled();
    await before.control.deleteMapping(first);
    await before.control.updateMapping("00000000-0000-4000-8000-000000000003", { Enabled: false });
    await before.control.close();
    const after = await aHouse({ tables: before.tables });
    await after.control.settled();
    expect(after.control.views().map((view) => view.state)).toEqual(["Disabled", "Disabled"]);
    expect(after.placement.calls).toEqual([]);
    expect(after.placement.forgotten).toEqual([first]);
  });

  test("a mapping whose thread died starts anew under a higher generation, and stale events are dropped", async () => {
    const house = await anEnabledMapping();
    house.placement.isHeld = true;
    house.placement.say({ kind: "lost", uuid: first, generation: 1 });
    house.placement.say({ kind: "lost", uuid: first, generation: 1 });
    expect(await stateNow(house)).toBe("Enabled");
    expect(house.placement.calls).toEqual(["start 1", "start 2"]);
  });

  test("N2: what cannot be stored is refused as a fault of the server, and an event is tried again", async () => {
    const house = await aHouse();
    house.tables.isBroken = true;
    const answer = await house.control.createMapping(minimal);
    expect(answer).toMatchObject({ status: 500, errorType: "ServiceException" });
    house.tables.isBroken = false;
    house.placement.isHeld = true;
    const uuid = textOf(await house.control.createMapping(minimal), "UUID");
    house.tables.isBroken = true;
    house.placement.say({ kind: "positioned", uuid, generation: 1 });
    await house.control.settled();
    expect(stateOf(await house.control.getMapping(uuid))).toBe("Creating");
    house.tables.isBroken = false;
    house.clock.advance(1_000);
    await house.control.settled();
    expect(stateOf(await house.control.getMapping(uuid))).toBe("Enabled");
  });

  test("F-4: the limit of filters is a setting; a mapping that has more than a later one allows goes on", async () => {
    const filters = (count: number) => ({
      FilterCriteria: {
        Filters: Array.from({ length: count }, (_, index) => ({ Pattern: `{"data":{"a":[${index}]}}` })),
      },
    });
    const { control, tables } = await aHouse({ filterLimit: 6 });
    expect((await control.createMapping({ ...minimal, ...filters(7) })).body?.["message"]).toBe(
      "A mapping may have at most 6 filters; this one has 7.",
    );
    expect((await control.createMapping({ ...minimal, ...filters(6) })).status).toBe(202);
    await control.settled();
    await control.close();
    const after = await aHouse({ tables });
    expect(await stateNow(after)).toBe("Enabled");
    expect(after.placement.specs.get(first)?.filterPatterns).toHaveLength(6);
  });

  test("a row that is not ours stops the start with state-broken", async () => {
    const { tables } = await aHouse();
    await tables.change([{ kind: "put", table: "mappings", key: "x", value: '{"format":1}' }]);
    await expect(aHouse({ tables })).rejects.toMatchObject({ code: "state-broken" });
  });
});
