// Queues of a configuration: by name or with attributes, what they come to, what is refused, and how they are made at a start.

import { describe, expect, test } from "vitest";
import { makeConfiguredQueues } from "../../src/wiring/configured-queues.ts";
import { aServedHouse } from "../control/doubles/served.ts";
import { folderWith, load, refusal } from "./folder.ts";

const yaml = (text: string): string => folderWith({ "millrace.config.yaml": text });

const WHOLE = `queues:
  - failed
  - name: orders
    VisibilityTimeout: 60
    DelaySeconds: 1
    MessageRetentionPeriod: 3600
    ReceiveMessageWaitTimeSeconds: 20
    MaximumMessageSize: 2048
    RedrivePolicy: { deadLetterTargetArn: sqs:failed, maxReceiveCount: 3 }
  - { name: dead.fifo, FifoQueue: true }
  - name: steps.fifo
    ContentBasedDeduplication: true
    DeduplicationScope: messageGroup
    FifoThroughputLimit: perMessageGroupId
    RedrivePolicy: { deadLetterTargetArn: "arn:aws:sqs:us-east-1:000000000000:dead.fifo", maxReceiveCount: 1 }
`;

describe("queues of a configuration", () => {
  test("a name, or an object with AWS's attributes; a FIFO queue is one by its name", async () => {
    const { queues } = await load(yaml(WHOLE));
    expect(queues).toEqual([
      { name: "failed", settings: {} },
      {
        name: "orders",
        settings: {
          visibilityMs: 60_000,
          delayMs: 1_000,
          retentionMs: 3_600_000,
          receiveWaitMs: 20_000,
          maxMessageBytes: 2_048,
          redrive: { deadLetterQueue: "failed", maxReceiveCount: 3 },
        },
      },
      { name: "dead.fifo", settings: { isFifo: true } },
      {
        name: "steps.fifo",
        settings: {
          isFifo: true,
          isDeduplicatedByContent: true,
          deduplicationScope: "messageGroup",
          fifoThroughputLimit: "perMessageGroupId",
          redrive: { deadLetterQueue: "dead.fifo", maxReceiveCount: 1 },
        },
      },
    ]);
  });

  test("more idle pollers than pollers at most are refused", async () => {
    expect(await refusal(yaml("sqs: { idlePollers: 10, maxPollers: 5 }\n"))).toContain("over `maxPollers`, 5");
    expect(await load(yaml("sqs: { idlePollers: 5, maxPollers: 5 }\n"))).toBeDefined();
  });

  test("a mapping names one in short", async () => {
    const { mappings } = await load(
      yaml("functions: { f: { Handler: a.b } }\nmappings: [{ EventSourceArn: sqs:orders, FunctionName: f }]\n"),
    );
    expect(mappings).toEqual([{ EventSourceArn: "arn:aws:sqs:us-east-1:000000000000:orders", FunctionName: "f" }]);
  });

  test("an unknown attribute and one out of bounds are told at their place", async () => {
    expect(
      await refusal(yaml("queues:\n  - name: orders\n    VisibiltyTimeout: 60\n")),
    ).toBe(`error[config-unknown-key]: \`VisibiltyTimeout\` is no setting of a queue
  --> millrace.config.yaml:3:5
 3 |     VisibiltyTimeout: 60
   |     ^^^^^^^^^^^^^^^^ in queues[0]
help: VisibilityTimeout: 60    # whole seconds, 0 to 43,200
`);
    const above = await refusal(yaml("queues: [{ name: orders, DelaySeconds: 901 }]\n"));
    expect(above).toContain("error[config-invalid]: `DelaySeconds` is 901, above 900\n");
    expect(await refusal(yaml("queues: [{ VisibilityTimeout: 1 }]\n"))).toContain("`name` is missing in queues[0]");
    expect(await refusal(yaml("queues: [7]\n"))).toContain("has to be a name, or an object with name");
  });

  test.each([
    ["{ name: a, FifoQueue: true }", "`a` is the name of a standard queue", "name: a.fifo"],
    ["{ name: a.fifo, FifoQueue: false }", "`a.fifo` is the name of a FIFO queue", "FifoQueue: true"],
    ["{ name: a, ContentBasedDeduplication: true }", "`ContentBasedDeduplication` is for FIFO queues only", "a.fifo"],
    ["{ name: a.fifo, FifoThroughputLimit: perMessageGroupId }", "needs the scope messageGroup", "messageGroup"],
    ["a, a", "the queue `a` is there twice", "take one of the two away"],
    [
      "dead, { name: a, RedrivePolicy: { deadLetterTargetArn: sqs:daed, maxReceiveCount: 1 } }",
      "there is no queue `daed`",
      "help: dead",
    ],
    [
      "{ name: a, RedrivePolicy: { deadLetterTargetArn: 'arn:aws:sqs:x:1:a', maxReceiveCount: 1 } }",
      "is no queue of this account and region",
      "deadLetterTargetArn: sqs:NAME",
    ],
    [
      "{ name: a, RedrivePolicy: { deadLetterTargetArn: sqs:a, maxReceiveCount: 1 } }",
      "`a` cannot be its own queue for dead letters",
      "deadLetterTargetArn: sqs:NAME",
    ],
    [
      "d.fifo, { name: a, RedrivePolicy: { deadLetterTargetArn: sqs:d.fifo, maxReceiveCount: 1 } }",
      "go to a queue of its own kind",
      "deadLetterTargetArn: sqs:NAME",
    ],
  ])("[%s] is refused: %s", async (queues, what, help) => {
    const told = await refusal(yaml(`queues: [${queues}]\n`));
    expect(told).toContain(what);
    expect(told).toContain(help);
  });

  test("they are made where they are not there; one that is there stays as it is, and that is told", async () => {
    const { queues } = await aServedHouse();
    const config = await load(yaml(WHOLE));
    const told: string[] = [];
    await makeConfiguredQueues(config, queues, (text) => told.push(text));
    expect(told).toEqual([]);
    expect((await queues.describeQueue("steps.fifo"))?.settings).toMatchObject({ isFifo: true, visibilityMs: 30_000 });
    await queues.changeQueue("orders", { settings: { visibilityMs: 5_000, redrive: null, delayMs: 2_000 } });
    await makeConfiguredQueues(config, queues, (text) => told.push(text));
    const policy = '{"deadLetterTargetArn":"arn:aws:sqs:us-east-1:000000000000:failed","maxReceiveCount":3}';
    const stays = (attribute: string, has: string, wanted: string) =>
      `the queue orders has ${attribute} ${has}, not ${wanted} as configured, and keeps it: SetQueueAttributes changes that`;
    expect(told).toEqual([
      stays("DelaySeconds", "2", "1"),
      stays("VisibilityTimeout", "5", "60"),
      stays("RedrivePolicy", "not set", policy),
    ]);
    expect((await queues.describeQueue("orders"))?.settings).toMatchObject({ visibilityMs: 5_000, redrive: null });
  });
});
