// A fault of a broker that waiting does not mend, under virtual time: when it is said, and until when.

import { expect, test } from "vitest";
import { EVENT_LIMIT_BYTES, IDLE_CLOSE_MS, STATE_LIMIT_BYTES } from "../../src/core/settings.ts";
import type { Rec } from "../../src/core/record.ts";
import { nextTurn } from "../../src/platform/turn.ts";
import type { BrokerSpec } from "../../src/ports/mapping-spec.ts";
import type { SourceProblem } from "../../src/ports/source.ts";
import type { SourceKind } from "../../src/ports/source-kind.ts";
import { createAckRunner } from "../../src/runtime/ack-runner.ts";
import { createKeptJournal } from "../../src/sim/journal-digest.ts";
import { createSeededRandom } from "../../src/sim/seeded-random.ts";
import { createVirtualClock } from "../../src/sim/virtual-clock.ts";

const kind: SourceKind<Rec> = {
  name: "told",
  envelopeBytes: 2,
  windowBytes: () => 0,
  laneKey: () => new Uint8Array(0),
  identifier: () => "",
  position: () => "",
  filterView: () => ({ metadata: {}, dataMember: "data", dataText: "" }),
  pack: () => ({ kind: "json", buffer: new ArrayBuffer(0), constants: {} }),
  text: () => "[]",
  batchInfo: () => ({ name: "none", members: {} }),
};

const spec: BrokerSpec = {
  uuid: "00000000-0000-4000-8000-000000000001",
  generation: 1,
  eventSourceArn: "arn:aws:mq:us-east-1:000000000000:broker:shop:b-1",
  region: "us-east-1",
  functionArn: "arn:aws:lambda:us-east-1:000000000000:function:f",
  functionName: "f",
  roleArn: "",
  start: { kind: "trimHorizon" },
  parallelizationFactor: 1,
  lane: {
    batchSize: 1,
    windowMs: 0,
    windowFrom: "firstRecord",
    retries: -1,
    maxAgeMs: -1,
    isBisecting: false,
    isReporting: false,
    tumblingMs: 0,
    idleCloseMs: IDLE_CLOSE_MS,
    eventLimitBytes: EVENT_LIMIT_BYTES,
    stateLimitBytes: STATE_LIMIT_BYTES,
    acknowledged: { onFailure: "hold", retryPauseMs: null, holdLimitMs: null },
  },
  filterPatterns: [],
  onFailureArn: null,
  isCountingEvents: false,
  source: {
    kind: "embeddedMq",
    engine: "rabbitMq",
    storedName: "q",
    deadLetterName: "d",
    queueName: "q",
    virtualHost: "/",
  },
  queue: null,
  broker: {
    disabledAfterMs: 600_000,
    consumerCount: 1,
    activeMqEvent: { eventSource: "aws:mq", expiration: "number" },
  },
};

const refused: SourceProblem = {
  code: "denied",
  text: "PROBLEM: Server failed to authenticate Lambda",
  detail: "no",
  disablingReason: "EVENT_SOURCE_AUTHN_ERROR",
};

test("M-705: it is said when it has lasted ten minutes, again while it lasts, and no more after a stop", async () => {
  const clock = createVirtualClock(0);
  const saidAtMs: number[] = [];
  const stopped = Promise.withResolvers<void>();
  const runner = createAckRunner<Rec>({
    spec,
    kind,
    source: {
      units: ["0"],
      open: () => ({
        read: () => Promise.resolve({ kind: "problem", problem: refused }),
        settle: () => Promise.resolve(false),
        pauseDeliveries: () => Promise.resolve(),
        close: () => Promise.resolve(),
      }),
      redeliveryKey: () => null,
      close: () => Promise.resolve(),
    },
    invoker: { invoke: () => Promise.reject(new Error("nothing is called")) },
    reporter: { send: () => Promise.resolve({ kind: "refused", detail: "" }) },
    journal: createKeptJournal(clock),
    clock,
    random: createSeededRandom(1),
    compileFilter: () => null,
    events: {
      positioned: () => {},
      updated: () => {},
      problem: () => {},
      unrecoverable: () => saidAtMs.push(clock.nowMs()),
      stopped: () => stopped.resolve(),
    },
  });
  const passTo = async (untilMs: number): Promise<void> => {
    do await nextTurn();
    while (clock.runNext(untilMs));
  };
  runner.start();
  await passTo(599_000);
  expect(saidAtMs).toEqual([]);
  // A mapping that is just being updated does not hear the first word: there is another one.
  await passTo(625_000);
  expect(saidAtMs).toEqual([600_000, 610_000, 620_000]);
  runner.stop({ isDelete: false, graceMs: 0 });
  await stopped.promise;
  await passTo(1_000_000);
  expect(saidAtMs).toHaveLength(3);
});
