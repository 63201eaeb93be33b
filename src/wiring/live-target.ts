// A scenario's target in real time: a server of its own in a temporary folder, spoken to through its public API only. The scripted
// handler is a handler file that notes down each of its calls.

import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { loadConfig } from "../config/load-config.ts";
import { MillraceError } from "../errors.ts";
import { startMillrace } from "../main.ts";
import { createSystemClock } from "../platform/system-clock.ts";
import { statePaths } from "../platform/state-directory.ts";
import { isObject, type JsonObject, type Scenario } from "../sim/scenario.ts";
import type { ScenarioTarget } from "../sim/scenario-target.ts";
import type { SeenAnswer, SeenInvocation } from "../sim/transcript.ts";
import { scriptHandlerModule } from "../threads/entries.ts";
import { DESTINATION_NAME, placeholdersOf, streamNameOf } from "./scenario-names.ts";

const SETTINGS = { partition: "aws", region: "us-east-1", accountId: "000000000000" };
/** A wait looks again at each journal entry, and at least this often. */
const LOOK_AGAIN_MS = 50;

export async function createLiveTarget(scenario: Scenario): Promise<ScenarioTarget> {
  const clock = createSystemClock();
  const folder = mkdtempSync(join(tmpdir(), "millrace-scenario-"));
  const callsFile = join(folder, "calls.jsonl");
  writeFileSync(callsFile, "");
  const vars = placeholdersOf(scenario, SETTINGS);
  writeFileSync(join(folder, "millrace.config.json"), JSON.stringify(configOf(scenario, folder, callsFile)));
  const config = await loadConfig({
    file: join(folder, "millrace.config.json"),
    cwd: folder,
    env: {},
    cliOptions: { host: null, port: 0, stateDir: join(folder, "state") },
  });
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

  async function kinesis(operation: string, body: JsonObject): Promise<void> {
    const answer = await fetch(server.url, {
      method: "POST",
      headers: { "content-type": "application/x-amz-json-1.1", "x-amz-target": `Kinesis_20131202.${operation}` },
      body: JSON.stringify(body),
    });
    if (!answer.ok) throw new MillraceError("scenario-invalid", `${operation} answered ${await answer.text()}`);
  }

  async function destination(): Promise<readonly JsonObject[]> {
    const type = scenario.setup.destination?.type;
    if (type === undefined) return [];
    if (type === "s3") return objectsIn(join(statePaths(config.stateDir).bucketRoot, DESTINATION_NAME));
    const answer = await fetch(`${server.url}/_millrace/queues/${DESTINATION_NAME}/messages`);
    const { messages }: { messages: { body: string }[] } = JSON.parse(await answer.text());
    return messages.map(({ body }) => (type === "sns" ? { type, message: body } : { type, body: JSON.parse(body) }));
  }

  return {
    vars,
    call: (operation, params) => callLambda(server.url, operation, params),
    async send(records, isOneCall) {
      const StreamName = streamNameOf("source");
      const entries = records.map(({ partitionKey = "", data = "" }) => ({
        PartitionKey: partitionKey,
        Data: Buffer.from(data).toString("base64"),
      }));
      if (isOneCall) return kinesis("PutRecords", { StreamName, Records: entries });
      for (const entry of entries) await kinesis("PutRecord", { StreamName, ...entry });
    },
    deleteFunction: () =>
      Promise.reject(new MillraceError("scenario-invalid", "functions cannot be deleted through the API yet")),
    deleteSource: () => kinesis("DeleteStream", { StreamName: streamNameOf("source") }),
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
    invocations: () => callsIn(callsFile),
    destination,
    async close() {
      await server.stop(5_000);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function configOf(scenario: Scenario, folder: string, callsFile: string): JsonObject {
  const functions: Record<string, JsonObject> = {};
  for (const { name, timeout_s, reserved_concurrency } of scenario.setup.functions ?? [{ name: "function" }]) {
    const script = scenario.handlers?.[name] ?? scenario.handler ?? { do: "return", value: null };
    writeFileSync(join(folder, `${name}.mjs`), handlerFile(name, JSON.stringify(script), callsFile));
    functions[name] = {
      Handler: `${name}.handler`,
      Role: placeholdersOf(scenario, SETTINGS)[`${name}.role`] ?? "",
      ...(timeout_s === undefined ? {} : { Timeout: timeout_s }),
      ...(reserved_concurrency === undefined ? {} : { ReservedConcurrentExecutions: reserved_concurrency }),
    };
  }
  const { source, destination } = scenario.setup;
  const isThere = source !== undefined && source.exists !== false;
  return {
    functions,
    ...(isThere ? { streams: { [streamNameOf("source")]: { shards: source.shards ?? 1 } } } : {}),
    ...(destination?.type === "sqs" || destination?.type === "sns" ? { queues: [DESTINATION_NAME] } : {}),
    ...(destination?.type === "sns"
      ? { topics: { [DESTINATION_NAME]: { queues: [DESTINATION_NAME], raw: true } } }
      : {}),
    ...(destination?.type === "s3" ? { buckets: [DESTINATION_NAME] } : {}),
    pollers: 1,
  };
}

const handlerFile = (name: string, script: string, callsFile: string): string => `
import { appendFileSync } from "node:fs";
import { runScript } from ${JSON.stringify(fileURLToPath(scriptHandlerModule()))};
const script = ${script};
export const handler = async (event) => {
  const start_ms = Date.now();
  if (script.delay_s) await new Promise((resolve) => setTimeout(resolve, script.delay_s * 1000));
  appendFileSync(${JSON.stringify(callsFile)}, JSON.stringify({ function: ${JSON.stringify(name)}, start_ms, end_ms: Date.now(), event }) + "\\n");
  const answer = runScript(script, event);
  if (answer?.kind === "threw") throw new Error(answer.message);
  return answer === null || answer.json === "" ? "" : JSON.parse(answer.json);
};
`;

function callsIn(file: string): readonly SeenInvocation[] {
  const lines = readFileSync(file, "utf8").split("\n");
  // The last piece is empty, or a line that is being written.
  const calls: SeenInvocation[] = lines.slice(0, -1).map((line) => JSON.parse(line));
  return calls.sort((a, b) => a.start_ms - b.start_ms);
}

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
async function callLambda(url: string, operation: string, params: JsonObject): Promise<SeenAnswer> {
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
      throw new MillraceError("scenario-invalid", `the operation ${operation} is not built yet`);
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
