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
