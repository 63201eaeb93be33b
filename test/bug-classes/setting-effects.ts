// For each member of a mapping on a Kinesis stream: what shows that it is carried out. The same observations serve mappings that are
// made with it and mappings that get it by an update.

import type { MemberName } from "../../src/control/mapping/mapping-members.ts";
import { aHouse, keysApart, queueArn, range, type Told, type ToldCall, type ToldHouse } from "../runtime/told-house.ts";

export interface Effect {
  /** Given to create or update. */
  readonly members: object;
  /** What is seen without it, and with it. */
  readonly without: unknown;
  readonly with: unknown;
  readonly behave?: (call: ToldCall) => Told;
  /** Puts what there is to see and tells it. */
  readonly see: (told: ToldHouse, uuid: string) => unknown;
}

const MINUTE_MS = 60_000;

const throwsOn =
  (label: string) =>
  ({ labels }: ToldCall): Told => ({ throws: labels.includes(label) });

/** What the calls of these labels are, after so long. */
const calls =
  (labels: readonly string[], ms = 10_000) =>
  async (told: ToldHouse): Promise<unknown> => {
    told.putAll(labels, { key: "k" });
    await told.house.pass(ms);
    return told.calls();
  };

/** Of members that an update may change. */
export const updatableEffects: { readonly [M in MemberName]?: Effect } = {
  FunctionName: {
    members: { FunctionName: "other" },
    without: ["handle"],
    with: ["other"],
    async see(told) {
      told.put("1");
      await told.house.pass(1_000);
      return told.house.calls().map(({ functionName }) => functionName);
    },
  },
  Enabled: {
    members: { Enabled: false },
    without: [["1"]],
    with: [],
    see: calls(["1"]),
  },
  BatchSize: {
    members: { BatchSize: 2 },
    without: [["1", "2", "3"]],
    with: [["1", "2"], ["3"]],
    see: calls(range(1, 3)),
  },
  MaximumBatchingWindowInSeconds: {
    members: { MaximumBatchingWindowInSeconds: 5 },
    without: [["1"], ["2"]],
    with: [["1", "2"]],
    async see(told) {
      // The window runs from the beginning of reading: it lapses while there is nothing to wait for.
      await told.house.pass(20_000);
      told.put("1");
      await told.house.pass(2_000);
      told.put("2");
      await told.house.pass(10_000);
      return told.calls();
    },
  },
  ParallelizationFactor: {
    members: { ParallelizationFactor: 2 },
    without: 1,
    with: 2,
    behave: () => ({ tookMs: 5_000 }),
    async see(told) {
      const [one, other] = keysApart(2);
      told.put("1", { key: one });
      told.put("2", { key: other });
      await told.house.pass(1_000);
      return told.house.control.views()[0]?.summary?.runningCount;
    },
  },
  BisectBatchOnFunctionError: {
    members: { BisectBatchOnFunctionError: true, MaximumRetryAttempts: 0 },
    without: "1,2 1,2",
    with: "1,2 1 2",
    behave: throwsOn("1"),
    see: async (told) => String((await calls(range(1, 2), 500)(told), told.calls().slice(0, 3).map(String).join(" "))),
  },
  MaximumRecordAgeInSeconds: {
    members: { MaximumRecordAgeInSeconds: 60 },
    without: [],
    with: ["RecordAgeExceeded"],
    behave: throwsOn("1"),
    async see(told) {
      told.put("1");
      await told.house.pass(3 * MINUTE_MS);
      return told.documents().map(({ condition }) => condition);
    },
  },
  MaximumRetryAttempts: {
    members: { MaximumRetryAttempts: 1 },
    without: [],
    with: [["RetryAttemptsExhausted", 2]],
    behave: throwsOn("1"),
    async see(told) {
      told.put("1");
      await told.house.pass(3 * MINUTE_MS);
      return told.documents().map(({ condition, count }) => [condition, count]);
    },
  },
  TumblingWindowInSeconds: {
    members: { TumblingWindowInSeconds: 10 },
    without: [undefined],
    with: [{}],
    behave: () => ({ answer: { state: {} } }),
    async see(told) {
      told.put("1");
      await told.house.pass(1_000);
      return told.house.calls().map(({ eventText }) => JSON.parse(eventText).state);
    },
  },
  FunctionResponseTypes: {
    members: { FunctionResponseTypes: ["ReportBatchItemFailures"] },
    without: [["1", "2"]],
    with: [["1", "2"], ["2"]],
    behave: ({ labels, index }) => (index === 0 && labels.includes("2") ? { reports: ["2"] } : {}),
    see: calls(range(1, 2), 1_000),
  },
  DestinationConfig: {
    members: { DestinationConfig: { OnFailure: { Destination: queueArn } }, MaximumRetryAttempts: 0 },
    without: 0,
    with: 1,
    behave: throwsOn("1"),
    async see(told) {
      told.put("1");
      await told.house.pass(MINUTE_MS);
      return told.documents().length;
    },
  },
  FilterCriteria: {
    members: { FilterCriteria: { Filters: [{ Pattern: '{"data":{"label":["2"]}}' }] } },
    without: [["1", "2", "3"]],
    with: [["2"]],
    see: calls(range(1, 3)),
  },
  KMSKeyArn: {
    members: { KMSKeyArn: "arn:aws:kms:us-east-1:123456789012:key/k" },
    without: null,
    with: "arn:aws:kms:us-east-1:123456789012:key/k",
    see: async (told, uuid) => (await told.get(uuid))["KMSKeyArn"],
  },
  MetricsConfig: {
    members: { MetricsConfig: { Metrics: ["EventCount"] } },
    without: false,
    with: true,
    see: (told) => told.house.control.views()[0]?.isCountingEvents,
  },
};

/** Of those that are given when it is made, and never changed. */
export const fixedEffects: { readonly [M in MemberName]?: Effect } = {
  StartingPosition: {
    members: { StartingPosition: "LATEST" },
    without: [["before"], ["after"]],
    with: [["after"]],
    async see(told) {
      await told.house.pass(1_000);
      told.put("after");
      await told.house.pass(1_000);
      return told.calls();
    },
  },
  StartingPositionTimestamp: {
    members: { StartingPosition: "AT_TIMESTAMP", StartingPositionTimestamp: 1_790_000_041 },
    without: [["before"], ["after"]],
    with: [["after"]],
    async see(told) {
      await told.house.pass(1_000);
      told.put("after");
      await told.house.pass(1_000);
      return told.calls();
    },
  },
  Tags: {
    members: { Tags: { team: "orders" } },
    without: {},
    with: { team: "orders" },
    async see(told, uuid) {
      const arn = (await told.get(uuid))["EventSourceMappingArn"];
      return (await told.house.settled(told.house.control.listTags(String(arn)))).body?.["Tags"];
    },
  },
};

/** A house with another function, and a record from before any mapping where the effect is one of the beginning. */
export async function aHouseFor(effect: Effect, isFixed: boolean): Promise<ToldHouse> {
  const told = await aHouse(effect.behave);
  told.addFunction("other", effect.behave ?? (() => ({})));
  if (isFixed && effect.members !== fixedEffects.Tags?.members) {
    told.put("before");
    await told.house.pass(2_000);
  }
  return told;
}
