// A house in the simulated world: the control plane and the runtime of production over the world's ports, several streams, functions
// as handlers in this process, and processes that can be killed. Scenarios and tests are driven through it.

import { DEFAULT_FILTER_LIMIT } from "../core/filter/compile-filters.ts";
import { IDLE_CLOSE_MS } from "../core/settings.ts";
import { createControlPlane, type ControlPlane } from "../control/control-plane.ts";
import type { Surroundings } from "../control/lookups.ts";
import { enginesOf } from "../control/mapping/source-kinds.ts";
import { createSystemClock } from "../platform/system-clock.ts";
import { familyOf } from "../kinds/stream-family.ts";
import { nextTurn } from "../platform/turn.ts";
import type { Checkpoint } from "../ports/checkpoints.ts";
import type { Entry, Fact } from "../ports/journal.ts";
import type { StreamAddress } from "../ports/mapping-spec.ts";
import type { Reporter } from "../ports/reporter.ts";
import type { SourceProblem, UnitId } from "../ports/source.ts";
import { nothingLost, progressOnceHealed } from "../sim/checkers/nothing-lost.ts";
import type { Fault } from "../sim/fault.ts";
import { callFate } from "../sim/fault-fates.ts";
import { allBefallenMs, type FaultPlan, noFaultPlan } from "../sim/fault-plan.ts";
import { isTimed } from "../sim/fault.ts";
import { createFaults } from "../sim/faults.ts";
import type { ToldHistory } from "../sim/told-history.ts";
import type { Plant, QueuePlant } from "../sim/incarnation.ts";
import { createKeptJournal } from "../sim/journal-digest.ts";
import { createMemoryTables } from "../sim/memory-tables.ts";
import { createOutsideWork, HANDLER_STUCK_MS } from "../sim/outside-work.ts";
import { remembered } from "../sim/remembered.ts";
import { createSeededRandom } from "../sim/seeded-random.ts";
import { drawEvents } from "../sim/story.ts";
import { createVirtualClock } from "../sim/virtual-clock.ts";
import { createVirtualFunctions, type VirtualCall, type VirtualFunction } from "../sim/virtual-functions.ts";
import type { VirtualEntry } from "../sim/virtual-entry.ts";
import { createVirtualStream, type VirtualStream } from "../sim/virtual-stream.ts";
import { wakeAfter } from "../sim/wake-after.ts";
import { evenRanges, hexHashKeyOf, shardIdIn } from "../stores/partitioner.ts";
import { createHouseHistory } from "./house-history.ts";
import { createHouseQueues, type HouseQueues, isQueueOwedMore } from "./house-queues.ts";
import { type AddedShard, mergeShards, type NewShardId, splitShard } from "./reshard-stream.ts";
import { createThrottle, type Throttle } from "./throttles.ts";
import { armTimedFaults } from "./timed-faults.ts";
import { createVirtualPlacement } from "./virtual-placement.ts";

/** Longer than the longest wait between two retries, age, windows and the silence that closes them together. */
const LONGEST_OWED_MS = 900_000;
/** A group's messages go one after another, each as often as its queue allows, and each time hidden for its visibility. */
const LONGEST_OWED_OF_QUEUES_MS = 7_200_000;
const LOOK_AGAIN_MS = 5_000;

export interface VirtualHouseOptions {
  readonly seed: number;
  readonly startsAtMs: number;
  readonly settings: Surroundings;
  readonly functions: ReadonlyMap<string, VirtualFunction>;
  readonly reporter: Reporter;
  readonly roleArnOf: (functionName: string) => string;
  /** Real time for which a handler may be at work within one instant of the world; default 10,000. */
  readonly stuckAfterMs?: number;
  /** What goes wrong; default: nothing. */
  readonly faults?: FaultPlan;
  /** Whether what goes in and comes out is kept for `histories`; default false. */
  readonly isHistoryKept?: boolean;
  /** A test changes the ports of what runs mappings. */
  readonly plant?: Plant;
  /** The same, of what runs mappings of queues. */
  readonly plantQueues?: QueuePlant;
  /** As a fault befalls; `number` counts them from 1. */
  readonly onFault?: (fault: Fault, number: number) => void;
}

