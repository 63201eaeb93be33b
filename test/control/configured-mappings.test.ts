// Mappings of the configuration at a start: made, left alone, changed, or made once one of the same source and function has gone.

import { describe, expect, onTestFinished, test } from "vitest";
import type { Config } from "../../src/config/config.ts";
import { loadConfig } from "../../src/config/load-config.ts";
import { createJournalFeed } from "../../src/journal/journal-feed.ts";
import { applyConfiguredMappings } from "../../src/wiring/configured-mappings.ts";
import { folderWith } from "../config/folder.ts";
import { noTables } from "./doubles/no-tables.ts";
import { aHouse, anEnabledMapping, firstUuid as first, minimal, textOf } from "./doubles/house.ts";

async function configured(...mappings: readonly object[]): Promise<Config> {
  const cliOptions = { host: null, port: null, stateDir: null };
  const config = await loadConfig({ file: null, cwd: folderWith({}), env: {}, cliOptions });
  return { ...config, mappings: mappings.map((each) => ({ ...each })) };
}

test("M2: a mapping that waits for its deleted twin is made once the twin is gone", async () => {
  const { control, placement, entries } = await anEnabledMapping();
  placement.isHeld = true;
  await control.deleteMapping(first);
  const feed = createJournalFeed();
  const notes: string[] = [];
  const applied = await applyConfiguredMappings(await configured(minimal), {
    control,
    feed,
    tables: noTables,
    onNote: (text) => notes.push(text),
  });
  onTestFinished(() => applied.close());
  expect(control.views().map(({ uuid, state }) => [uuid, state])).toEqual([[first, "Deleting"]]);

  const mark = entries.length;
  placement.say({ kind: "stopped", uuid: first, generation: 1, errors: [] });
  await control.settled();
  feed.publish(entries.slice(mark), 0);
  await expect.poll(() => control.views().map(({ state }) => state)).toEqual(["Creating"]);
  expect(control.views()[0]?.uuid).not.toBe(first);
  expect(notes).toEqual([]);
});

describe("applyConfigured", () => {
  test("makes a mapping, leaves it alone the next time, and changes it when the configuration changes", async () => {
    const house = await aHouse();
    const configured = {
      ...minimal,
      DestinationConfig: { OnFailure: { Destination: "arn:aws:s3:::bucket" } },
      BatchSize: 7,
    };
    expect((await house.control.applyConfigured(configured)).status).toBe(202);
    await house.control.settled();
    expect((await house.control.applyConfigured(configured)).status).toBe(200);
    const changed = await house.control.applyConfigured({ ...minimal, BatchSize: 8 });
    expect(changed).toMatchObject({
      status: 202,
      body: { UUID: first, BatchSize: 8, DestinationConfig: { OnFailure: {} } },
    });
  });

  test("section 1.6: tags become those of the configuration, also where nothing else changes", async () => {
    const { control } = await anEnabledMapping({ Tags: { a: "old", b: "gone" } });
    const arn = textOf(await control.getMapping(first), "EventSourceMappingArn");
    const tagsAfter = async (more: object): Promise<unknown> => {
      expect((await control.applyConfigured({ ...minimal, ...more })).errorType).toBeNull();
      await control.settled();
      return (await control.listTags(arn)).body;
    };
    expect(await tagsAfter({ Tags: { a: "new" } })).toEqual({ Tags: { a: "new" } });
    expect(await tagsAfter({ Tags: { a: "new", c: "" }, BatchSize: 7 })).toEqual({ Tags: { a: "new", c: "" } });
    expect(await tagsAfter({})).toEqual({ Tags: {} });
  });
});
