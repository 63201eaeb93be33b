// Metrics by boto3 and the AWS command line, unmodified.

import { expect, test } from "vitest";
import { aServer } from "../live/support/live-server.ts";
import { useClients } from "./run-client.ts";

const clientsAt = useClients();

test("boto3 and the AWS command line: a function's metrics", async () => {
  const server = await aServer({});
  const clients = clientsAt(server.url);
  const { code, out, error } = await clients.python("boto3_metrics.py");
  expect(error).toBe("");
  expect(out.trim().split("\n")).toEqual([
    'list_metrics ["Duration", "Errors", "Invocations"]',
    "get_metric_statistics Invocations 3.0 0",
    "get_metric_statistics Errors 1.0 0",
    "get_metric_data 3.0 Complete",
    expect.stringMatching(/^refused InvalidParameterValueException 400 InvalidParameterValue(Exception)?$/),
    "put_metric_data UnknownOperationException",
  ]);
  expect(code).toBe(0);
  const listed = await clients.aws(
    ..."cloudwatch list-metrics --namespace AWS/Lambda --query Metrics[].MetricName".split(" "),
  );
  expect([listed.error, JSON.parse(listed.out)]).toEqual(["", ["Duration", "Errors", "Invocations"]]);
});
