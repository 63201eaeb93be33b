// Drawn stories of mappings on a broker's queue: the production runner and core under virtual time, a broker that cuts connections,
// refuses them and delays everything, a function that fails and is throttled. Held against laws that know only what went in and what came
// out. First faults, then all is well and everything must come to its end.

import { expect, test } from "vitest";
import { EVENT_LIMIT_BYTES, IDLE_CLOSE_MS, STATE_LIMIT_BYTES } from "../../src/core/settings.ts";
import type { PassingFilter } from "../../src/core/filter/passing-filter.ts";
import { nextTurn } from "../../src/platform/turn.ts";
import type { Answer } from "../../src/ports/invoker.ts";
import type { BrokerSpec } from "../../src/ports/mapping-spec.ts";
import type { SourceKind } from "../../src/ports/source-kind.ts";
import { createAckRunner } from "../../src/runtime/ack-runner.ts";
import { createKeptJournal } from "../../src/sim/journal-digest.ts";
import { createSeededRandom, type SeededRandom } from "../../src/sim/seeded-random.ts";
import { type BrokerMessage, createVirtualBroker, type VirtualBroker } from "../../src/sim/virtual-broker.ts";
import { createVirtualClock, type VirtualClock } from "../../src/sim/virtual-clock.ts";

const STARTS_AT_MS = 1_790_000_000_000;
const FAULTS_END_MS = STARTS_AT_MS + 120_000;
const MESSAGE_COUNT = 60;

const kind: SourceKind<BrokerMessage> = {
  name: "told",
  envelopeBytes: 2,
  windowBytes: () => 0,
  laneKey: () => new Uint8Array(0),
  identifier: ({ id }) => String(id),
  position: ({ id }) => String(id),
  filterView: ({ id }) => ({ metadata: {}, dataMember: "data", dataText: String(id) }),
  pack: () => ({ kind: "json", buffer: new ArrayBuffer(0), constants: {} }),
  text: (_unit, records) => JSON.stringify(records.map(({ id }) => id)),
  batchInfo: () => ({ name: "none", members: {} }),
};

const everySeventh: PassingFilter = {
  passes: ({ dataText }) => Number(dataText) % 7 !== 3,
  whyNot: () => "told to",
};

interface Story {
  readonly broker: VirtualBroker;
  readonly digest: string;
  /** Messages that a call has ended well with. */
  readonly done: ReadonlySet<number>;
  readonly mostAtOnce: number;
  readonly calls: readonly (readonly number[])[];
  readonly spec: BrokerSpec;
  /** -1: there is none. */
  readonly poison: number;
  /** Calls with the poisoned one that failed. */
  readonly poisonedCalls: number;
  readonly isFiltering: boolean;
}

function drawnSpec(random: SeededRandom): BrokerSpec {
  const isCounting = random.happens("counting", 0.4);
  return {
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
      batchSize: random.between("batch size", 1, 9),
      windowMs: random.pick("window", [0, 0, 300, 5_000]),
      windowFrom: "firstRecord",
      retries: isCounting ? 6 : -1,
      maxAgeMs: -1,
      isBisecting: false,
      isReporting: false,
      tumblingMs: 0,
      idleCloseMs: IDLE_CLOSE_MS,
      eventLimitBytes: EVENT_LIMIT_BYTES,
      stateLimitBytes: STATE_LIMIT_BYTES,
      acknowledged: {
        onFailure: !isCounting && random.happens("requeue", 0.4) ? "requeue" : "hold",
        retryPauseMs: isCounting ? 1_000 : null,
        holdLimitMs: random.pick("hold limit", [null, null, 8_000]),
      },
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
      consumerCount: random.pick("consumers", [1, 1, 3]),
      activeMqEvent: { eventSource: "aws:mq", expiration: "number" },
    },
  };
}

