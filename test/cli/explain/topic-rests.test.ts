// Each record of a topic's batch has the verdict that it met: the production runner splits batches, and what its destination was given
// says which records were given up. Those that were delivered and are in no document have succeeded.

import { expect, test } from "vitest";
import { explain } from "../../../src/cli/explain/explain.ts";
import type { Entry } from "../../../src/ports/journal.ts";
import { createSeededRandom } from "../../../src/sim/seeded-random.ts";
import {
  type GroupOptions,
  type SeenCall,
  type Told,
  type ToldGroup,
  tellGroup,
} from "../../runtime/group/told-group.ts";

const settings = {
  EventSourceArn: "arn:aws:kafka:us-east-1:000000000000:cluster/shop/f3bb8a1e-1",
  FunctionArn: "arn:aws:lambda:us-east-1:000000000000:function:process",
  OnFailure: "arn:aws:s3:::bucket",
  Topics: ["t"],
  BatchSize: 100,
};

async function ask(group: ToldGroup, question: string): Promise<string> {
  const [first] = group.entries();
  if (first === undefined) return "";
  const { mapping } = first;
  const head: Entry = { kind: "settings", settings, atMs: first.atMs, mapping, lane: mapping ?? "", seq: -1 };
  const { text } = await explain(question, {
    entries: () => [head, ...group.entries()],
    isServerRunning: true,
    records: null,
    screen: { columns: 80, isUnicode: false },
    isFull: false,
    command: "millrace",
  });
  return text;
}

const endOf = (text: string): string => /^record .* {2}([A-Z ]+)\n/.exec(text)?.[1]?.trim() ?? text;

const namesOf = (offsets: SeenCall["offsets"]): readonly string[] =>
  Object.entries(offsets).flatMap(([unit, list]) => list.map((offset) => `${unit}:${offset}`));

function givenUp(group: ToldGroup): ReadonlySet<string> {
  const names = group.documents.flatMap(({ body }) => {
    const { payload }: { payload: string } = Object.assign({ payload: "" }, body);
    const event: { records: Record<string, readonly { offset: number }[]> } = JSON.parse(payload);
    return Object.entries(event.records).flatMap(([unit, list]) => list.map(({ offset }) => `${unit}:${offset}`));
  });
  return new Set(names);
}

/** Names what is bad; what fails without an answer fails whole. */
function tellBad(isBad: (name: string) => boolean, isReporting: boolean) {
  return (call: SeenCall): Told => {
    const bad = namesOf(call.offsets).filter(isBad);
    if (bad.length === 0) return "ok";
    if (!isReporting) return "throws";
    const batchItemFailures = bad.map((name) => {
      const [partition = "", offset] = name.split(":");
      return { itemIdentifier: { partition, offset: Number(offset) } };
    });
    return { json: JSON.stringify({ batchItemFailures }) };
  };
}

interface Way {
  readonly partialAnswers: "items" | "checkpoint";
  readonly isReporting: boolean;
  readonly isBisecting: boolean;
  readonly isByAge: boolean;
  readonly isFiltered: boolean;
}

const both = [false, true] as const;
const ways = (["items", "checkpoint"] as const).flatMap((partialAnswers) =>
  both.flatMap((isReporting) =>
    both.flatMap((isBisecting) =>
      both.flatMap((isByAge) =>
        both.map((isFiltered): Way => ({ partialAnswers, isReporting, isBisecting, isByAge, isFiltered })),
      ),
    ),
  ),
);

