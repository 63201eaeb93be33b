// Which mappings have which metrics.

import { expect, onTestFinished, test } from "vitest";
import { startMetricFeed } from "../../src/control/cloudwatch/metric-feed.ts";
import { createMetricStore } from "../../src/control/cloudwatch/metric-store.ts";
import type { MappingView } from "../../src/control/control-plane.ts";
import { noCounts } from "../../src/runtime/counters.ts";
import { handClock } from "./doubles/house.ts";

const aView = (given: Partial<MappingView>): MappingView => ({
  uuid: "m",
  state: "Enabled",
  isPaused: false,
  eventSourceArn: "arn:aws:sqs:us-east-1:123456789012:orders",
  functionArn: "arn:aws:lambda:us-east-1:123456789012:function:f",
  functionName: "f",
  generation: 1,
  lastProcessingResult: "",
  problem: null,
  isCountingEvents: true,
  isCountingErrors: false,
  isTellingLag: false,
  isProvisioned: false,
  hasFilter: false,
  summary: { counters: { ...noCounts, pollers: 5 }, lagCount: 0, runningCount: 0 } as never,
  ...given,
});

test("M-10: ProvisionedPollers is a metric of mappings with ProvisionedPollerConfig only", () => {
  const store = createMetricStore();
  const clock = handClock();
  const views = [aView({ uuid: "plain" }), aView({ uuid: "provisioned", isProvisioned: true })];
  const feed = startMetricFeed({ store, views: () => views, journal: { subscribe: () => () => undefined }, clock });
  onTestFinished(() => feed.close());
  feed.sample();
  const has = (value: string): boolean =>
    store.has(
      { name: "ProvisionedPollers", dimensions: [{ name: "EventSourceMappingUUID", value }], unit: "Count" },
      clock.nowMs(),
    );
  expect([has("plain"), has("provisioned")]).toEqual([false, true]);
});

test("X-301: OversizedRecordCount is a metric of functions with a mapping on DocumentDB only", () => {
  const store = createMetricStore();
  const clock = handClock();
  const summary = { counters: { ...noCounts, oversized: 1 }, lagCount: 0, runningCount: 0 } as never;
  const views = [
    aView({ uuid: "a", functionName: "ofQueue", summary }),
    aView({
      uuid: "b",
      functionName: "ofCluster",
      eventSourceArn: "arn:aws:rds:us-east-1:123456789012:cluster:shop",
      isCountingEvents: false,
      summary,
    }),
  ];
  const feed = startMetricFeed({ store, views: () => views, journal: { subscribe: () => () => undefined }, clock });
  onTestFinished(() => feed.close());
  const has = (value: string): boolean =>
    store.has(
      { name: "OversizedRecordCount", dimensions: [{ name: "FunctionName", value }], unit: "Count" },
      clock.nowMs(),
    );
  expect([has("ofQueue"), has("ofCluster")]).toEqual([false, true]);
});

const mappingSeries = (name: string) =>
  ({ name, dimensions: [{ name: "EventSourceMappingUUID", value: "m" }], unit: "Count" }) as const;
const mskArn = "arn:aws:kafka:us-east-1:123456789012:cluster/shop/1";
const summaryOf = (given: object): never => ({ counters: noCounts, lagCount: 0, runningCount: 0, ...given }) as never;

function feedOf(first: MappingView) {
  let view = first;
  const store = createMetricStore();
  const clock = handClock();
  const feed = startMetricFeed({ store, views: () => [view], journal: { subscribe: () => () => undefined }, clock });
  onTestFinished(() => feed.close());
  const span = { fromMs: clock.nowMs() - 60_000, toMs: clock.nowMs() + 3_600_000, periodMs: 60_000 };
  return {
    clock,
    shows(given: Partial<MappingView>): void {
      view = { ...view, ...given };
      feed.sample();
    },
    names: () => store.list().map(({ name }) => name),
    sums: (name: string) =>
      store.points(name, mappingSeries(name).dimensions, span)?.points.map(({ sum }) => sum) ?? null,
    functionSums: (name: string) =>
      store.points(name, [{ name: "FunctionName", value: "f" }], span)?.points.map(({ sum }) => sum) ?? null,
  };
}

