// CloudWatch's door: metrics of functions over the journal, in its three protocols, and what is refused.

import {
  CloudWatchClient,
  GetMetricDataCommand,
  GetMetricStatisticsCommand,
  ListMetricsCommand,
  type Statistic,
} from "@aws-sdk/client-cloudwatch";
import { decode, encode, Tagged } from "cborg";
import fc from "fast-check";
import { describe, expect, onTestFinished, test } from "vitest";
import { createMetricStore, type Series } from "../../src/control/cloudwatch/metric-store.ts";
import type { Entry } from "../../src/ports/journal.ts";
import { aServedHouse } from "./doubles/served.ts";

const START_MS = Date.UTC(2026, 8, 15, 12);
const FUNCTION = [{ Name: "FunctionName", Value: "f" }];

const anInvocation = (atMs: number, tookMs: number, outcome: "ok" | "threw" | "throttled"): Entry => ({
  kind: "invocation",
  functionName: "f",
  requestId: "r",
  invocationType: "RequestResponse",
  attempt: 1,
  outcome,
  verdict: "done",
  condition: null,
  tookMs,
  executedVersion: null,
  retryAfterMs: null,
  error: null,
  atMs,
  mapping: null,
  lane: "invocations/f",
  seq: 0,
});

async function aHouse() {
  const house = await aServedHouse();
  const credentials = { accessKeyId: "any", secretAccessKey: "any" };
  const client = new CloudWatchClient({ endpoint: house.url, region: "us-east-1", credentials, maxAttempts: 1 });
  onTestFinished(() => client.destroy());
  const calls = [
    anInvocation(START_MS, 10, "ok"),
    anInvocation(START_MS + 59_999, 30, "threw"),
    anInvocation(START_MS + 60_000, 50, "ok"),
    anInvocation(START_MS + 60_000, 0, "throttled"),
    anInvocation(START_MS + 360_000, 70, "ok"),
  ];
  house.feed.publish(calls, 0);
  return { ...house, client };
}

const span = { StartTime: new Date(START_MS), EndTime: new Date(START_MS + 600_000) };
const asked = { Namespace: "AWS/Lambda", MetricName: "Duration", Dimensions: FUNCTION, ...span };

