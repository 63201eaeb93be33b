// A table's stream and a registered consumer's aggregates, recorded on a running server: replayed, run under other settings, and shrunk.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { CreateTableCommand, DynamoDBClient, PutItemCommand } from "@aws-sdk/client-dynamodb";
import {
  DescribeStreamConsumerCommand,
  type KinesisClient,
  PutRecordCommand,
  RegisterStreamConsumerCommand,
} from "@aws-sdk/client-kinesis";
import { expect, onTestFinished, test } from "vitest";
import { runCommand, startCommand } from "../cli/run-command.ts";
import { aggregateOf } from "../kinds/support/aggregate.ts";
import { mapped } from "./support/aws-clients.ts";
import { aHouse, base } from "./support/house.ts";
import { inTime, streamArn } from "./support/live-server.ts";
import { type Decide, goOn } from "./support/witness.ts";

const TableName = "orders";

async function aTable(endpoint: string) {
  const credentials = { accessKeyId: "test", secretAccessKey: "test" };
  const client = new DynamoDBClient({ region: "us-east-1", credentials, maxAttempts: 1, endpoint });
  onTestFinished(() => client.destroy());
  const { TableDescription: made } = await client.send(
    new CreateTableCommand({
      TableName,
      KeySchema: [{ AttributeName: "id", KeyType: "HASH" }],
      AttributeDefinitions: [{ AttributeName: "id", AttributeType: "S" }],
      BillingMode: "PAY_PER_REQUEST",
      StreamSpecification: { StreamEnabled: true, StreamViewType: "NEW_AND_OLD_IMAGES" },
    }),
  );
  const put = (id: string) => client.send(new PutItemCommand({ TableName, Item: { id: { S: id } } }));
  return { arn: made?.LatestStreamArn ?? "", put };
}

async function aConsumer(kinesis: KinesisClient): Promise<string> {
  const given = { StreamARN: streamArn("orders"), ConsumerName: "app" };
  const made = await kinesis.send(new RegisterStreamConsumerCommand(given));
  const ConsumerARN = made.Consumer?.ConsumerARN ?? "";
  const status = async () =>
    (await kinesis.send(new DescribeStreamConsumerCommand({ ConsumerARN }))).ConsumerDescription?.ConsumerStatus;
  await expect.poll(status, inTime).toBe("ACTIVE");
  return ConsumerARN;
}

const bad = { id: { S: "bad" } };
/** What a scenario has of the bad record, which came third. */
const recorded: Readonly<Record<string, object>> = {
  changes: { change: { eventName: "INSERT", Keys: bad, NewImage: bad } },
  parts: { partitionKey: "k-bad", data: "bad" },
};

const failing: Decide = ({ texts, functionName }) =>
  texts.some((text) => text.includes("bad")) ? { do: "throw", message: `${functionName} cannot take it` } : goOn;

test("E-62, P-5, P-10: a table's stream and a consumer's aggregates replay, and one bad record is told from its aggregate's others", async () => {
  const { witness, server, lambda, kinesis } = await aHouse({ names: ["changes", "parts"] });
  witness.orders(failing);
  const table = await aTable(server.url);
  const settings = { MaximumRetryAttempts: 1, BisectBatchOnFunctionError: true, MaximumBatchingWindowInSeconds: 1 };
  await mapped(server, lambda, { ...base, ...settings, EventSourceArn: table.arn, FunctionName: "changes" });
  const consumer = await aConsumer(kinesis);
  await mapped(server, lambda, { ...base, ...settings, EventSourceArn: consumer, FunctionName: "parts" });
  const recording = startCommand(server.stateDir, ["record", "both.mrec", "--endpoint", server.url]);
  await recording.errorLine(/^recording /);
  for (const id of ["a", "b", "bad", "d"]) await table.put(id);
  const Data = aggregateOf(["a", "b", "bad", "d"].map((text) => ({ key: `k-${text}`, data: Buffer.from(text) })));
  await kinesis.send(new PutRecordCommand({ StreamName: "orders", PartitionKey: "outer", Data }));
  const endedCount = (): number =>
    server.log.entries.reduce((sum, entry) => {
      const isEnd = entry.kind === "gave-up" || (entry.kind === "decided" && entry.verdict === "done");
      return isEnd ? sum + entry.recordCount : sum;
    }, 0);
  await expect.poll(endedCount, inTime).toBe(8);
  recording.signal("SIGINT");
  expect(await recording.ended).toMatchObject({ code: 0 });

  for (const name of ["changes", "parts"]) {
    const words = ["replay", "both.mrec", "--json", "--mapping", name, "--set", "BatchSize=2"];
    const { out, error } = await runCommand(server.stateDir, words);
    expect(error).toBe("");
    const told = JSON.parse(out);
    expect(told, name).toMatchObject({ canTell: true, isAsRecorded: true, assumed: { named: [] } });
    expect(told.assumed.thrown, name).toHaveLength(1);
    expect(told.changed.givenUp, name).toMatchObject([{ recordCount: 1, attempts: 2 }]);
    const shrink = ["replay", "both.mrec", "--mapping", name, "--shrink", "given-up r3", "--out", `${name}.json`];
    const shrunk = await runCommand(server.stateDir, shrink);
    expect(shrunk, name).toMatchObject({ code: 0, error: "" });
    expect(shrunk.out, name).toMatch(/^shrunk from 4 records and \d settings to 1 and /m);
    expect(shrunk.out.includes("note    records of one aggregate stand as records of their own"), name).toBe(
      name === "parts",
    );
    const again = await runCommand(server.stateDir, ["simulate", `${name}.json`]);
    expect(again, name).toMatchObject({ code: 0, error: "" });
    const { records } = JSON.parse(readFileSync(join(server.stateDir, `${name}.json`), "utf8"));
    expect(records, name).toEqual([{ label: "r3", ...recorded[name] }]);
  }
});