export interface VirtualHouse {
  readonly control: ControlPlane;
  readonly functions: Map<string, VirtualFunction>;
  nowMs(): number;
  /** Since the world began, by the clock that is never set. */
  elapsedMs(): number;
  /** The wall clock is set on, or back. */
  jump(byMs: number): void;
  /** So long from now, whatever is done to the wall clock. */
  after(ms: number, work: () => void): void;
  /** Null: there is none of this name. */
  stream(name: string): VirtualStream | null;
  addStream(name: string, shardCount: number): VirtualStream;
  deleteStream(name: string): void;
  readonly queues: HouseQueues;
  /** The shards that are added; none where it cannot be done. `second`: the hash key where the second child begins; null: in the middle. */
  split(streamName: string, shard: UnitId, second?: bigint | null): readonly AddedShard[];
  /** As `split`; of two neighbours in either order. */
  merge(streamName: string, pair: readonly [UnitId, UnitId]): readonly AddedShard[];
  readonly throttle: Throttle;
  /** To the shard that the key's MD5 names. */
  put(streamName: string, record: { readonly key: string; readonly data: string | Uint8Array }): VirtualEntry;
  /** Invocations that have ended, in the order in which they began. */
  calls(): readonly VirtualCall[];
  entries(): readonly Entry[];
  /** What a function has written, into the journal. */
  log(written: Omit<Extract<Fact, { kind: "log" }>, "kind">): void;
  digest(): string;
  /** Faults that befell, in order: a run of these alone is the same run. */
  befallen(): readonly Fault[];
  /**
   * Lets the world go on, healed, until every mapping that runs has done what it owes, and answers a history a mapping. What is
   * owed and not done once fifteen minutes have passed stands in it. None without `isHistoryKept`.
   */
  histories(): Promise<readonly ToldHistory[]>;
  checkpoint(uuid: string, shard: UnitId): Checkpoint | null;
  /** Every record that the stream has taken has ended for the mapping, as far as that was told. */
  isDrained(uuid: string, streamName: string): boolean;
  callCount(): number;
  /** What runs mappings is killed in mid-step, and starts anew from what is stored, at once or after so long. */
  crash(downMs?: number): void;
  /** What runs mappings stops in good order and starts anew so long after that. */
  restart(downMs: number, graceMs: number): void;
  /** Lets the world go on until a promise of it has settled. */
  settled<T>(work: Promise<T>): Promise<T>;
  /** Looks again after every event; false once `withinMs` has passed without it, whatever is done to the wall clock meanwhile. */
  waitUntil(isTrue: () => boolean | Promise<boolean>, withinMs: number): Promise<boolean>;
  pass(ms: number): Promise<void>;
  /** Whether the world stands for good, as a handler has not come to rest: all that waits for it ends with `handler-stuck`. */
  isStuck(): boolean;
  close(): Promise<void>;
}

