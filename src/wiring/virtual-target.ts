// A scenario's target under virtual time: the control plane and the runtime of production over the world's ports, and the scripted
// handler as its invoker.

import { createControlPlane, type Operation } from "../control/control-plane.ts";
import { nextTurn } from "../platform/turn.ts";
import type { Answer, Call } from "../ports/invoker.ts";
import type { Report, ReportAnswer } from "../ports/reporter.ts";
import { createKeptJournal } from "../sim/journal-digest.ts";
import { isObject, type JsonObject, type Scenario, type Script } from "../sim/scenario.ts";
import type { ScenarioTarget } from "../sim/scenario-target.ts";
import { runScript } from "../sim/script-handler.ts";
import { createSeededRandom } from "../sim/seeded-random.ts";
import { WORLD_STARTS_AT_MS } from "../sim/story.ts";
import type { SeenInvocation } from "../sim/transcript.ts";
import { createVirtualClock } from "../sim/virtual-clock.ts";
import { answerAt, createVirtualStream } from "../sim/virtual-stream.ts";
import { placeholdersOf, streamNameOf } from "./scenario-names.ts";
import { createMemoryTables, createVirtualPlacement } from "./virtual-house.ts";

/** What a handler takes unless the script says. */
const TOOK_MS = 2;
/** Arrivals of real records are not on whole seconds, where their text has no fraction (O-4). */
const OFF_THE_SECOND_MS = 137;
const SETTINGS = { partition: "aws", region: "us-east-1", accountId: "000000000000" };

export async function createVirtualTarget(scenario: Scenario, seed = 1): Promise<ScenarioTarget> {
  const clock = createVirtualClock(WORLD_STARTS_AT_MS + OFF_THE_SECOND_MS);
  const random = createSeededRandom(seed);
  const journal = createKeptJournal(clock);
  const stream = createVirtualStream(clock);
  const vars = placeholdersOf(scenario, SETTINGS);
  const invocations: SeenInvocation[] = [];
  const received: JsonObject[] = [];
  const functions = new Set((scenario.setup.functions ?? []).map(({ name }) => name));
  const shardCount = scenario.setup.source?.shards ?? 1;
  let isStreamThere = scenario.setup.source !== undefined && scenario.setup.source.exists !== false;
  for (let index = 0; index < shardCount; index++) stream.addShard(shardId(index), []);

  function invoke(call: Call): Promise<Answer> {
    const name = call.functionArn.split(":")[6] ?? "";
    const event: unknown = JSON.parse(call.text());
    const script: Script | null = scenario.handlers?.[name] ?? scenario.handler;
    const startMs = clock.nowMs();
    const tookMs = (script?.delay_s ?? 0) * 1000 + TOOK_MS;
    return answerAt(clock, startMs + tookMs, (): Answer => {
      invocations.push({
        function: name,
        start_ms: startMs,
        end_ms: clock.nowMs(),
        event: isObject(event) ? event : {},
      });
      const answer = script === null ? null : runScript(script, event);
      const executedVersion = "$LATEST";
      if (answer?.kind === "threw")
        return {
          kind: "functionError",
          reason: "threw",
          errorType: "Error",
          message: answer.message,
          trace: [],
          executedVersion,
          tookMs,
        };
      return { kind: "returned", json: answer?.json ?? "null", executedVersion, tookMs };
    });
  }

  function send(report: Report): Promise<ReportAnswer> {
    return answerAt(clock, clock.nowMs(), (): ReportAnswer => {
      const body: unknown = JSON.parse(report.body);
      const type = scenario.setup.destination?.type ?? "";
      if (type === "s3") received.push({ type, key: report.objectKey, body });
      else if (type === "sns") received.push({ type, message: report.body });
      else received.push({ type, body });
      return { kind: "delivered" };
    });
  }

  const placement = createVirtualPlacement({
    clock,
    random,
    journal,
    stream,
    invoker: { invoke },
    reporter: { send },
  });
  const control = createControlPlane({
    tables: createMemoryTables(),
    placement,
    functions: {
      find: (name) =>
        functions.has(name)
          ? {
              name,
              arn: vars[`${name}.arn`] ?? "",
              timeoutMs: 3_000,
              memoryMb: 128,
              environment: {},
              reservedConcurrency: null,
              runtime: "nodejs24.x",
              roleArn: vars[`${name}.role`] ?? "",
            }
          : null,
    },
    streams: {
      find: (streamName) =>
        Promise.resolve(
          isStreamThere && streamName === streamNameOf("source")
            ? { kind: "found", address: { kind: "embeddedKinesis", streamName } }
            : { kind: "missing" },
        ),
      addressOf: (streamName) => ({ kind: "embeddedKinesis", streamName }),
    },
    clock,
    random,
    journal,
    settings: SETTINGS,
  });

  /** Lets the world go on until a promise of it has settled. */
  async function settled<T>(work: Promise<T>): Promise<T> {
    let isSettled = false;
    const done = work.finally(() => {
      isSettled = true;
    });
    await nextTurn();
    while (!isSettled) {
      clock.runNext(Number.POSITIVE_INFINITY);
      await nextTurn();
    }
    return done;
  }

  async function pass(ms: number): Promise<void> {
    const untilMs = clock.nowMs() + ms;
    await nextTurn();
    while (clock.runNext(untilMs)) await nextTurn();
    clock.passTo(untilMs);
  }

  await settled(control.start());
  return {
    vars,
    async call(operation, params) {
      const { status, errorType, body } = await settled(control.call(operation as Operation, params));
      return { status, error: errorType, body };
    },
    send(records) {
      for (const { partitionKey = "", data = "" } of records)
        stream.put(shardId(shardOf(partitionKey, shardCount)), { key: partitionKey, data: Buffer.from(data) });
      return nextTurn();
    },
    deleteFunction(name) {
      functions.delete(name);
      return Promise.resolve();
    },
    deleteSource() {
      isStreamThere = false;
      stream.setMissing(true);
      return Promise.resolve();
    },
    async waitUntil(isTrue, withinMs) {
      const untilMs = clock.nowMs() + withinMs;
      for (;;) {
        await nextTurn();
        if (await isTrue()) return true;
        if (!clock.runNext(untilMs)) return false;
      }
    },
    pass,
    invocations: () => invocations,
    destination: () => Promise.resolve(received),
    close: () => control.close(),
  };
}

const shardId = (index: number): string => `shardId-${String(index).padStart(12, "0")}`;

/** Scenarios use one shard, or do not say where a key goes. */
const shardOf = (key: string, shardCount: number): number => key.length % shardCount;