test("M-210: each group of Kafka's metrics is told where the mapping asks for it", () => {
  const counters = {
    ...noCounts,
    committed: 1,
    pollingErrors: 2,
    invokeErrors: 3,
    registryErrors: 4,
    commitErrors: 5,
    deliveryFailures: 6,
  };
  const summary = summaryOf({ counters, offsetLag: { atMs: handClock().nowMs(), sum: 9, max: 7 } });
  const told = (given: Partial<MappingView>) => {
    const feed = feedOf(aView({ eventSourceArn: mskArn, isCountingEvents: false, summary, ...given }));
    return Object.fromEntries(
      [
        "CommittedEventCount",
        "PollingErrorCount",
        "InvokeErrorCount",
        "SchemaRegistryErrorCount",
        "CommitErrorCount",
        "OnFailureDestinationDeliveryErrorCount",
        "MaxOffsetLag",
        "SumOffsetLag",
      ].flatMap((name) => {
        const sums = feed.sums(name);
        return sums === null ? [] : [[name, sums[0]]];
      }),
    );
  };
  expect(told({})).toEqual({});
  expect(told({ isCountingEvents: true })).toEqual({ CommittedEventCount: 1 });
  expect(told({ isCountingErrors: true })).toEqual({
    PollingErrorCount: 2,
    InvokeErrorCount: 3,
    SchemaRegistryErrorCount: 4,
    CommitErrorCount: 5,
    OnFailureDestinationDeliveryErrorCount: 6,
  });
  expect(told({ isTellingLag: true })).toEqual({ MaxOffsetLag: 7, SumOffsetLag: 9 });
});

test("M-210: CommittedEventCount is a metric of mappings on Kafka only", () => {
  const summary = summaryOf({ counters: { ...noCounts, committed: 1 } });
  expect(feedOf(aView({ summary })).names()).not.toContain("CommittedEventCount");
  expect(feedOf(aView({ summary, eventSourceArn: "kafka://127.0.0.1:9092" })).names()).toContain("CommittedEventCount");
});

test("M-210: each look at the lag is one sample, and OffsetLag is every mapping's", () => {
  const feed = feedOf(aView({ eventSourceArn: mskArn }));
  const looked = (sum: number): void =>
    feed.shows({ summary: summaryOf({ offsetLag: { atMs: feed.clock.nowMs(), sum, max: sum } }) });
  looked(5);
  for (let second = 0; second < 59; second += 1) feed.clock.advance(1_000);
  feed.clock.advance(1_000);
  looked(3);
  expect(feed.functionSums("OffsetLag")).toEqual([5, 3]);
  expect(feed.sums("SumOffsetLag")).toBe(null);
});

test("M-210: a trouble that lasts counts in each minute while the mapping is Enabled, in its own metric", () => {
  const problem = { code: "unreachable", text: "PROBLEM: away", detail: "away" } as const;
  const feed = feedOf(aView({ eventSourceArn: mskArn, isCountingErrors: true }));
  feed.shows({ problem, summary: summaryOf({ counters: { ...noCounts, pollingErrors: 1 } }) });
  feed.clock.advance(1_000);
  feed.clock.advance(60_000);
  feed.clock.advance(1_000);
  expect(feed.sums("PollingErrorCount")).toEqual([1, 1]);
  feed.shows({ problem: { ...problem, isOfRegistry: true } });
  feed.clock.advance(60_000);
  feed.shows({ state: "Disabled" });
  feed.clock.advance(60_000);
  expect(feed.sums("PollingErrorCount")).toEqual([1, 1]);
  expect(feed.sums("SchemaRegistryErrorCount")).toEqual([1, 1]);
});
