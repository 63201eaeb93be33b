// A live load run against a server that runs already: source, function and mapping are made for the run and deleted after it, or an existing
// mapping is driven. Its journal is read from the state directory where that is at hand, else followed over HTTP.

import { existsSync, readFileSync } from "node:fs";
import { basename } from "node:path";
import type { Config } from "../../config/config.ts";
import { MillraceError } from "../../errors.ts";
import type { LoadPlan } from "../../load/plan/plan.ts";
import { statePaths } from "../../platform/state-directory.ts";
import { createSystemRandom } from "../../platform/system-random.ts";
import { zipOf } from "../scenario-functions.ts";
import { followServedJournal } from "./followed-journal.ts";
import { followJournal } from "./journal-tail.ts";
import { refuseHeld } from "./held-messages.ts";
import { createLiveCalls, type LiveCalls } from "./live-calls.ts";
import { liveHandlerText } from "./live-handler.ts";
import { createdMapping, enabledMapping, fromNow, type LiveHouse, mappingFor } from "./live-house.ts";
import { liveSource } from "./live-source.ts";

export interface EndpointPlace {
  readonly url: string;
  /** The server's, if it is on this machine and is this one; null: not known. */
  readonly stateDir: string | null;
  /** UUID of a mapping to drive as it is; null: one is made. */
  readonly mapping: string | null;
}

/** Rejects with MillraceError: `server-unreachable`, and `bad-argument` with what the server says, or where something of the name is there. */
export async function openEndpointHouse(plan: LoadPlan, config: Config, place: EndpointPlace): Promise<LiveHouse> {
  const calls = createLiveCalls(place.url);
  await calls.local("GET", "ready");
  const undo: (() => Promise<unknown>)[] = [];
  const giveBack = async (): Promise<void> => {
    for (const step of undo.splice(0).reverse()) await step().catch(() => undefined);
  };
  try {
    if (place.mapping === null) {
      await makeSource(plan, config, calls, undo);
      await makeFunction(plan, config, calls, undo);
    }
    const body = await mappingFor(plan, config, calls);
    const idPrefix = `load-${createSystemRandom().uuid("load")}`;
    const source = liveSource(plan, body, { config, url: place.url, idPrefix });
    await refuseHeld(calls, source, plan.source.text);
    let lost: MillraceError | null = null;
    const closers: (() => void)[] = [];
    return {
      calls,
      source,
      hasScratch: false,
      async mapping() {
        if (place.mapping !== null) return enabledMapping(calls, place.mapping);
        const made = await createdMapping(calls, isAlwaysThere(plan) ? fromNow(plan, body) : body);
        undo.push(() => calls.rest("DELETE", `/2015-03-31/event-source-mappings/${String(made["UUID"])}`, null));
        return made;
      },
      journal(uuid) {
        if (isServedFrom(place)) return followJournal(statePaths(place.stateDir ?? "").journalDir, uuid, true);
        const followed = followServedJournal(place.url, uuid, (error) => {
          lost = error;
        });
        closers.push(() => followed.close());
        return followed;
      },
      lost: () => lost,
      async close() {
        for (const close of closers.splice(0)) close();
        await giveBack();
      },
      remove: () => undefined,
    };
  } catch (error) {
    await giveBack();
    throw error;
  }
}

/** Whether the state directory is that of the server at this address. */
function isServedFrom({ url, stateDir }: EndpointPlace): boolean {
  if (stateDir === null) return false;
  const { urlFile } = statePaths(stateDir);
  if (!existsSync(urlFile)) return false;
  const announced = URL.parse(readFileSync(urlFile, "utf8").trim());
  return announced?.port === URL.parse(url)?.port;
}

/** A topic or a collection may be there before the run, and stays: what it holds is no part of it. */
const isAlwaysThere = ({ source }: LoadPlan): boolean => source.kind === "kafka" || source.kind === "documentdb";

type Undo = (() => Promise<unknown>)[];

