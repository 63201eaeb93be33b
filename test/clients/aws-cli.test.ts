// The AWS command line, unmodified: what it prints, and what it ends with.

import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { zipSync } from "fflate";
import { expect, test } from "vitest";
import { aServer } from "../live/support/live-server.ts";
import { type ClientRuns, useClients } from "./run-client.ts";

const clientsAt = useClients();

const LAMBDA = "arn:aws:lambda:us-east-1:000000000000";
const code = `exports.handler = async (event) => ({ got: event.Records?.length ?? event });`;
/** What version 1 of the command line ends with when a service refuses. */
const REFUSED = 255;

/** What a command prints, which ends well; a JSON answer as its value. */
async function said(clients: ClientRuns, line: string): Promise<unknown> {
  const { code: ended, out, error } = await clients.aws(...line.split(" "));
  expect({ line, ended, error }).toEqual({ line, ended: 0, error: "" });
  return out.trim() === "" || line.endsWith("--output text") ? out.trim() : JSON.parse(out);
}

async function refused(clients: ClientRuns, line: string): Promise<string> {
  const { code: ended, error } = await clients.aws(...line.split(" "));
  expect(ended).toBe(REFUSED);
  return error.trim();
}

test("functions and invocations", async () => {
  const clients = clientsAt((await aServer({})).url);
  writeFileSync(join(clients.folder, "code.zip"), zipSync({ "index.js": new TextEncoder().encode(code) }));
  const role = "--role arn:aws:iam::000000000000:role/any";
  const create = `lambda create-function --function-name orders --runtime nodejs24.x ${role} --handler index.handler --zip-file fileb://code.zip`;
  expect(await said(clients, create)).toMatchObject({ FunctionArn: `${LAMBDA}:function:orders`, Version: "$LATEST" });
  expect(await said(clients, "lambda wait function-active-v2 --function-name orders")).toBe("");
  const settings = "lambda update-function-configuration --function-name orders --timeout 9 --query Timeout";
  expect(await said(clients, settings)).toBe(9);
  const list = "lambda list-functions --query Functions[].FunctionName";
  expect(await said(clients, list)).toEqual(["orders"]);
  expect(await clients.awsAlone(...list.split(" "))).toEqual(await clients.aws(...list.split(" ")));

  const invoke = "lambda invoke --function-name orders";
  expect(await said(clients, `${invoke} --payload {"some":"event"} out.json`)).toMatchObject({ StatusCode: 200 });
  expect(JSON.parse(readFileSync(join(clients.folder, "out.json"), "utf8"))).toEqual({ got: { some: "event" } });
  expect(await said(clients, `${invoke} --invocation-type Event --payload {} out.json`)).toEqual({ StatusCode: 202 });
  const nobody = "lambda invoke --function-name nobody out.json";
  expect(await clients.awsAlone(...nobody.split(" "))).toEqual(await clients.aws(...nobody.split(" ")));
  expect(await refused(clients, nobody)).toBe(
    `An error occurred (ResourceNotFoundException) when calling the Invoke operation: Function not found: ${LAMBDA}:function:nobody`,
  );
  expect(await said(clients, "lambda delete-function --function-name orders")).toEqual({ StatusCode: 204 });
});

test("a stream, a mapping's whole life, tags, and the calls that are refused", async () => {
  const functions = { orders: { Handler: "told.handle" } };
  const server = await aServer({ functions, queues: ["failed"] });
  const clients = clientsAt(server.url);
  expect(await said(clients, "kinesis create-stream --stream-name orders --shard-count 2")).toBe("");
  expect(await said(clients, "kinesis wait stream-exists --stream-name orders")).toBe("");
  const arn = String(
    await said(
      clients,
      "kinesis describe-stream-summary --stream-name orders --query StreamDescriptionSummary.StreamARN --output text",
    ),
  );
  const put = "kinesis put-record --stream-name orders --partition-key k --data hello --query ShardId --output text";
  expect(await said(clients, put)).toMatch(/^shardId-00000000000[01]$/);

  const create = `lambda create-event-source-mapping --function-name orders --event-source-arn ${arn} --starting-position LATEST`;
  const made = Object(
    await said(
      clients,
      `${create} --tags team=a --destination-config OnFailure={Destination=arn:aws:sqs:us-east-1:000000000000:failed}`,
    ),
  );
  expect(made).toMatchObject({ State: "Creating", BatchSize: 100, EventSourceArn: arn });
  await server.log.state(made.UUID, "Enabled");
  const again = await refused(clients, create);
  expect(again).toMatch(
    /^An error occurred \(ResourceConflictException\) when calling the CreateEventSourceMapping operation: /,
  );

  const list =
    "lambda list-event-source-mappings --function-name orders --query EventSourceMappings[].UUID --output text";
  expect(await said(clients, list)).toBe(made.UUID);
  const mark = server.log.entries.length;
  const update = `lambda update-event-source-mapping --uuid ${made.UUID} --batch-size 25 --query BatchSize`;
  expect(await said(clients, update)).toBe(25);
  await server.log.state(made.UUID, "Enabled", mark);
  expect(await refused(clients, `lambda update-event-source-mapping --uuid ${made.UUID} --batch-size 10001`)).toContain(
    "(ValidationException) when calling the UpdateEventSourceMapping operation",
  );

  const resource = `--resource ${made.EventSourceMappingArn}`;
  expect(await said(clients, `lambda tag-resource ${resource} --tags stage=test`)).toBe("");
  expect(await said(clients, `lambda list-tags ${resource}`)).toEqual({ Tags: { team: "a", stage: "test" } });
  const remove = `lambda delete-event-source-mapping --uuid ${made.UUID} --query State --output text`;
  expect(await said(clients, remove)).toBe("Deleting");
  await server.log.state(made.UUID, "Gone");
  expect(await refused(clients, `lambda get-event-source-mapping --uuid ${made.UUID}`)).toBe(
    "An error occurred (ResourceNotFoundException) when calling the GetEventSourceMapping operation: The resource you requested does not exist.",
  );
});

