// A scenario's target in real time: a server of its own in a temporary folder, spoken to through its public API only. The scripted
// handler is a handler file that notes down each of its calls.

import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import type { Config } from "../config/config.ts";
import { loadConfig } from "../config/load-config.ts";
import { assertNever } from "../core/assert-never.ts";
import { startMillrace } from "../main.ts";
import { createSystemClock } from "../platform/system-clock.ts";
import { createSystemRandom } from "../platform/system-random.ts";
import { statePaths } from "../platform/state-directory.ts";
import {
  DEFAULT_KEY,
  isObject,
  type JsonObject,
  type Scenario,
  type Script,
  type SourceSetup,
} from "../sim/scenario.ts";
import type { ScenarioOperation, ScenarioTarget } from "../sim/scenario-target.ts";
import { isHandlerFile } from "../sim/scenario-handler-schema.ts";
import { Stuck, Unbuilt } from "../sim/stuck.ts";
import type { SeenAnswer, SeenInvocation } from "../sim/transcript.ts";
import { scriptedHandlerModule } from "../threads/entries.ts";
import { openRedisStreams } from "./configured-streams.ts";
import { isMadeByCalls, makeWithVersions } from "./scenario-functions.ts";
import { createScenarioTable, writeCall } from "./scenario-table.ts";
import {
  deadLetterQueueOf,
  DESTINATION_NAME,
  placeholdersOf,
  SETTINGS,
  storedNameOf,
  streamNameOf,
} from "./scenario-names.ts";
import { makeQueues, sendMessages, type SqsCall, urlOf } from "./scenario-queues.ts";

const DEFAULT_TIMEOUT_S = 3;
/** A wait looks again at each journal entry, and at least this often. */
const LOOK_AGAIN_MS = 50;