describe("the SDK's client", () => {
  test("statistics by the minute and by longer periods, of what ran and of what did not", async () => {
    const { client } = await aHouse();
    const Statistics: Statistic[] = ["SampleCount", "Average", "Sum", "Minimum", "Maximum"];
    const byMinute = await client.send(new GetMetricStatisticsCommand({ ...asked, Period: 60, Statistics }));
    const Unit = "Milliseconds";
    expect(byMinute).toMatchObject({ Label: "Duration" });
    expect(byMinute.Datapoints).toEqual([
      { Timestamp: new Date(START_MS), SampleCount: 2, Average: 20, Sum: 40, Minimum: 10, Maximum: 30, Unit },
      { Timestamp: new Date(START_MS + 60_000), SampleCount: 1, Average: 50, Sum: 50, Minimum: 50, Maximum: 50, Unit },
      { Timestamp: new Date(START_MS + 360_000), SampleCount: 1, Average: 70, Sum: 70, Minimum: 70, Maximum: 70, Unit },
    ]);
    const sums = async (MetricName: string) => {
      const command = new GetMetricStatisticsCommand({ ...asked, MetricName, Period: 300, Statistics: ["Sum"] });
      return (await client.send(command)).Datapoints?.map(({ Sum }) => Sum);
    };
    expect([await sums("Invocations"), await sums("Errors"), await sums("Throttles"), await sums("None")]).toEqual([
      [3, 1],
      [1, 0],
      [1],
      [],
    ]);
  });

  test("several metrics at once, in either order, in pages that lose and double nothing", async () => {
    const { client } = await aHouse();
    const query = (Id: string, MetricName: string) => ({
      Id,
      MetricStat: { Metric: { Namespace: "AWS/Lambda", MetricName, Dimensions: FUNCTION }, Period: 60, Stat: "Sum" },
    });
    const MetricDataQueries = [query("d", "Duration"), query("i", "Invocations")];
    const ask = (more: object) => client.send(new GetMetricDataCommand({ MetricDataQueries, ...span, ...more }));
    const { MetricDataResults = [] } = await ask({});
    expect(MetricDataResults.map(({ Id, Label, Values, StatusCode }) => [Id, Label, Values, StatusCode])).toEqual([
      ["d", "Duration", [70, 50, 40], "Complete"],
      ["i", "Invocations", [1, 1, 2], "Complete"],
    ]);
    const pages: unknown[] = [];
    let NextToken: string | undefined;
    do {
      const page = await ask({ ScanBy: "TimestampAscending", MaxDatapoints: 4, NextToken });
      pages.push(page.MetricDataResults?.map(({ Values }) => Values));
      NextToken = page.NextToken;
    } while (NextToken !== undefined);
    expect(pages).toEqual([
      [[40, 50, 70], [2]],
      [[], [1, 1]],
    ]);
  });

  test("what there is, is listed; a dimension finds its own", async () => {
    const { client } = await aHouse();
    const names = async (given: object) =>
      (await client.send(new ListMetricsCommand(given))).Metrics?.map(({ MetricName }) => MetricName);
    expect(await names({})).toEqual(["Duration", "Errors", "Invocations", "Throttles"]);
    expect(await names({ Dimensions: [{ Name: "FunctionName", Value: "g" }] })).toEqual([]);
    expect(await names({ MetricName: "Errors", Dimensions: [{ Name: "FunctionName" }] })).toEqual(["Errors"]);
    expect(await names({ Namespace: "AWS/SQS" })).toEqual([]);
  });

  test.each([
    [{ Period: 30 }, "InvalidParameterValueException", /Period must be a multiple of 60/],
    [{ Period: 60, EndTime: new Date(0) }, "InvalidParameterValueException", /StartTime must be less than/],
    [{ Period: 60, StartTime: new Date(0) }, "InvalidParameterCombinationException", /exceeds the limit of 1440/],
    [{ Period: 60, Statistics: ["p99" as Statistic] }, "InvalidParameterValueException", /p99/],
    [{ Period: 60, Statistics: [] }, "MissingRequiredParameterException", /The parameter Statistics is required/],
  ])("what cannot be told is refused: %#", async (more, name, message) => {
    const { client } = await aHouse();
    const command = new GetMetricStatisticsCommand({ ...asked, Statistics: ["Sum"], ...more });
    await expect(client.send(command)).rejects.toMatchObject({ name, message: expect.stringMatching(message) });
  });
});

describe("the other protocols", () => {
  test("Smithy's RPC in CBOR, with instants as seconds", async () => {
    const { url } = await aHouse();
    const ask = async (operation: string, body: Uint8Array) => {
      const headers = { "smithy-protocol": "rpc-v2-cbor", "content-type": "application/cbor" };
      const path = `/service/GraniteServiceVersion20100801/operation/${operation}`;
      const answer = await fetch(`${url}${path}`, { method: "POST", headers, body: Buffer.from(body) });
      const bytes = new Uint8Array(await answer.arrayBuffer());
      return {
        status: answer.status,
        body: decode(bytes, { tags: { 1: (content) => ["tag 1", content()] } }) as unknown,
      };
    };
    const StartTime = new Tagged(1, START_MS / 1_000);
    const EndTime = new Tagged(1, START_MS / 1_000 + 60);
    const found = await ask(
      "GetMetricStatistics",
      encode({ ...asked, StartTime, EndTime, Period: 60, Statistics: ["Sum"] }),
    );
    expect(found).toEqual({
      status: 200,
      body: {
        Label: "Duration",
        Datapoints: [{ Timestamp: ["tag 1", START_MS / 1_000], Sum: 40, Unit: "Milliseconds" }],
      },
    });
    expect(await ask("GetMetricData", new Uint8Array([0xff]))).toMatchObject({ status: 400 });
    expect(await ask("PutMetricData", encode({}))).toMatchObject({
      status: 400,
      body: { __type: "UnknownOperationException" },
    });
  });

  test("the query protocol", async () => {
    const { url } = await aHouse();
    const body = new URLSearchParams({
      Action: "GetMetricStatistics",
      Version: "2010-08-01",
      Namespace: "AWS/Lambda",
      MetricName: "Duration",
      "Dimensions.member.1.Name": "FunctionName",
      "Dimensions.member.1.Value": "f",
      StartTime: "2026-09-15T12:00:00Z",
      EndTime: "2026-09-15T12:01:00Z",
      Period: "60",
      "Statistics.member.1": "Maximum",
    });
    const answer = await fetch(url, { method: "POST", body });
    expect(await answer.text()).toMatch(
      /^<GetMetricStatisticsResponse xmlns="http:\/\/monitoring\.amazonaws\.com\/doc\/2010-08-01\/"><GetMetricStatisticsResult><Label>Duration<\/Label><Datapoints><member><Timestamp>2026-09-15T12:00:00\.000Z<\/Timestamp><Maximum>30<\/Maximum><Unit>Milliseconds<\/Unit><\/member><\/Datapoints><\/GetMetricStatisticsResult><ResponseMetadata><RequestId>.{36}<\/RequestId><\/ResponseMetadata><\/GetMetricStatisticsResponse>$/,
    );
    body.set("Period", "x");
    const refused = await fetch(url, { method: "POST", body });
    expect([refused.status, await refused.text()]).toEqual([
      400,
      expect.stringContaining("<Code>SerializationException</Code>"),
    ]);
  });
});