test("queues, a secret, who one is, and a service that is not offered", async () => {
  const { url: endpoint } = await aServer({ secrets: { db: "not-a-real-one" } });
  const clients = clientsAt(endpoint);
  // For SQS version 1 of the command line takes no address from the environment (version 2 does): docs/aws-calls.md.
  const sqs = `--endpoint-url ${endpoint} sqs`;
  const url = String(await said(clients, `${sqs} create-queue --queue-name q --query QueueUrl --output text`));
  expect(
    await said(clients, `${sqs} send-message --queue-url ${url} --message-body hello --query MD5OfMessageBody`),
  ).toBe("5d41402abc4b2a76b9719d911017c592");
  const receive = `${sqs} receive-message --queue-url ${url} --query Messages[0].Body --output text`;
  expect(await said(clients, receive)).toBe("hello");
  expect(await refused(clients, `${sqs} get-queue-url --queue-name nobody`)).toContain(
    "(AWS.SimpleQueueService.NonExistentQueue) when calling the GetQueueUrl operation",
  );
  const secret = "secretsmanager get-secret-value --secret-id db --query SecretString --output text";
  expect(await said(clients, secret)).toBe("not-a-real-one");
  expect(await said(clients, "sts get-caller-identity --query Account --output text")).toBe("000000000000");
  expect(await refused(clients, "ssm get-parameter --name nothing")).toMatch(
    /^An error occurred \(UnknownOperationException\) when calling the GetParameter operation: /,
  );
});

test("a FIFO queue, dead letters, and the move back", async () => {
  const { url: endpoint } = await aServer({});
  const clients = clientsAt(endpoint);
  const sqs = (line: string) => said(clients, `--endpoint-url ${endpoint} sqs ${line}`);
  const create = async (name: string, attributes: object) => {
    writeFileSync(join(clients.folder, "attributes.json"), JSON.stringify(attributes));
    const words = `create-queue --queue-name ${name} --attributes file://attributes.json --query QueueUrl --output text`;
    return String(await sqs(words));
  };
  const dead = await create("dead.fifo", { FifoQueue: "true", ContentBasedDeduplication: "true" });
  const deadArn = "arn:aws:sqs:us-east-1:000000000000:dead.fifo";
  const RedrivePolicy = JSON.stringify({ deadLetterTargetArn: deadArn, maxReceiveCount: 1 });
  const url = await create("q.fifo", { FifoQueue: "true", VisibilityTimeout: "0", RedrivePolicy });
  const ids = "--message-group-id g --message-deduplication-id d";
  const sent = await sqs(`send-message --queue-url ${url} --message-body hello ${ids} --query SequenceNumber`);
  expect(sent).toMatch(/^\d{20}$/);
  const receive = (from: string) =>
    sqs(`receive-message --queue-url ${from} --attribute-names All --query Messages[].Body --output text`);
  expect(await receive(url)).toBe("hello");
  expect(await receive(url)).toBe("None");
  const count = `get-queue-attributes --queue-url ${dead} --attribute-names ApproximateNumberOfMessages`;
  expect(await sqs(count)).toEqual({ Attributes: { ApproximateNumberOfMessages: "1" } });
  expect(await sqs(`list-dead-letter-source-queues --queue-url ${dead}`)).toMatchObject({ queueUrls: [url] });
  await sqs(`start-message-move-task --source-arn ${deadArn}`);
  const status = `list-message-move-tasks --source-arn ${deadArn} --query Results[0].Status --output text`;
  await expect.poll(() => sqs(status), { timeout: 20_000 }).toBe("COMPLETED");
  expect(await receive(url)).toBe("hello");
});

