// A mapping over the world's ports whose runner is driven directly: for limits that no setting of a mapping can reach (a small state
// limit), and for a source that takes its time. One shard, and ten-second windows unless said.

import { onTestFinished } from "vitest";
import { EVENT_LIMIT_BYTES, IDLE_CLOSE_MS, STATE_LIMIT_BYTES } from "../../src/core/settings.ts";
import { createKinesisKind } from "../../src/kinds/kinesis/kinesis-kind.ts";
import type { KinesisRecord } from "../../src/kinds/kinesis/kinesis-record.ts";
import { nextTurn } from "../../src/platform/turn.ts";
import type { Entry } from "../../src/ports/journal.ts";
import type { MappingSpec } from "../../src/ports/mapping-spec.ts";
import { createMappingRunner, type MappingRunner } from "../../src/runtime/mapping-runner.ts";
import { createKeptJournal } from "../../src/sim/journal-digest.ts";
import { createSeededRandom } from "../../src/sim/seeded-random.ts";
import { createVirtualCheckpoints, calmStore } from "../../src/sim/virtual-checkpoints.ts";
import { createVirtualClock } from "../../src/sim/virtual-clock.ts";
import { createVirtualFunctions, type Handled } from "../../src/sim/virtual-functions.ts";
import { calmFates, createVirtualStream } from "../../src/sim/virtual-stream.ts";
import { shard } from "./told-house.ts";

const STARTS_AT_MS = 1_790_000_040_000;
const SECOND_MS = 1_000;

export interface SeenCall {
  readonly records: readonly { readonly kinesis: { readonly sequenceNumber: string } }[];
  readonly state: unknown;
  /** How many calls came before it. */
  readonly index: number;
}

export interface DrivenMapping {
  /** Puts so many records at this instant. */
  put(count?: number, key?: string, data?: string): void;
  pass(seconds: number): Promise<void>;
  update(changes: { readonly factor?: number; readonly lane?: Partial<MappingSpec["lane"]> }): void;
  /** The mapping stops in good order, and starts from what is stored. */
  restart(): Promise<void>;
  /** Of each call that has ended: the count of its records or how it ends its window, and its state where it has one. */
  told(): readonly string[];
  entries(): readonly Entry[];
}

export async function aDrivenMapping(
  handle: (call: SeenCall) => object | null,
  lane: Partial<MappingSpec["lane"]> = {},
  { readMs = 0, factor = 1 }: { readonly readMs?: number; readonly factor?: number } = {},
): Promise<DrivenMapping> {
  const clock = createVirtualClock(STARTS_AT_MS);
  const random = createSeededRandom(1);
  const journal = createKeptJournal(clock);
  const stream = createVirtualStream(clock);
  const store = createVirtualCheckpoints(clock);
  const texts: string[] = [];
  const context = { eventSourceArn: "arn:aws:kinesis:eu-west-1:0:stream/s", region: "eu-west-1", roleArn: "role" };
  const kind = createKinesisKind(context);
  let callCount = 0;
  let generation = 0;
  let spec: MappingSpec = { ...specOf(context, lane), parallelizationFactor: factor };
  let stopped = Promise.withResolvers<void>();
  stream.addShard(shard(0), []);

  /** Null: it throws. */
  function answer(eventText: () => string): Handled {
    const { Records: records, state } = JSON.parse(eventText());
    const answered = handle({ records, state, index: callCount++ });
    if (answered === null) return { kind: "threw", errorType: "Error", message: "told to", tookMs: 1 };
    return { kind: "returned", json: JSON.stringify(answered), tookMs: 1 };
  }

  function start(): MappingRunner {
    generation += 1;
    const started = createMappingRunner<KinesisRecord>({
      spec: { ...spec, generation },
      kind,
      source: stream.source(kind, {
        ...calmFates,
        read: () => ({ delayMs: readMs, problem: null, repeatCount: 0 }),
      }),
      invoker: createVirtualFunctions(
        clock,
        new Map([["f", { timeoutMs: 60_000, reservedConcurrency: null, handle: answer }]]),
        ({ eventText }) => void texts.push(eventText),
      ),
      reporter: { send: () => Promise.resolve({ kind: "delivered" }) },
      checkpoints: store.of(generation, calmStore),
      journal,
      clock,
      random,
      compileFilter: () => null,
      events: {
        positioned: () => undefined,
        updated: () => undefined,
        problem: () => undefined,
        stopped: () => stopped.resolve(),
        fenced: () => undefined,
      },
    });
    started.start();
    return started;
  }

  async function pass(seconds: number): Promise<void> {
    const untilMs = clock.nowMs() + seconds * SECOND_MS;
    await nextTurn();
    while (clock.runNext(untilMs)) await nextTurn();
    clock.passTo(untilMs);
  }

  let runner = start();
  onTestFinished(() => runner.stop({ isDelete: false, graceMs: 0 }));
  await pass(1);
  return {
    put(count = 1, key = "k", data = "{}") {
      for (let index = 0; index < count; index++) stream.put(shard(0), { key, data: Buffer.from(data) });
    },
    pass,
    update({ factor: parallelizationFactor = spec.parallelizationFactor, lane: changed = {} }) {
      spec = { ...spec, parallelizationFactor, lane: { ...spec.lane, ...changed } };
      runner.update({ ...spec, generation });
    },
    async restart() {
      stopped = Promise.withResolvers<void>();
      runner.stop({ isDelete: false, graceMs: 60_000 });
      await pass(1);
      await stopped.promise;
      runner = start();
      await pass(1);
    },
    told: () => texts.map(toldOf),
    entries: () => journal.entries(),
  };
}

function toldOf(text: string): string {
  const {
    Records: records,
    state,
    isFinalInvokeForWindow: isFinal,
    isWindowTerminatedEarly: isEarly,
  } = JSON.parse(text);
  const what = isEarly === true ? "early" : isFinal === true ? "final" : String(records.length);
  return state === undefined ? what : `${what} ${JSON.stringify(state).slice(0, 20)}`;
}

function specOf(
  context: Pick<MappingSpec, "eventSourceArn" | "region" | "roleArn">,
  lane: Partial<MappingSpec["lane"]>,
): MappingSpec {
  return {
    uuid: "m",
    generation: 0,
    ...context,
    functionArn: "arn:aws:lambda:eu-west-1:0:function:f",
    functionName: "f",
    source: { kind: "embeddedKinesis", streamName: "s" },
    start: { kind: "trimHorizon" },
    queue: null,
    parallelizationFactor: 1,
    lane: {
      batchSize: 100,
      windowMs: 0,
      windowFrom: "previousInvocation",
      retries: -1,
      maxAgeMs: -1,
      isBisecting: false,
      isReporting: false,
      tumblingMs: 10 * SECOND_MS,
      idleCloseMs: IDLE_CLOSE_MS,
      eventLimitBytes: EVENT_LIMIT_BYTES,
      stateLimitBytes: STATE_LIMIT_BYTES,
      ...lane,
    },
    filterPatterns: [],
    onFailureArn: null,
    isCountingEvents: false,
  };
}
