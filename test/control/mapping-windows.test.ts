// W-3, T-89: the tumbling window as a member of a mapping: taken, echoed, handed on to the pollers, and refused beside what it excludes.

import { expect, test } from "vitest";
import { errorTextOf } from "../../src/control/api-answer.ts";
import { refuseValues } from "../../src/control/mapping/mapping-rules.ts";
import { created } from "./doubles/settings.ts";
import { aHouse, anEnabledMapping, firstUuid, minimal } from "./doubles/house.ts";

const filters = { Filters: [{ Pattern: '{"data":{"keep":[true]}}' }] };
const FACTOR = "Parallelization factor must be equal to 1 when tumbling window period is configured";
const FILTER = "Filter criteria must be empty when tumbling window period is configured";

test.each([1, 900])("W-3: a window of %i s is stored, echoed, and handed on in milliseconds", async (seconds) => {
  const { control, placement } = await aHouse();
  const answer = await control.createMapping({ ...minimal, TumblingWindowInSeconds: seconds });
  expect(answer).toMatchObject({ status: 202, body: { TumblingWindowInSeconds: seconds } });
  await control.settled();
  expect(placement.specs.get(firstUuid)).toMatchObject({
    lane: { tumblingMs: seconds * 1_000, idleCloseMs: 120_000 },
  });
});

test("W-3, T-89: an empty FilterCriteria beside a window is accepted and dropped", async () => {
  const { control } = await aHouse();
  const answer = await control.createMapping({
    ...minimal,
    TumblingWindowInSeconds: 9,
    FilterCriteria: { Filters: [] },
  });
  expect(answer).toMatchObject({ status: 202, body: { TumblingWindowInSeconds: 9, FilterCriteria: null } });
});

test.each([
  { before: {}, change: { TumblingWindowInSeconds: 5 }, shown: 5 },
  { before: { TumblingWindowInSeconds: 5 }, change: { TumblingWindowInSeconds: 0 }, shown: 0 },
  { before: { TumblingWindowInSeconds: 5 }, change: { TumblingWindowInSeconds: 60 }, shown: 60 },
  { before: { TumblingWindowInSeconds: 5 }, change: { BatchSize: 7 }, shown: 5 },
  { before: { TumblingWindowInSeconds: 5 }, change: { FilterCriteria: {} }, shown: 5 },
])(
  "W-3, H-10: an update of $before by $change shows $shown and reaches the poller",
  async ({ before, change, shown }) => {
    const house = await anEnabledMapping(before);
    expect(await house.control.updateMapping(firstUuid, change)).toMatchObject({
      status: 202,
      body: { TumblingWindowInSeconds: shown, FilterCriteria: null },
    });
    await house.control.settled();
    expect(house.placement.specs.get(firstUuid)).toMatchObject({ lane: { tumblingMs: shown * 1_000 } });
  },
);

test.each([
  { before: { TumblingWindowInSeconds: 5 }, change: { ParallelizationFactor: 2 }, text: FACTOR },
  { before: { ParallelizationFactor: 2 }, change: { TumblingWindowInSeconds: 5 }, text: FACTOR },
  { before: { TumblingWindowInSeconds: 5 }, change: { FilterCriteria: filters }, text: FILTER },
  { before: { FilterCriteria: filters }, change: { TumblingWindowInSeconds: 5 }, text: FILTER },
])("W-3: an update of $before by $change is refused, and nothing is stored", async ({ before, change, text }) => {
  const house = await anEnabledMapping(before);
  const kept = (await house.control.getMapping(firstUuid)).body;
  const answer = await house.control.updateMapping(firstUuid, change);
  expect(answer.status).toBe(400);
  expect(errorTextOf(answer)).toBe(text);
  expect((await house.control.getMapping(firstUuid)).body).toEqual(kept);
});

test("W-3: factor and filter may be set in the update that switches windows off", async () => {
  const house = await anEnabledMapping({ TumblingWindowInSeconds: 5 });
  const change = { TumblingWindowInSeconds: 0, ParallelizationFactor: 2, FilterCriteria: filters };
  expect(await house.control.updateMapping(firstUuid, change)).toMatchObject({ status: 202 });
});

test.each(["kinesis", "kinesisConsumer", "dynamodb"] as const)(
  "W-3: %s takes windows, with the same refusals",
  (kind) => {
    const judged = { filterLimit: 5, functionTimeoutMs: 3_000, others: () => [] };
    const refused = (request: object): string | null => {
      const answer = refuseValues(kind, created(kind, { TumblingWindowInSeconds: 30, ...request }), judged);
      return answer === null ? null : errorTextOf(answer);
    };
    expect([refused({}), refused({ ParallelizationFactor: 2 }), refused({ FilterCriteria: filters })]).toEqual([
      null,
      FACTOR,
      FILTER,
    ]);
  },
);