async function makeSource({ source }: LoadPlan, config: Config, calls: LiveCalls, undo: Undo): Promise<void> {
  switch (source.kind) {
    case "kinesis": {
      const { stream: StreamName, shards: ShardCount } = source;
      await calls.target("Kinesis_20131202.CreateStream", { StreamName, ShardCount });
      undo.push(() => calls.target("Kinesis_20131202.DeleteStream", { StreamName }));
      return;
    }
    case "dynamodb": {
      const { table: TableName, keyName, view: StreamViewType } = source;
      await calls.target("DynamoDB_20120810.CreateTable", {
        TableName,
        KeySchema: [{ AttributeName: keyName, KeyType: "HASH" }],
        AttributeDefinitions: [{ AttributeName: keyName, AttributeType: "S" }],
        BillingMode: "PAY_PER_REQUEST",
        StreamSpecification: { StreamEnabled: true, StreamViewType },
      });
      undo.push(() => calls.target("DynamoDB_20120810.DeleteTable", { TableName }));
      return;
    }
    case "sqs": {
      const { queue: QueueName, isFifo, visibilityMs, deadLetters } = source;
      const { QueueUrls: there } = await calls.target("AmazonSQS.ListQueues", { QueueNamePrefix: QueueName });
      if (Array.isArray(there) && there.some((url) => basename(String(url)) === QueueName))
        throw new MillraceError("bad-argument", `the server has a queue ${QueueName} already: a run makes its own`, {
          help: "millrace load --mapping UUID …    # drives a mapping that is there",
        });
      const fifo = isFifo ? { FifoQueue: "true" } : {};
      const deadLetterName = `${QueueName.replace(/\.fifo$/, "")}-load-dead-letters${isFifo ? ".fifo" : ""}`;
      if (deadLetters !== null) await makeQueue(deadLetterName, fifo, calls, undo);
      const redrive = {
        deadLetterTargetArn: `arn:aws:sqs:${config.region}:${config.account}:${deadLetterName}`,
        maxReceiveCount: deadLetters?.maxReceiveCount,
      };
      const attributes = {
        ...fifo,
        VisibilityTimeout: String(visibilityMs / 1_000),
        ...(deadLetters === null ? {} : { RedrivePolicy: JSON.stringify(redrive) }),
      };
      await makeQueue(QueueName, attributes, calls, undo);
      return;
    }
    default:
      // Queues of brokers, topics and collections are there once something is sent to them.
      return;
  }
}

async function makeQueue(
  QueueName: string,
  Attributes: Readonly<Record<string, string>>,
  calls: LiveCalls,
  undo: Undo,
): Promise<void> {
  const { QueueUrl } = await calls.target("AmazonSQS.CreateQueue", { QueueName, Attributes });
  undo.push(() => calls.target("AmazonSQS.DeleteQueue", { QueueUrl }));
}

async function makeFunction(plan: LoadPlan, config: Config, calls: LiveCalls, undo: Undo): Promise<void> {
  const { name, timeoutMs, memoryMb, reservedConcurrency, does } = plan.function;
  if (does.kind === "file")
    throw new MillraceError("bad-argument", `a running server is not given ${does.file}: it has functions of its own`, {
      help: "millrace load --endpoint URL --mapping UUID …    # a mapping of that server; or leave --endpoint out",
    });
  await calls.rest("POST", "/2015-03-31/functions", {
    FunctionName: name,
    Runtime: "nodejs24.x",
    Handler: "index.handler",
    Role: `arn:aws:iam::${config.account}:role/${name}`,
    Timeout: timeoutMs / 1_000,
    MemorySize: memoryMb,
    Code: { ZipFile: zipOf("index.mjs", liveHandlerText(plan, does)).toString("base64") },
  });
  undo.push(() => calls.rest("DELETE", `/2015-03-31/functions/${name}`, null));
  if (reservedConcurrency !== null)
    await calls.rest("PUT", `/2017-10-31/functions/${name}/concurrency`, {
      ReservedConcurrentExecutions: reservedConcurrency,
    });
}