/** `redisUrl`: streams are in that Redis, under a prefix of their own, and are deleted at the end. Default: the embedded store. */
export async function createLiveTarget(
  scenario: Scenario,
  { redisUrl = null }: { readonly redisUrl?: string | null } = {},
): Promise<ScenarioTarget> {
  const clock = createSystemClock();
  const startedMs = clock.monotonicMs();
  const folder = mkdtempSync(join(tmpdir(), "millrace-scenario-"));
  const callsFile = join(folder, "calls.jsonl");
  writeFileSync(callsFile, "");
  const vars = placeholdersOf(scenario, SETTINGS);
  writeFileSync(
    join(folder, "millrace.config.json"),
    JSON.stringify(configOf(scenario, folder, { callsFile, redisUrl })),
  );
  const config = await loadConfig({
    file: join(folder, "millrace.config.json"),
    cwd: folder,
    env: {},
    cliOptions: { host: null, port: 0, stateDir: join(folder, "state") },
  });
  const isTable = scenario.setup.source?.type === "dynamodb-stream";
  const changeOf = createScenarioTable(scenario.setup.source?.key);
  const wakers = new Set<() => void>();
  const server = await startMillrace({
    config,
    version: "scenario",
    onEntries: () => {
      for (const wake of wakers) wake();
    },
    onFatal: (error) => {
      throw error;
    },
  });

  for (const setup of (scenario.setup.functions ?? []).filter((each) => isMadeByCalls(each, scenario))) {
    const code = handlerFile(setup.name, scriptOf(scenario, setup.name), callsFile);
    const role = vars[`${setup.name}.role`] ?? "";
    await makeWithVersions((method, path, body) => ask(server.url, method, path, body), setup, { code, role });
  }

  // What a start costs is no part of what a scenario measures: a queue's visibility counts from the receive, before it.
  for (const { name } of (scenario.setup.functions ?? []).filter((each) => !isMadeByCalls(each, scenario)))
    await ask(server.url, "POST", `/2015-03-31/functions/${name}/invocations`, { isWarmUp: true });

  /** Until something may have changed. */
  function change(atMostMs: number): Promise<void> {
    return new Promise((resolve) => {
      const done = (): void => {
        wakers.delete(done);
        cancel();
        resolve();
      };
      const cancel = clock.wakeAt(clock.nowMs() + Math.min(atMostMs, LOOK_AGAIN_MS), done);
      wakers.add(done);
    });
  }

  const pass = (ms: number): Promise<void> =>
    new Promise((resolve) => {
      clock.wakeAt(clock.nowMs() + ms, resolve);
    });

  const kinesis = (operation: string, body: JsonObject): Promise<JsonObject> =>
    callTarget(server.url, { target: `Kinesis_20131202.${operation}`, version: "1.1" }, body);
  const tables = (operation: string, body: JsonObject): Promise<JsonObject> =>
    callTarget(server.url, { target: `DynamoDB_20120810.${operation}`, version: "1.0" }, body);

  const sqs: SqsCall = (operation, body) =>
    callTarget(server.url, { target: `AmazonSQS.${operation}`, version: "1.0" }, body);
  const queueName = scenario.setup.source?.type === "sqs-queue" ? storedNameOf(scenario.setup.source, "source") : null;
  const deadLetterQueue = deadLetterQueueOf(scenario);
  await makeQueues(scenario, sqs);

  for (const source of ["source", "other_source"] as const) {
    const setup = scenario.setup[source];
    if (setup?.type !== "dynamodb-stream" || setup.exists === false) continue;
    const { TableDescription: made } = await tables("CreateTable", tableOf(streamNameOf(source), setup));
    vars[`${source}.arn`] = isObject(made) ? String(made["LatestStreamArn"]) : "";
  }

  async function messagesIn(queue: string): Promise<readonly { readonly messageId: string; readonly body: string }[]> {
    const answer = await fetch(`${server.url}/_millrace/queues/${queue}/messages`);
    const { messages }: { messages: { messageId: string; body: string }[] } = JSON.parse(await answer.text());
    return messages;
  }

  async function destination(): Promise<readonly JsonObject[]> {
    const type = scenario.setup.destination?.type;
    if (type === undefined) return [];
    if (type === "s3") return objectsIn(join(statePaths(config.stateDir).bucketRoot, DESTINATION_NAME));
    const messages = await messagesIn(DESTINATION_NAME);
    return messages.map(({ body }) => (type === "sns" ? { type, message: body } : { type, body: JSON.parse(body) }));
  }

  return {
    vars,
    call: (operation, params) => callLambda(server.url, operation, params),
    async send(records, isOneCall) {
      if (queueName !== null) return sendMessages(scenario, records, { call: sqs, isOneCall });
      if (isTable) {
        // The calls say nothing of the stream's records: what was sent is known by its change.
        const changes: JsonObject[] = [];
        for (const record of records) {
          const { operation, body } = writeCall(record, streamNameOf("source"), scenario.setup.source?.key);
          await tables(operation, body);
          const change = changeOf(record);
          if (change === null) changes.push({});
          else {
            const { eventName, keys: Keys, newImage: NewImage } = change;
            changes.push({ change: { eventName, Keys, ...(NewImage === null ? {} : { NewImage }) } });
          }
        }
        return changes;
      }
      const StreamName = streamNameOf("source");
      const entries = records.map(({ partitionKey = "", data = "" }) => ({
        PartitionKey: partitionKey,
        Data: Buffer.from(data).toString("base64"),
      }));
      if (isOneCall) {
        const { Records: given } = await kinesis("PutRecords", { StreamName, Records: entries });
        return Array.isArray(given) ? given.filter(isObject).map(sentOf) : [];
      }
      const sent: JsonObject[] = [];
      for (const entry of entries) sent.push(sentOf(await kinesis("PutRecord", { StreamName, ...entry })));
      return sent;
    },
    async deleteFunction(name) {
      await ask(server.url, "DELETE", `/2015-03-31/functions/${name}`, null);
    },
    async deleteSource() {
      if (queueName !== null) await sqs("DeleteQueue", { QueueUrl: urlOf(queueName) });
      else if (isTable) await tables("DeleteTable", { TableName: streamNameOf("source") });
      else await kinesis("DeleteStream", { StreamName: streamNameOf("source") });
    },
    async purgeSource() {
      if (queueName === null) throw new Stuck("purge-queue: the source is no queue");
      await sqs("PurgeQueue", { QueueUrl: urlOf(queueName) });
    },
    async deadLetters() {
      if (deadLetterQueue === null) return [];
      return (await messagesIn(deadLetterQueue)).map(({ messageId, body }) => ({ messageId, body }));
    },
    async sourceLeft() {
      if (queueName === null || scenario.setup.source?.exists === false) return null;
      const names = ["", "NotVisible", "Delayed"].map((each) => `ApproximateNumberOfMessages${each}`);
      const answer = await sqs("GetQueueAttributes", { QueueUrl: urlOf(queueName), AttributeNames: names });
      const attributes = isObject(answer["Attributes"]) ? answer["Attributes"] : {};
      return names.reduce((sum, name) => sum + Number(attributes[name] ?? 0), 0);
    },
    async waitUntil(isTrue, withinMs) {
      const untilMs = clock.nowMs() + withinMs;
      for (;;) {
        if (await isTrue()) return true;
        const leftMs = untilMs - clock.nowMs();
        if (leftMs <= 0) return false;
        await change(leftMs);
      }
    },
    pass,
    world: null,
    elapsedMs: () => clock.monotonicMs() - startedMs,
    invocationCount: () => callsIn(callsFile, scenario, clock.nowMs()).length,
    invocations: () => callsIn(callsFile, scenario, clock.nowMs()),
    destination,
    async close() {
      await deleteQueues(sqs);
      await server.stop(5_000);
      await deleteStreams(config);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function callTarget(
  url: string,
  { target, version }: { readonly target: string; readonly version: string },
  body: JsonObject,
): Promise<JsonObject> {
  const answer = await fetch(url, {
    method: "POST",
    headers: { "content-type": `application/x-amz-json-${version}`, "x-amz-target": target },
    body: JSON.stringify(body),
  });
  const text = await answer.text();
  if (!answer.ok) throw new Stuck(`${target} answered ${text}`);
  const parsed: unknown = text === "" ? {} : JSON.parse(text);
  return isObject(parsed) ? parsed : {};
}

/** The CreateTable call of a table with one key, a text. */
const tableOf = (TableName: string, { key = DEFAULT_KEY, view = "NEW_AND_OLD_IMAGES" }: SourceSetup): JsonObject => ({
  TableName,
  KeySchema: [{ AttributeName: key, KeyType: "HASH" }],
  AttributeDefinitions: [{ AttributeName: key, AttributeType: "S" }],
  BillingMode: "PAY_PER_REQUEST",
  StreamSpecification: { StreamEnabled: true, StreamViewType: view },
});

/** All that there are: those in Redis would be left there. */
async function deleteQueues(sqs: SqsCall): Promise<void> {
  const { QueueUrls: urls } = await sqs("ListQueues", {});
  for (const QueueUrl of Array.isArray(urls) ? urls : []) await sqs("DeleteQueue", { QueueUrl });
}

/** Those in Redis, which are under the scenario's own prefix: it is left as it was. */
async function deleteStreams(config: Config): Promise<void> {
  const streams = await openRedisStreams(config, { clock: createSystemClock(), onProblem: () => undefined });
  const listed = await streams?.list();
  for (const name of listed?.kind === "names" ? listed.names : []) await streams?.delete(name);
  await streams?.close();
}

function configOf(
  scenario: Scenario,
  folder: string,
  { callsFile, redisUrl }: { readonly callsFile: string; readonly redisUrl: string | null },
): JsonObject {
  const functions: Record<string, JsonObject> = {};
  for (const setup of (scenario.setup.functions ?? []).filter((each) => !isMadeByCalls(each, scenario))) {
    const { name, timeout_s, reserved_concurrency } = setup;
    writeFileSync(join(folder, `${name}.mjs`), handlerFile(name, scriptOf(scenario, name), callsFile));
    functions[name] = {
      Handler: `${name}.handler`,
      Role: placeholdersOf(scenario, SETTINGS)[`${name}.role`] ?? "",
      ...(timeout_s === undefined ? {} : { Timeout: timeout_s }),
      ...(reserved_concurrency === undefined ? {} : { ReservedConcurrentExecutions: reserved_concurrency }),
    };
  }
  const streams: Record<string, JsonObject> = {};
  for (const source of ["source", "other_source"] as const) {
    const setup = scenario.setup[source];
    if (setup?.type === "kinesis-stream" && setup.exists !== false)
      streams[streamNameOf(source)] = { shards: setup.shards ?? 1 };
  }
  const { destination } = scenario.setup;
  return {
    functions,
    streams,
    ...(destination?.type === "sqs" || destination?.type === "sns" ? { queues: [DESTINATION_NAME] } : {}),
    ...(destination?.type === "sns"
      ? { topics: { [DESTINATION_NAME]: { queues: [DESTINATION_NAME], raw: true } } }
      : {}),
    ...(destination?.type === "s3" ? { buckets: [DESTINATION_NAME] } : {}),
    pollers: 1,
    ...(redisUrl === null ? {} : { brokers: { redis: { url: redisUrl, keyPrefix: ownPrefix() } } }),
  };
}

/** Of streams and queues, under which no other scenario has any. */
const ownPrefix = (): string => `millrace-scenario-${createSystemRandom().uuid("prefix")}:`;

function scriptOf(scenario: Scenario, name: string): Script {
  const handler = scenario.handlers[name] ?? scenario.handler ?? { do: "return", value: null };
  if (isHandlerFile(handler)) throw new Unbuilt("handlers of a file are for simulated time");
  return handler;
}

const handlerFile = (functionName: string, script: Script, callsFile: string): string =>
  `import { scriptedHandler } from ${JSON.stringify(fileURLToPath(scriptedHandlerModule()))};
export const handler = scriptedHandler(${JSON.stringify({ functionName, script, callsFile })});
`;

/** Calls that have ended, by their own note or by their time-out. */
function callsIn(file: string, scenario: Scenario, nowMs: number): readonly SeenInvocation[] {
  const begun = new Map<string, Omit<SeenInvocation, "end_ms">>();
  const ended = new Map<string, number>();
  // The last piece is empty, or a line that is being written.
  for (const line of readFileSync(file, "utf8").split("\n").slice(0, -1)) {
    const noted: { call: string; end_ms?: number } & Omit<SeenInvocation, "end_ms"> = JSON.parse(line);
    if (noted.end_ms === undefined) begun.set(noted.call, noted);
    else ended.set(noted.call, noted.end_ms);
  }
  const timeoutMs = (name: string): number => {
    // `function:1` is a version of it.
    const setup = (scenario.setup.functions ?? []).find((each) => each.name === name.split(":")[0]);
    return (setup?.timeout_s ?? DEFAULT_TIMEOUT_S) * 1000;
  };
  return [...begun]
    .map(([call, each]) => ({
      function: each.function,
      start_ms: each.start_ms,
      end_ms: ended.get(call) ?? each.start_ms + timeoutMs(each.function),
      event: each.event,
    }))
    .filter(({ end_ms }) => end_ms <= nowMs)
    .sort((a, b) => a.start_ms - b.start_ms);
}

const sentOf = ({ SequenceNumber, ShardId }: JsonObject): JsonObject => ({
  sequenceNumber: SequenceNumber,
  shardId: ShardId,
});

function objectsIn(root: string): readonly JsonObject[] {
  const files = (folder: string): readonly string[] => {
    if (statSync(folder, { throwIfNoEntry: false }) === undefined) return [];
    return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
      const path = join(folder, entry.name);
      return entry.isDirectory() ? files(path) : [path];
    });
  };
  return files(root).map((path) => ({
    type: "s3",
    key: relative(root, path),
    body: JSON.parse(readFileSync(path, "utf8")),
  }));
}

const MAPPINGS = "/2015-03-31/event-source-mappings";

/** One operation as the SDKs send it. */
async function callLambda(url: string, operation: ScenarioOperation, params: JsonObject): Promise<SeenAnswer> {
  const { UUID, Resource, TagKeys, ...rest } = params;
  const mapping = `${MAPPINGS}/${encodeURIComponent(String(UUID))}`;
  const tags = `/2017-03-31/tags/${encodeURIComponent(String(Resource))}`;
  switch (operation) {
    case "CreateEventSourceMapping":
      return ask(url, "POST", MAPPINGS, params);
    case "GetEventSourceMapping":
      return ask(url, "GET", mapping, null);
    case "UpdateEventSourceMapping":
      return ask(url, "PUT", mapping, rest);
    case "DeleteEventSourceMapping":
      return ask(url, "DELETE", mapping, null);
    case "ListEventSourceMappings":
      return ask(url, "GET", `${MAPPINGS}?${queryOf(params)}`, null);
    case "TagResource":
      return ask(url, "POST", tags, rest);
    case "UntagResource":
      return ask(url, "DELETE", `${tags}?${queryOf({ tagKeys: TagKeys })}`, null);
    case "ListTags":
      return ask(url, "GET", tags, null);
    default:
      return assertNever(operation);
  }
}

function queryOf(members: JsonObject): string {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(members))
    for (const each of Array.isArray(value) ? value : [value]) if (each !== undefined) query.append(name, String(each));
  return query.toString();
}

async function ask(url: string, method: string, path: string, body: JsonObject | null): Promise<SeenAnswer> {
  const answer = await fetch(`${url}${path}`, {
    method,
    ...(body === null ? {} : { headers: { "content-type": "application/json" }, body: JSON.stringify(body) }),
  });
  const text = await answer.text();
  const parsed: unknown = text === "" ? {} : JSON.parse(text);
  return { status: answer.status, error: answer.headers.get("x-amzn-errortype"), body: isObject(parsed) ? parsed : {} };
}