export async function createVirtualHouse(options: VirtualHouseOptions): Promise<VirtualHouse> {
  const { settings } = options;
  const clock = createVirtualClock(options.startsAtMs);
  const random = createSeededRandom(options.seed);
  const journal = createKeptJournal(clock);
  const functions = new Map(options.functions);
  const streams = new Map<string, VirtualStream>();
  const deleted = new Set<string>();
  const hashKeyOf = remembered((key: string) => hexHashKeyOf(key));
  const calls: VirtualCall[] = [];
  const work = createOutsideWork({
    limit: { clock: createSystemClock(), ms: options.stuckAfterMs ?? HANDLER_STUCK_MS },
  });

  /** All that the last event has brought about has happened, here and in the handlers' code. */
  async function stillness(): Promise<void> {
    await nextTurn();
    await work.settled();
  }

  /** A mapping may name a stream that never was: it is there for the runtime, and missing. */
  function streamNamed(name: string): VirtualStream {
    const found = streams.get(name);
    if (found !== undefined) return found;
    const made = history.watched(name, createVirtualStream(clock, familyOf(name)));
    streams.set(name, made);
    deleted.add(name);
    made.setProblem(missing(name));
    return made;
  }

  const history = createHouseHistory(clock, options.isHistoryKept === true, () => journal.entries().length);
  const queues = createHouseQueues(
    { clock, random, settings },
    options.isHistoryKept === true,
    () => journal.entries().length,
  );
  const plan = options.faults ?? noFaultPlan;
  const faults = createFaults({
    random,
    clock,
    planned: plan.planned,
    drawn: plan.drawn,
    share: plan.share,
    healedAtMs: options.startsAtMs + plan.healedAfterMs,
    onBefallen(fault, number) {
      history.note({ kind: "fault", fault, number, atMs: clock.nowMs() });
      queues.history.faultBefell(fault, number);
      options.onFault?.(fault, number);
    },
  });
  const placement = createVirtualPlacement({
    clock,
    random,
    journal,
    sourceOf: streamNamed,
    functions: createVirtualFunctions(
      clock,
      functions,
      (call) => void calls.push(call),
      work,
      (name) => callFate(faults, name),
    ),
    reporter: options.reporter,
    faults,
    history,
    queues: queues.virtual,
    queueHistory: queues.history,
    plantQueues: options.plantQueues ?? ((ports) => ports),
    plant: options.plant ?? ((ports) => ports),
  });
  const control = createControlPlane({
    tables: createMemoryTables(),
    placement: placement.placement,
    functions: {
      find(name, qualifier = null) {
        const found = functions.get(name);
        if (found === undefined) return null;
        const isLatest = qualifier === null || qualifier === "$LATEST";
        if (!isLatest && found.qualifiers?.includes(qualifier) !== true) return null;
        const place = `${settings.region}:${settings.accountId}`;
        return {
          name,
          arn: `arn:${settings.partition}:lambda:${place}:function:${name}`,
          timeoutMs: found.timeoutMs,
          memoryMb: 128,
          environment: {},
          reservedConcurrency: found.reservedConcurrency,
          runtime: "nodejs24.x",
          roleArn: options.roleArnOf(name),
        };
      },
    },
    queues: queues.lookup,
    engineOf: enginesOf([]),
    hasSecret: () => true,
    transitionsMs: 0,
    streams: {
      find: (streamName) =>
        Promise.resolve(
          streams.has(streamName) && !deleted.has(streamName)
            ? { kind: "found", address: addressOf(streamName) }
            : { kind: "missing" },
        ),
      addressOf,
    },
    clock,
    random,
    journal,
    settings,
    filterLimit: DEFAULT_FILTER_LIMIT,
    idleCloseMs: IDLE_CLOSE_MS,
  });

  const after = (ms: number, work: () => void): void => void wakeAfter(clock, ms, work);
  const newShardIn =
    (streamName: string): NewShardId =>
    (index) =>
      shardIdIn(streamName, index, clock.nowMs());

  async function settled<T>(work: Promise<T>): Promise<T> {
    let isSettled = false;
    const done = work.finally(() => {
      isSettled = true;
    });
    await stillness();
    while (!isSettled) {
      clock.runNext(Number.POSITIVE_INFINITY);
      await stillness();
    }
    return done;
  }

  armTimedFaults(
    {
      clock,
      streams: () => new Map([...streams].filter(([name]) => !deleted.has(name))),
      newShardIn,
      processes: {
        isAny: () => placement.running().length > 0,
        replace: () => placement.replace(),
        restart: ({ graceMs, downMs }) => placement.restart(downMs, graceMs),
        update(settings) {
          for (const uuid of placement.running())
            void control.call("UpdateEventSourceMapping", { UUID: uuid, ...queues.settingsFor(uuid, settings) });
        },
      },
      alsoAway: (forMs) => queues.outage(forMs),
      isTimeRead: () => history.isTimeRead(),
      befell: (fault) => faults.befell(fault),
    },
    [
      ...plan.planned.filter(isTimed),
      ...drawEvents(random, plan.drawn, { mayHaveWindows: false, withinMs: plan.healedAfterMs }),
    ],
    { startsAtMs: options.startsAtMs },
  );
  await settled(control.start());

  /** The instant so long from now on the wall clock as it is set: to be asked again after every event, which may set it. */
  function endOf(ms: number): () => number {
    const endsAtMs = clock.monotonicMs() + ms;
    return () => clock.nowMs() + endsAtMs - clock.monotonicMs();
  }

  async function pass(ms: number): Promise<void> {
    const untilMs = endOf(ms);
    await stillness();
    while (clock.runNext(untilMs())) await stillness();
    clock.passTo(untilMs());
  }

  /** A mapping is held to all that it owes while it runs and its function can be called. */
  async function historyNow(uuid: string): Promise<ToldHistory> {
    const isOfQueue = queues.history.mappings().includes(uuid);
    const found = functions.get(isOfQueue ? queues.history.functionOf(uuid) : history.functionOf(uuid));
    const owes = placement.running().includes(uuid) && found !== undefined && found.reservedConcurrency !== 0;
    return isOfQueue ? settled(queues.historyOf(uuid, owes)) : history.historyOf(uuid, owes);
  }

  return {
    control,
    functions,
    nowMs: () => clock.nowMs(),
    elapsedMs: () => clock.monotonicMs() - options.startsAtMs,
    jump: (byMs) => clock.jump(byMs),
    after,
    stream: (name) => streams.get(name) ?? null,
    addStream(name, shardCount) {
      const stream = history.watched(name, createVirtualStream(clock, familyOf(name)));
      for (const [index, range] of evenRanges(shardCount).entries())
        stream.addShard(newShardIn(name)(index), [], range);
      streams.set(name, stream);
      deleted.delete(name);
      return stream;
    },
    deleteStream(name) {
      streamNamed(name).setProblem(missing(name));
      deleted.add(name);
    },
    queues: { ...queues, sqs: (operation, body) => settled(queues.sqs(operation, body)) },
    split: (name, shard, second = null) => splitShard(streamNamed(name), { shard, second }, newShardIn(name)),
    merge: (name, pair) => mergeShards(streamNamed(name), pair, newShardIn(name)),
    throttle: createThrottle(functions, after),
    put(streamName, { key, data }) {
      const stream = streamNamed(streamName);
      const shard = stream.shardOf(hashKeyOf(key));
      return stream.put(shard, { key, data: typeof data === "string" ? Buffer.from(data) : data });
    },
    calls: () => [...calls].sort((a, b) => a.startedSteadyMs - b.startedSteadyMs),
    entries: () => journal.entries(),
    log: (written) => journal.append(null, `function/${written.functionName}`, { kind: "log", ...written }),
    digest: () => journal.digest(),
    befallen: () => faults.befallen(),
    async histories() {
      async function now(): Promise<readonly ToldHistory[]> {
        const told: ToldHistory[] = [];
        for (const uuid of [...history.mappings(), ...queues.history.mappings()]) told.push(await historyNow(uuid));
        return told;
      }
      await pass(Math.max(0, options.startsAtMs + allBefallenMs(plan) - clock.nowMs()));
      const mostMs = queues.history.mappings().length > 0 ? LONGEST_OWED_OF_QUEUES_MS : LONGEST_OWED_MS;
      // One that is down owes nothing just then: it is waited for, or its crash would be its excuse.
      const isOwedMore = async (): Promise<boolean> => placement.isAnyAway() || (await now()).some(owesMore);
      for (let passedMs = 0; passedMs < mostMs && (await isOwedMore()); passedMs += LOOK_AGAIN_MS)
        await pass(LOOK_AGAIN_MS);
      return now();
    },
    isDrained(uuid, streamName) {
      const stream = streams.get(streamName);
      return (stream?.shardIds() ?? []).every((shard) => {
        const last = stream?.last(shard) ?? null;
        const after = last === null ? null : placement.answered(uuid, shard);
        return last === null || (after !== null && after >= last.position);
      });
    },
    checkpoint: (uuid, shard) => placement.stored(uuid).get(shard) ?? null,
    callCount: () => calls.length,
    crash: (downMs = 0) => placement.crash(downMs),
    restart: (downMs, graceMs) => placement.restart(downMs, graceMs),
    settled,
    async waitUntil(isTrue, withinMs) {
      const untilMs = endOf(withinMs);
      for (;;) {
        await stillness();
        if (await isTrue()) return true;
        if (clock.runNext(untilMs())) continue;
        // Nothing happens until then, but it may be the time itself that is waited for.
        clock.passTo(untilMs());
        return isTrue();
      }
    },
    pass,
    isStuck: () => work.isGivenUp(),
    async close() {
      await control.close();
      queues.close();
    },
  };
}

const addressOf = (streamName: string): StreamAddress => ({
  kind: familyOf(streamName) === "kinesis" ? "embeddedKinesis" : "embeddedDynamodb",
  streamName,
});

const owesMore = (told: ToldHistory): boolean =>
  told.kind === "queue"
    ? isQueueOwedMore(told)
    : nothingLost.check(told.history).length > 0 || progressOnceHealed.check(told.history).length > 0;

const missing = (name: string): SourceProblem => ({
  code: "missing",
  text: `PROBLEM: Stream not found: ${name}`,
  detail: `the world has no stream ${name}`,
});