async function told(seed: number): Promise<Story> {
  const random = createSeededRandom(seed);
  const clock = createVirtualClock(STARTS_AT_MS);
  const spec = drawnSpec(random);
  const areFaultsOn = (): boolean => clock.nowMs() < FAULTS_END_MS;
  const share = random.pick("share of faults", [0, 0.1, 0.4]);
  // Where calls are counted, one message fails each call that has it.
  const poison = spec.lane.retries < 0 ? -1 : random.between("poison", 0, MESSAGE_COUNT - 1);
  const isFiltering = random.happens("filters", 0.3);
  const broker = createVirtualBroker(clock, {
    delayMs: () => random.between("delay", 0, 30),
    cutAfterMs: () => (areFaultsOn() && random.happens("cut", share) ? random.between("cut at", 0, 20_000) : null),
    isRefused: () => areFaultsOn() && random.happens("refused", share),
  });
  const journal = createKeptJournal(clock);
  const calls: (readonly number[])[] = [];
  const done = new Set<number>();
  let outCount = 0;
  let poisonedCalls = 0;
  let mostAtOnce = 0;

  function answer(ids: readonly number[], tookMs: number): Answer {
    if (areFaultsOn() && random.happens("throttled", share))
      return { kind: "refused", reason: "throttled", message: "none is free" };
    const isBad = ids.includes(poison) || (areFaultsOn() && random.happens("throws", share));
    if (isBad) {
      if (ids.includes(poison)) poisonedCalls += 1;
      const what = { errorType: "Error", message: "told to", trace: [], executedVersion: "$LATEST", tookMs };
      return { kind: "functionError", reason: "threw", ...what };
    }
    for (const id of ids) done.add(id);
    return { kind: "returned", json: null, executedVersion: "$LATEST", tookMs };
  }

  const stopped = Promise.withResolvers<void>();
  const runner = createAckRunner<BrokerMessage>({
    spec,
    kind,
    source: broker.source({
      consumerCount: spec.broker.consumerCount,
      hasRedeliveryKey: spec.lane.acknowledged?.retryPauseMs !== null,
    }),
    invoker: {
      invoke: (call) =>
        new Promise((resolve) => {
          const ids: readonly number[] = JSON.parse(call.text());
          calls.push(ids);
          outCount += 1;
          mostAtOnce = Math.max(mostAtOnce, outCount);
          const tookMs = random.between("took", 0, 3_000);
          clock.wakeAt(clock.nowMs() + tookMs, () => {
            outCount -= 1;
            resolve(answer(ids, tookMs));
          });
        }),
    },
    reporter: { send: () => Promise.resolve({ kind: "refused", detail: "" }) },
    journal,
    clock,
    random,
    compileFilter: () => (isFiltering ? everySeventh : null),
    events: {
      positioned: () => {},
      updated: () => {},
      problem: () => {},
      unrecoverable: () => {},
      stopped: () => stopped.resolve(),
    },
  });
  runner.start();
  for (let sent = 0; sent < MESSAGE_COUNT; sent += 10) {
    clock.wakeAt(STARTS_AT_MS + random.between("sent at", 0, 90_000), () => broker.send(10));
  }
  if (random.happens("resized", 0.3)) {
    const resized = { ...spec, lane: { ...spec.lane, batchSize: random.between("batch size", 1, 9) } };
    clock.wakeAt(STARTS_AT_MS + 40_000, () => runner.update(resized));
  }
  await pass(clock, FAULTS_END_MS + 600_000);
  runner.stop({ isDelete: false, graceMs: 60_000 });
  await pass(clock, FAULTS_END_MS + 700_000);
  await stopped.promise;
  return { broker, digest: journal.digest(), done, mostAtOnce, calls, spec, poison, poisonedCalls, isFiltering };
}

async function pass(clock: VirtualClock, untilMs: number): Promise<void> {
  do await nextTurn();
  while (clock.runNext(untilMs));
}

const ascending = (one: number, other: number): number => one - other;
const ids = (count: number): readonly number[] => Array.from({ length: count }, (_, index) => index);

test("TR-19, R-401, R-405, R-801: whatever is cut, refused and late, nothing is lost, nothing is settled twice or on an old epoch", async () => {
  for (let seed = 1; seed <= 160; seed += 1) {
    const { broker, done, mostAtOnce, spec, calls, poison, poisonedCalls, isFiltering } = await told(seed);
    const settled = broker.settled();
    const acknowledged = settled.filter(({ how }) => how === "done").map(({ id }) => id);
    const gone = settled.map(({ id }) => id).toSorted(ascending);
    expect([seed, broker.violations()]).toEqual([seed, []]);
    // Each once, for good.
    expect([seed, gone]).toEqual([seed, ids(MESSAGE_COUNT)]);
    expect([seed, acknowledged.filter((id) => !done.has(id))]).toEqual([seed, []]);
    expect([seed, broker.readyCount(), broker.heldCount()]).toEqual([seed, 0, 0]);
    expect([seed, mostAtOnce <= spec.broker.consumerCount]).toEqual([seed, true]);
    const passedOver = settled.filter(({ how }) => how === "filtered").map(({ id }) => id);
    expect([seed, passedOver.toSorted(ascending)]).toEqual([
      seed,
      isFiltering ? ids(MESSAGE_COUNT).filter((id) => id % 7 === 3) : [],
    ]);
    expect([seed, calls.flat().filter((id) => passedOver.includes(id))]).toEqual([seed, []]);
    // Only what went with the poisoned one in a call is poison, and without a count of calls nothing is.
    const poisoned = settled.filter(({ how }) => how === "poison").map(({ id }) => id);
    const isPoisonCalled = poison >= 0 && !passedOver.includes(poison);
    expect([seed, poisoned.includes(poison)]).toEqual([seed, isPoisonCalled]);
    // Over all its epochs, whatever of them was cut. With more consumers, another one may have it while the call of the one
    // that was cut is still out, and be told of that too late.
    expect([seed, spec.broker.consumerCount > 1 || poisonedCalls <= 7]).toEqual([seed, true]);
    const beside = new Set(calls.filter((each) => each.includes(poison)).flat());
    expect([seed, poisoned.filter((id) => !beside.has(id))]).toEqual([seed, []]);
  }
});

test("a story is its seed: told twice, it is the same", async () => {
  expect((await told(7)).digest).toBe((await told(7)).digest);
});
