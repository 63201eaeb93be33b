// What CloudWatch's door and the local page tell of a mapping on an embedded topic that asks for Kafka's groups of metrics (M-210).

import {
  CloudWatchClient,
  type Dimension,
  GetMetricStatisticsCommand,
  ListMetricsCommand,
} from "@aws-sdk/client-cloudwatch";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { lambdaAt, mapped } from "./support/aws-clients.ts";
import { aFolder, aServer, inTime, queueArn } from "./support/live-server.ts";

const arn = "arn:aws:kafka:us-east-1:000000000000:cluster/shop/f3bb8a1e-0a0e-4c3c-9d3a-111111111111-1";

test("M-210, TM-21: errors, commits and lag of a mapping whose every call and document fails", async () => {
  const folder = aFolder();
  const Environment = { Variables: { LEDGER: join(folder, "ledger.txt") } };
  const server = await aServer(
    {
      sources: { [arn]: { engine: "KAFKA" } },
      functions: { f: { Handler: "kafka-failing.book", Timeout: 5, Environment } },
    },
    { folder },
  );
  const credentials = { accessKeyId: "any", secretAccessKey: "any" };
  const cloudWatch = new CloudWatchClient({ endpoint: server.url, region: "us-east-1", credentials });
  onTestFinished(() => cloudWatch.destroy());
  for (const value of ["a", "b", "c"]) {
    const body = JSON.stringify({ partitions: 1, records: [{ value }] });
    const answer = await fetch(`${server.url}/_millrace/kafka/shop/orders`, { method: "POST", body });
    expect(answer.status).toBe(200);
  }
  const uuid =
    (await mapped(server, lambdaAt(server.url), {
      EventSourceArn: arn,
      FunctionName: "f",
      Topics: ["orders"],
      StartingPosition: "TRIM_HORIZON",
      BatchSize: 1,
      MaximumRetryAttempts: 1,
      // With more than one it is looked at the start already how much there is; the one partition has one of them.
      ProvisionedPollerConfig: { MinimumPollers: 2, MaximumPollers: 2 },
      DestinationConfig: { OnFailure: { Destination: queueArn("gone") } },
      MetricsConfig: { Metrics: ["EventCount", "ErrorCount", "KafkaMetrics"] },
    })) ?? "";

  const now = Date.now();
  const span = { StartTime: new Date(now - 3_600_000), EndTime: new Date(now + 3_600_000), Period: 86_400 };
  const ofMapping = [{ Name: "EventSourceMappingUUID", Value: uuid }];
  const sumOf = async (MetricName: string, Dimensions: Dimension[] = ofMapping): Promise<number | null> => {
    const asked = { Namespace: "AWS/Lambda", MetricName, Dimensions, ...span, Statistics: ["Sum" as const] };
    const { Datapoints = [] } = await cloudWatch.send(new GetMetricStatisticsCommand(asked));
    // The span may lie on both sides of midnight.
    return Datapoints.length === 0 ? null : Datapoints.reduce((sum, { Sum = 0 }) => sum + Sum, 0);
  };
  await expect.poll(() => sumOf("CommittedEventCount"), inTime).toBe(3);
  expect(await sumOf("InvokeErrorCount")).toBe(6);
  expect(await sumOf("OnFailureDestinationDeliveryErrorCount")).toBe(3);
  expect(await sumOf("DroppedEventCount")).toBe(3);
  const { Metrics = [] } = await cloudWatch.send(
    new ListMetricsCommand({ Namespace: "AWS/Lambda", Dimensions: ofMapping }),
  );
  const names = Metrics.map(({ MetricName }) => MetricName);
  expect(names).toEqual(expect.arrayContaining(["MaxOffsetLag", "SumOffsetLag"]));
  expect(names).not.toContain("PollingErrorCount");
  expect(names).not.toContain("CommitErrorCount");

  // The page shows the last look: on a slow machine that may be a later one than the first.
  const page = await (await fetch(`${server.url}/_millrace/metrics`)).text();
  const labels = `{mapping="${uuid}",function="f"}`;
  expect(page).toContain(`millrace_committed_event_count_total${labels} 3`);
  expect(page).toContain(`millrace_invoke_error_count_total${labels} 6`);
  expect(page).toContain(`millrace_on_failure_destination_delivery_error_count_total${labels} 3`);
  expect(page).toContain(`millrace_polling_error_count_total${labels} 0`);
  for (const name of ["offset_lag", "max_offset_lag", "sum_offset_lag"])
    expect(page).toContain(`millrace_${name}${labels}`);
  // The first look was before anything was committed: the greatest that was seen.
  const asked = { Namespace: "AWS/Lambda", ...span, Statistics: ["Maximum" as const] };
  const mostOf = async (MetricName: string, Dimensions: Dimension[]) => {
    const { Datapoints = [] } = await cloudWatch.send(
      new GetMetricStatisticsCommand({ ...asked, MetricName, Dimensions }),
    );
    return Math.max(...Datapoints.map(({ Maximum = 0 }) => Maximum));
  };
  expect(await mostOf("MaxOffsetLag", ofMapping)).toBe(3);
  expect(await mostOf("SumOffsetLag", ofMapping)).toBe(3);
  expect(await mostOf("OffsetLag", [{ Name: "FunctionName", Value: "f" }])).toBe(3);
});
