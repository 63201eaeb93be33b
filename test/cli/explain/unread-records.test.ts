// Records that are in no batch because nobody has read them, and records whose shard the journal alone does not tell.

import { describe, expect, test } from "vitest";
import { MillraceError } from "../../../src/errors.ts";
import { aHouse, shard } from "../../runtime/told-house.ts";
import { explained, explainedJson, holding, part } from "./explained-house.ts";

const words = (text: string): string => text.replace(/\s+/g, " ");

describe("a record that no mapping has read", () => {
  test("H-2: it was there before a start at LATEST", async () => {
    const house = await aHouse();
    const { position } = house.house.put("orders", { key: "early", data: "{}" });
    const uuid = await house.map({ StartingPosition: "LATEST" });
    const records = holding([{ position, key: "early", data: {} }]);
    const text = await explained(house, "early", { records });
    expect(text.split("\n")[0]).toMatch(/^record …\d+ {2}key early {2}kinesis:orders, shard 0 +NOT READ$/);
    expect(words(part(text, "verdict"))).toBe(
      `verdict mapping ${uuid.slice(0, 8)}: it starts at LATEST, and this is the one record that was there before`,
    );
    expect(await explained(house, position, { records })).toBe(text);
    expect(await explainedJson(house, "early", { records })).toMatchObject({ reasons: [{ code: "latest" }] });
  });

  test("it has not been read yet", async () => {
    const house = await aHouse();
    await house.map();
    const later = "490000000179999999999900000000000000000000";
    const text = await explained(house, later, { records: holding([{ position: later, key: "late", data: {} }]) });
    expect(words(part(text, "verdict"))).toMatch(/^verdict mapping \w{8}: it has not been read yet$/);
    await expect(explained(house, later)).rejects.toThrow("nothing in the journal is called");
  });

  test("E-68: it left the stream before it was read", async () => {
    const house = await aHouse(() => ({ throws: true }));
    const uuid = await house.map({ BatchSize: 1 });
    house.put("first");
    await house.house.pass(100);
    await house.update(uuid, { Enabled: false });
    await house.untilState(uuid, "Disabled");
    await house.house.pass(10);
    const { position } = house.house.put("orders", { key: "gone", data: "{}" });
    house.stream.trim(shard(0), 2);
    await house.house.pass(10);
    house.put("after");
    await house.update(uuid, { Enabled: true });
    await house.untilState(uuid, "Enabled");
    await house.house.pass(1_000);
    const text = await explained(house, position);
    expect(text.split("\n")[0]).toMatch(/ LOST$/);
    expect(words(part(text, "verdict"))).toMatch(
      /^verdict the source: it left the stream before mapping \w{8} had read it/,
    );
  });
});

test("two shards give like numbers: without the source it is not guessed in which a record was, with it the right batch is told", async () => {
  const house = await aHouse(() => ({}), { shards: 2 });
  const uuid = await house.map({ BatchSize: 3, MaximumBatchingWindowInSeconds: 1 });
  for (const label of ["a1", "b1", "a2", "b2", "a3", "b3"]) {
    house.put(label, { shard: shard(label.startsWith("a") ? 0 : 1) });
    await house.house.pass(10);
  }
  await house.house.pass(3_000);
  const read = house.house.entries().flatMap((entry) => (entry.kind === "read" && entry.first !== null ? [entry] : []));
  const all = read.filter(({ lane }) => lane.endsWith("/shardId-000000000001")).map(({ first }) => first ?? "");
  const [, second = ""] = all;
  await expect(explained(house, second)).rejects.toThrow(/may be in kinesis:orders, shard 0; kinesis:orders, shard 1/);
  const records = {
    silence: () => null,
    page: (_stream: string, unit: string, from: Parameters<ReturnType<typeof holding>["page"]>[2]) =>
      holding(
        read
          .filter(({ lane }) => lane.endsWith(unit))
          .map(({ first }) => ({ position: first ?? "", key: "k", data: {} })),
      ).page("", unit, from),
  };
  const text = await explained(house, second, { records });
  expect(text.split("\n")[0]).toContain("kinesis:orders, shard 1");
  expect(text).toContain("place 2 of 3");
  expect(text).toContain(`explain ${uuid.slice(0, 8)}`);
  // Both have one of that number.
  const twins = holding(read.map(({ first }) => ({ position: first ?? "", key: "k", data: {} })));
  await expect(explained(house, second, { records: twins })).rejects.toThrow(
    /^records of that number are in kinesis:orders, shard 0 \(batch \w{8}\/\d\); kinesis:orders, shard 1 \(batch \w{8}\/\d\)$/,
  );
});

test("a source that does not answer is said, and the journal's own story is told all the same", async () => {
  const house = await aHouse();
  await house.map();
  const { position } = house.house.put("orders", { key: "k", data: "{}" });
  await house.untilCalls(1);
  const away = {
    silence: () => "no Millrace answers at http://127.0.0.1:4566/",
    page: () => Promise.reject(new MillraceError("server-unreachable", "no Millrace answers")),
  };
  await expect(explained(house, "k", { records: away })).rejects.toThrow(
    "the source could not be asked for a key: no Millrace answers at http://127.0.0.1:4566/; mappings there are of handle",
  );
  const text = await explained(house, position, { records: away });
  expect(text.split("\n")[0]).toMatch(/ OK$/);
  expect(text).toContain("  source    could not be asked (no Millrace answers at");
  expect(await explained(house, position, { records: holding([]) })).toContain("does not have the record any more");
});