test("a table, its items and its stream", async () => {
  const { url } = await aServer({});
  const clients = clientsAt(url);
  const create =
    "dynamodb create-table --table-name orders --attribute-definitions AttributeName=id,AttributeType=S --key-schema " +
    "AttributeName=id,KeyType=HASH --billing-mode PAY_PER_REQUEST --stream-specification StreamEnabled=true,StreamViewType=NEW_IMAGE";
  const arn = String(await said(clients, `${create} --query TableDescription.LatestStreamArn --output text`));
  expect(arn).toMatch(/^arn:aws:dynamodb:us-east-1:000000000000:table\/orders\/stream\/\d{4}-/);
  expect(await said(clients, 'dynamodb put-item --table-name orders --item {"id":{"S":"a"}}')).toBe("");
  expect(await said(clients, "dynamodb scan --table-name orders --query Items[].id.S --output text")).toBe("a");
  const shard = `dynamodbstreams describe-stream --stream-arn ${arn} --query StreamDescription.Shards[0].ShardId --output text`;
  const begin =
    `dynamodbstreams get-shard-iterator --stream-arn ${arn} --shard-id ${String(await said(clients, shard))} ` +
    "--shard-iterator-type TRIM_HORIZON --query ShardIterator --output text";
  const records = `dynamodbstreams get-records --shard-iterator ${String(await said(clients, begin))} --query Records[].eventName --output text`;
  expect(await said(clients, records)).toBe("INSERT");
  expect(await refused(clients, create)).toContain(
    "(ResourceInUseException) when calling the CreateTable operation: Table already exists: orders",
  );
});

test("shards that split and merge, and consumers", async () => {
  const clients = clientsAt((await aServer({ streams: { orders: { shards: 1 } } })).url);
  const shard = (index: number): string => `shardId-${String(index).padStart(12, "0")}`;
  const open =
    "kinesis list-shards --stream-name orders --shard-filter Type=AT_LATEST --query Shards[].[ShardId,ParentShardId,AdjacentParentShardId]";
  const half = String(2n ** 127n);
  const split = `kinesis split-shard --stream-name orders --shard-to-split ${shard(0)} --new-starting-hash-key ${half}`;
  expect(await said(clients, split)).toBe("");
  expect(await said(clients, open)).toEqual([
    [shard(1), shard(0), null],
    [shard(2), shard(0), null],
  ]);
  expect(await refused(clients, split)).toMatch(
    /^An error occurred \(InvalidArgumentException\) when calling the SplitShard operation: .*shardId-000000000000/,
  );
  const merge = `kinesis merge-shards --stream-name orders --shard-to-merge ${shard(1)} --adjacent-shard-to-merge ${shard(2)}`;
  expect(await said(clients, merge)).toBe("");
  expect(await said(clients, open)).toEqual([[shard(3), shard(1), shard(2)]]);
  const count = "kinesis update-shard-count --stream-name orders --scaling-type UNIFORM_SCALING --target-shard-count";
  expect(await said(clients, `${count} 2`)).toMatchObject({ CurrentShardCount: 1, TargetShardCount: 2 });
  expect(await refused(clients, `${count} 5`)).toContain(
    "(LimitExceededException) when calling the UpdateShardCount operation",
  );

  const arn = "arn:aws:kinesis:us-east-1:000000000000:stream/orders";
  const named = `--stream-arn ${arn} --consumer-name app`;
  const made = `kinesis register-stream-consumer ${named} --query Consumer.ConsumerARN --output text`;
  const consumer = String(await said(clients, made));
  expect(consumer).toMatch(/^arn:aws:kinesis:us-east-1:000000000000:stream\/orders\/consumer\/app:\d{10}$/);
  expect(await refused(clients, made)).toContain(
    "(ResourceInUseException) when calling the RegisterStreamConsumer operation",
  );
  expect(await said(clients, `kinesis describe-stream-consumer --consumer-arn ${consumer}`)).toMatchObject({
    ConsumerDescription: { ConsumerName: "app", ConsumerStatus: "ACTIVE", StreamARN: arn },
  });
  const list = `kinesis list-stream-consumers --stream-arn ${arn} --query Consumers[].ConsumerName --output text`;
  expect(await said(clients, list)).toBe("app");
  expect(await said(clients, `kinesis deregister-stream-consumer ${named}`)).toBe("");
  expect(await said(clients, list)).toBe("");
  expect(await refused(clients, `kinesis describe-stream-consumer ${named}`)).toContain(
    "(ResourceNotFoundException) when calling the DescribeStreamConsumer operation",
  );
});