test("whatever is asked, no answer is a 5xx", { timeout: 60_000 }, async () => {
  const { url } = await aHouse();
  const any = fc.oneof(
    fc.constantFrom<unknown>(
      null,
      0,
      -1,
      1.5,
      60,
      1e300,
      "",
      "AWS/Lambda",
      "Duration",
      [],
      {},
      [null],
      [{}],
      "Sum",
      ["Sum"],
      "__proto__",
    ),
    fc.constantFrom<unknown>(
      START_MS / 1_000,
      [{ Name: "FunctionName" }],
      [{ Id: "a", MetricStat: {} }],
      [{ Id: "a", Expression: "x" }],
    ),
  );
  const names = [
    "Namespace",
    "MetricName",
    "Dimensions",
    "StartTime",
    "EndTime",
    "Period",
    "Statistics",
    "NextToken",
    "Unit",
    "MetricDataQueries",
    "ScanBy",
    "MaxDatapoints",
  ];
  const call = fc.record({
    operation: fc.constantFrom("ListMetrics", "GetMetricStatistics", "GetMetricData"),
    body: fc.dictionary(fc.constantFrom(...names), any),
  });
  await fc.assert(
    fc.asyncProperty(call, async ({ operation, body }) => {
      const headers = {
        "x-amz-target": `GraniteServiceVersion20100801.${operation}`,
        "content-type": "application/x-amz-json-1.0",
      };
      const answer = await fetch(url, { method: "POST", headers, body: JSON.stringify(body) });
      expect([200, 400]).toContain(answer.status);
      expect(JSON.parse(await answer.text())).toBeTypeOf("object");
    }),
    { numRuns: 1_000 },
  );
});

test("C1: a series keeps its last day of minutes, and series beyond the bound are counted and not kept", () => {
  const store = createMetricStore();
  const series = (value: string): Series => ({
    name: "Errors",
    dimensions: [{ name: "FunctionName", value }],
    unit: "Count",
  });
  for (let minute = 0; minute < 1_500; minute += 1) store.add(series("f"), START_MS + minute * 60_000, 1);
  const all = { fromMs: 0, toMs: START_MS * 2, periodMs: 60_000 };
  const points = store.points("Errors", series("f").dimensions, all)?.points ?? [];
  expect([points.length, points[0]?.atMs]).toEqual([1_440, START_MS + 60 * 60_000]);
  for (let index = 0; index < 10_000; index += 1) store.add(series(`f${index}`), START_MS, 1);
  expect([store.list().length, store.refusedCount()]).toEqual([10_000, 1]);
});
