import { describe, expect, onTestFinished, test } from "vitest";
import { startBroker } from "../../scripts/brokers/start-broker.ts";
import { aServer } from "../live/support/live-server.ts";
import { useClients } from "./run-client.ts";

const clientsAt = useClients();

test("boto3, unmodified: functions, invocations, a mapping's whole life, queues, secrets and who one is", async () => {
  const server = await aServer({ secrets: { db: { user: "app" } } });
  const { code, out, error } = await clientsAt(server.url).python("boto3_life.py");

  expect(error).toBe("");
  const lambda = "arn:aws:lambda:us-east-1:000000000000";
  expect(out.trim().split("\n")).toEqual([
    `create_function ${lambda}:function:orders $LATEST`,
    `create_alias ${lambda}:function:orders:live 1`,
    `list_functions ["orders"]`,
    `create_function again ResourceConflictException 409 Function already exist: orders`,
    `invoke 200 1 {"version": "1", "stage": "test", "got": {"some": "event"}}`,
    `invoke poison Unhandled Error poison true`,
    `invoke event 202`,
    `invoke dry run 204`,
    `invoke nobody ResourceNotFoundException 404 Function not found: ${lambda}:function:nobody`,
    `create_event_source_mapping Creating ${lambda}:function:orders:live`,
    expect.stringMatching(/^create_event_source_mapping again ResourceConflictException 409 .*already exists/),
    `put_records 0`,
    `on failure RetryAttemptsExhausted ${lambda}:function:orders:live 1`,
    `list_event_source_mappings 2 pages`,
    `update_event_source_mapping 25`,
    `list_tags {"stage": "test"}`,
    `delete_event_source_mapping Deleting`,
    `delete_event_source_mapping Deleting`,
    `get_event_source_mapping ResourceNotFoundException 404 The resource you requested does not exist.`,
    `get_caller_identity arn:aws:iam::000000000000:root`,
    `get_secret_value {"user":"app"}`,
    `receive_message hello greeting`,
    `get_function ResourceNotFoundException 404 Function not found: ${lambda}:function:orders`,
    `get_parameter UnknownOperationException`,
  ]);
  expect(code).toBe(0);
});

test("boto3, unmodified: a table's whole life, its stream, and a mapping on it", async () => {
  const server = await aServer({});
  const { code, out, error } = await clientsAt(server.url).python("boto3_tables.py");

  expect(error).toBe("");
  const table = "arn:aws:dynamodb:us-east-1:000000000000:table/orders";
  expect(out.trim().split("\n")).toEqual([
    `create_table ${table} ACTIVE NEW_AND_OLD_IMAGES`,
    `create_table again ResourceInUseException 400 Table already exists: orders`,
    `update_item {"id": "a", "n": "3", "tags": ["x"], "blob": "AQI="}`,
    `put_item ConditionalCheckFailedException 400 The conditional request failed`,
    `batch_writer 30 items`,
    `query ["b-2", "b-3"]`,
    `transact_write_items TransactionCanceledException 400 ["None", "ConditionalCheckFailed"]`,
    `describe_stream ENABLED 1 shard`,
    `get_records 33 ["INSERT", "MODIFY", "REMOVE"]`,
    `image {"id": {"S": "a"}, "n": {"N": "3"}, "tags": {"SS": ["x"]}, "blob": {"B": "AQI="}}`,
    `list_streams 1 ${table}`,
    `update_table false`,
    `update_time_to_live UnknownOperationException`,
    `delete_table`,
    `describe_table ResourceNotFoundException 400 Requested resource not found: Table: orders not found`,
  ]);
  expect(code).toBe(0);
});