async function run(way: Way, seed: number): Promise<ToldGroup> {
  const random = createSeededRandom(seed);
  const bad = new Set(
    Array.from({ length: 6 }, () => `t-${random.between("partition", 0, 2)}:${random.between("offset", 0, 8)}`),
  );
  const { isReporting, isBisecting, partialAnswers } = way;
  const options: GroupOptions = {
    partitionCount: 3,
    lane: { isReporting, isBisecting, retries: way.isByAge ? -1 : 2, maxAgeMs: way.isByAge ? 2_500 : -1 },
    group: { partialAnswers },
    onFailureArn: settings.OnFailure,
    handler: tellBad((name) => bad.has(name), isReporting),
    ...(way.isFiltered ? { filter: (text: string) => text !== "v1" } : {}),
  };
  const group = tellGroup(options);
  group.mapping().runner.start();
  for (let round = 0; round < 3; round += 1) {
    for (const partition of [0, 1, 2]) group.produce(partition, 3);
    await group.pass(250);
  }
  await group.pass(60_000);
  return group;
}

test.each(ways)(
  "M-407, M-411: every record has its own verdict: $partialAnswers, reporting $isReporting, halves $isBisecting, age $isByAge, filter $isFiltered",
  async (way) => {
    for (const seed of [1, 2, 3]) {
      const group = await run(way, seed);
      const lost = givenUp(group);
      const delivered = new Set(group.calls.flatMap(({ offsets }) => namesOf(offsets)));
      expect(lost.size).toBeGreaterThan(0);
      for (const name of new Set([...delivered, ...lost])) {
        const text = await ask(group, name);
        expect([name, seed, endOf(text)]).toEqual([name, seed, lost.has(name) ? "GIVEN UP" : "OK"]);
      }
    }
  },
);

const reporting: GroupOptions = { partitionCount: 2, lane: { isReporting: true, retries: 1 } };

test("M-411: what lies about in its batch has no places, a rest of one partition has", async () => {
  const handler = tellBad((name) => ["t-0:1", "t-1:1"].includes(name), true);
  const group = tellGroup({ ...reporting, group: { partialAnswers: "items" }, handler });
  for (const partition of [0, 1]) group.produce(partition, 4);
  group.mapping().runner.start();
  await group.pass(20_000);
  const text = await ask(group, "t-0:2");
  expect(text).toContain("X rest (2)");
  expect(text).not.toContain(": places ");
  const one = tellGroup({ ...reporting, partitionCount: 1, handler: tellBad((name) => name === "t-0:2", true) });
  one.produce(0, 4);
  one.mapping().runner.start();
  await one.pass(20_000);
  expect(await ask(one, "t-0:1")).toContain("rest 3-4");
});

test("M-411: of very many gaps the first are named, and behind them it is told of all", async () => {
  const isOdd = (name: string): boolean => Number(name.split(":")[1]) % 2 === 1;
  const group = tellGroup({
    partitionCount: 1,
    lane: { isReporting: true, retries: 0, batchSize: 1_000 },
    group: { partialAnswers: "items" },
    handler: tellBad(isOdd, true),
  });
  group.produce(0, 400);
  group.mapping().runner.start();
  await group.pass(20_000);
  expect(group.facts("decided")[0]?.next[0]?.partitions?.[0]?.runs).toHaveLength(100);
  expect(endOf(await ask(group, "t-0:2"))).toBe("OK");
  expect(endOf(await ask(group, "t-0:3"))).toBe("GIVEN UP");
  expect(endOf(await ask(group, "t-0:300"))).toBe("PARTLY GIVEN UP");
});

test("M-808: what stays of a batch whose other partition was taken away has its verdict", async () => {
  let isWell = false;
  const group = tellGroup({ partitionCount: 2, handler: () => (isWell ? "ok" : "throws") });
  for (const partition of [0, 1]) group.produce(partition, 3);
  group.mapping().runner.start();
  await group.pass(5_000);
  group.topic.joinForeign(); // It gets p1.
  await group.pass(5_000);
  isWell = true;
  await group.pass(60_000);
  expect(group.shown()).toMatch(/ \[p0:0-2\]$/);
  const text = await ask(group, "t-0:1");
  expect(endOf(text)).toBe("OK");
  expect(text).toMatch(/1\+ +\(3\) /);
});
