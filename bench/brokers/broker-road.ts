// The road of a mapping on a broker in one thread: the adapter, the runner, the packed event, and a handler that has it parsed. Function
// threads are left out: the row "function hop" has them.

import { randomUUID } from "node:crypto";
import type { Rec } from "../../src/core/record.ts";
import { EVENT_LIMIT_BYTES, IDLE_CLOSE_MS, STATE_LIMIT_BYTES } from "../../src/core/settings.ts";
import { createActiveMqKind } from "../../src/kinds/activemq/activemq-kind.ts";
import { createRabbitMqKind } from "../../src/kinds/rabbitmq/rabbitmq-kind.ts";
import { unpack } from "../../src/kinds/unpackers.ts";
import { createSystemClock } from "../../src/platform/system-clock.ts";
import { createSystemRandom } from "../../src/platform/system-random.ts";
import type { AckSource } from "../../src/ports/ack-source.ts";
import type { BrokerAddress, BrokerSpec } from "../../src/ports/mapping-spec.ts";
import type { SourceKind } from "../../src/ports/source-kind.ts";
import { createAckRunner } from "../../src/runtime/ack-runner.ts";
import { createActiveMqSource } from "../../workers/activemq/activemq-source.ts";
import { createRabbitMqSource } from "../../workers/rabbitmq/rabbitmq-source.ts";

export type Engine = "rabbitMq" | "activeMq";

export interface RoadRun {
  readonly engine: Engine;
  readonly url: string;
  readonly queue: string;
  readonly batchSize: number;
  readonly messageCount: number;
}

const ARN = "arn:aws:mq:us-east-1:000000000000:broker:bench:b-1";

/** Ms from the first call until everything is settled and the mapping has stopped. */
export async function runRoad(run: RoadRun): Promise<number> {
  const { username, password, host, protocol } = new URL(run.url);
  const clock = createSystemClock();
  const address = {
    kind: run.engine,
    url: `${protocol}//${host}`,
    caFile: null,
    secretArn: "",
    queueName: run.queue,
    virtualHost: "/",
  } as const;
  const options = {
    address,
    consumerCount: 1,
    nowMs: () => clock.nowMs(),
    login: () => Promise.resolve({ username, password }),
  };
  const context = { eventSourceArn: ARN, queueName: run.queue, virtualHost: "/" };
  return run.engine === "rabbitMq"
    ? await drive(run, address, { source: createRabbitMqSource(options), kind: createRabbitMqKind(context) })
    : await drive(run, address, { source: createActiveMqSource(options), kind: createActiveMqKind(context) });
}

async function drive<R extends Rec>(
  run: RoadRun,
  address: BrokerAddress,
  parts: { readonly source: AckSource<R>; readonly kind: SourceKind<R> },
): Promise<number> {
  const clock = createSystemClock();
  const stopped = Promise.withResolvers<void>();
  let firstAtMs = 0;
  let seenCount = 0;
  const runner = createAckRunner<R>({
    ...parts,
    spec: specOf(run, address),
    invoker: {
      invoke(call) {
        if (seenCount === 0) firstAtMs = performance.now();
        unpack(call.pack());
        seenCount += call.recordCount;
        if (seenCount === run.messageCount) queueMicrotask(() => runner.stop({ isDelete: false, graceMs: 60_000 }));
        return Promise.resolve({ kind: "returned", json: null, executedVersion: "$LATEST", tookMs: 0 });
      },
    },
    reporter: { send: () => Promise.resolve({ kind: "refused", detail: "a broker has no destinations" }) },
    journal: { append: () => {} },
    clock,
    random: createSystemRandom(),
    compileFilter: () => null,
    events: {
      positioned: () => {},
      updated: () => {},
      problem: () => {},
      unrecoverable: () => {},
      stopped: () => stopped.resolve(),
    },
  });
  runner.start();
  await stopped.promise;
  return performance.now() - firstAtMs;
}

function specOf({ batchSize }: RoadRun, source: BrokerAddress): BrokerSpec {
  return {
    uuid: randomUUID(),
    generation: 1,
    eventSourceArn: ARN,
    region: "us-east-1",
    functionArn: "arn:aws:lambda:us-east-1:000000000000:function:bench",
    functionName: "bench",
    roleArn: "",
    start: { kind: "trimHorizon" },
    parallelizationFactor: 1,
    lane: {
      batchSize,
      windowMs: 500,
      windowFrom: "firstRecord",
      retries: 6,
      maxAgeMs: -1,
      isBisecting: false,
      isReporting: false,
      tumblingMs: 0,
      idleCloseMs: IDLE_CLOSE_MS,
      eventLimitBytes: EVENT_LIMIT_BYTES,
      stateLimitBytes: STATE_LIMIT_BYTES,
      acknowledged: { onFailure: "hold", retryPauseMs: 1_000, holdLimitMs: null },
    },
    filterPatterns: [],
    onFailureArn: null,
    isCountingEvents: false,
    source,
    queue: null,
    broker: { disabledAfterMs: 600_000, consumerCount: 1 },
  };
}