test("P-34, boto3, unmodified: shards split and merge, and consumers subscribe over HTTP/1.1", async () => {
  const server = await aServer({});
  const { code, out, error } = await clientsAt(server.url).python("boto3_shards.py");

  expect(error).toBe("");
  const stream = "arn:aws:kinesis:us-east-1:000000000000:stream/orders";
  const parent = "shardId-000000000000";
  expect(out.trim().split("\n")).toEqual([
    `register_stream_consumer ${stream}/consumer/one`,
    `register_stream_consumer again ResourceInUseException 400 Consumer one under stream ${stream} already exists for account 000000000000.`,
    `list_stream_consumers ["one", "two"]`,
    `subscribe_to_shard ["a", "b", "c"] 0`,
    expect.stringMatching(/^subscribe_to_shard again ResourceInUseException 400 Another active subscription exists/),
    `split_shard [[0, [], false], [1, [0], true], [2, [0], true]]`,
    expect.stringMatching(
      /^split_shard again ResourceInUseException 400 |^split_shard again InvalidArgumentException 400 /,
    ),
    `subscribe_to_shard to the end ["d"] [[1, ["${parent}"]], [2, ["${parent}"]]] false`,
    `subscribe_to_shard to a child ["e"]`,
    `merge_shards [3, [1, 2], true]`,
    `update_shard_count 1 2 2`,
    expect.stringMatching(/^update_shard_count to five LimitExceededException 400 /),
    expect.stringMatching(/^subscribe_to_shard deregistered ResourceNotFoundException 400 Consumer .* not found\.$/),
    `delete_stream ResourceNotFoundException EventStreamError`,
  ]);
  expect(code).toBe(0);
});

describe("boto3, unmodified: a queue's whole life", () => {
  test.each([
    ["python", "json", "the embedded store", "The specified queue does not exist."],
    ["olderPython", "query", "the embedded store", "The specified queue does not exist for this wsdl version."],
    ["python", "json", "Redis", "The specified queue does not exist."],
  ] as const)("%s speaks %s to queues in %s", async (run, protocol, store, missing) => {
    const redis = store === "Redis" ? await startBroker("redis", { own: true }) : null;
    if (redis !== null) onTestFinished(() => redis.stop());
    const server = await aServer(redis === null ? {} : { brokers: { redis: { url: redis.url } } });
    const { code, out, error } = await clientsAt(server.url)[run]("boto3_queues.py");

    expect(error.replaceAll(/^.*(?:Warning|warnings\.warn).*\n?/gm, "")).toBe("");
    const arn = "arn:aws:sqs:us-east-1:000000000000";
    const policy = JSON.stringify(JSON.stringify({ deadLetterTargetArn: `${arn}:dead`, maxReceiveCount: 1 }));
    const differs = "A queue already exists with the same name and a different value for attribute VisibilityTimeout";
    expect(out.trim().split("\n")).toEqual([
      `protocol ${protocol}`,
      `create_queue 000000000000/q`,
      `attributes {"VisibilityTimeout": "40", "RedrivePolicy": ${policy}}`,
      `tags {"team": "a & b"}`,
      `create_queue again QueueAlreadyExists 400 ${differs}`,
      `list_queues ["dead", "q"]`,
      `body true true`,
      `digest true`,
      `message attributes größer [0, 255, 1] Number.kg`,
      `trace Root=1-2-3 1`,
      `receive 0`,
      `dead letters {"ApproximateNumberOfMessages": "1"}`,
      `list_dead_letter_source_queues ["q"]`,
      `start_message_move_task true`,
      `list_message_move_tasks COMPLETED 1`,
      `send_message_batch 9 ["InvalidMessageContents"]`,
      `receive_message 10`,
      `change_message_visibility_batch 10`,
      `delete_message_batch 10`,
      `left {"ApproximateNumberOfMessages": "0", "ApproximateNumberOfMessagesNotVisible": "0"}`,
      `duplicate true 20`,
      `no group MissingParameter 400 The request must contain the parameter MessageGroupId.`,
      `fifo one g`,
      `same attempt true`,
      `add_permission SQS:SendMessage`,
      `tags {"stage": "test"}`,
      `set_queue_attributes {"DelaySeconds": "3"}`,
      `purge_queue again AWS.SimpleQueueService.PurgeQueueInProgress 403 Only one PurgeQueue operation on q is allowed every 60 seconds.`,
      `too many InvalidParameterValue 400 Value 11 for parameter MaxNumberOfMessages is invalid. Reason: Must be between 1 and 10, if provided.`,
      `get_queue_url AWS.SimpleQueueService.NonExistentQueue 400 ${missing}`,
    ]);
    expect(code).toBe(0);
  });
});
