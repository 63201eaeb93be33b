// One run of a load plan under virtual time: the control plane and the runtime of production, records that come when the plan says, and a
// function that is a model or the user's own handler.
//
// SL1 The same run, seed and version leave the same observation: no wall clock, no path, no fresh id.
// SL2 The world goes by whole ms: a record that is planned between two arrives at the later one.
// SL3 Within one instant records arrive last: whatever else is due then has happened before. So an arrival exactly at the end of a window
//     is not in its batch.

import { IDLE_CLOSE_MS } from "../../core/settings.ts";
import { errorTextOf } from "../../control/api-answer.ts";
import { MillraceError } from "../../errors.ts";
import type { LoadObservation } from "../../load/observation.ts";
import type { LoadPlan, PlannedRun } from "../../load/plan/plan.ts";
import type { PlannedRecord } from "../../load/plan/planned-record.ts";
import { createSystemClock } from "../../platform/system-clock.ts";
import { nextTurn } from "../../platform/turn.ts";
import type { Entry } from "../../ports/journal.ts";
import { createOutsideWork, HANDLER_STUCK_MS, type OutsideWork } from "../../sim/outside-work.ts";
import type { JsonObject } from "../../sim/scenario.ts";
import { createSeededRandom } from "../../sim/seeded-random.ts";
import { WORLD_STARTS_AT_MS } from "../../sim/story.ts";
import { createVirtualClock, type VirtualClock } from "../../sim/virtual-clock.ts";
import { createGuestFunction, guestNoteText } from "../guest-function.ts";
import { SETTINGS } from "../scenario-names.ts";
import { mappingBodyOf } from "./plan-mapping.ts";
import { plannedRecords, planTotals } from "./planned-records.ts";
import { runMapping } from "./run-mapping.ts";
import { createModelFunction } from "./simulated-function.ts";
import type { SimulatedSource } from "./simulated-source.ts";
import { createSimulatedSource } from "./simulated-sources.ts";
import { createSimulatedWorld, type SimulatedWorld } from "./simulated-world.ts";

/** What is known of a run before its first entry. */
export type SimulatedHead = Pick<LoadObservation, "startedAtMs" | "batchSize" | "family" | "mapping">;

export interface SimulatedProgress {
  /** Of the world's time, since the plan began. */
  readonly elapsedMs: number;
  readonly sentCount: number;
  readonly refusedCount: number;
  readonly endedCount: number;
}

export interface SimulateLoadOptions {
  /** Once it is aborted nothing more is sent, and the run ends there: `interrupted`. */
  readonly signal?: AbortSignal;
  /** Now and then; costs nothing in between. */
  readonly onProgress?: (now: SimulatedProgress) => void;
  /** Takes the entries as they come: they are not kept then, and the observation has none. */
  readonly begin?: (head: SimulatedHead) => (entry: Entry) => void;
  /** What is to be known of the user's handler under virtual time, a sentence each, once the run has ended. */
  readonly onNote?: (text: string) => void;
  /** Records of streams are handed over as they arrive, whether that makes a difference or not; default false. For the proof that it makes none. */
  readonly isKeptBackNever?: boolean;
}

/** Steps of the world between two looks at the signal and two calls of onProgress. */
const LOOK_EVERY = 512;
const MS_PER_S = 1_000;
/** Of a mapping, until it has its places. */
const LONGEST_START_MS = 60_000;
/** Until a tumbling window that nothing comes to any more has had its final call (W-3, W-9), and then some. */
const LONGEST_WINDOW_MS = 900_000 + 2 * IDLE_CLOSE_MS;
/** What arithmetic on fractions of ms may leave behind. */
const ROUNDING_MS = 1e-6;

/**
 * Rejects with MillraceError: `bad-argument` where the control plane refuses the mapping (with AWS's own text), `handler-not-found`, and
 * `handler-stuck` where the user's handler does not come to rest.
 */
export async function simulateLoad(run: PlannedRun, options: SimulateLoadOptions = {}): Promise<LoadObservation> {
  const { plan } = run;
  if (plan.mapping["StartingPosition"] === "AT_TIMESTAMP")
    throw new MillraceError("bad-argument", "a simulated run has no instant of the calendar to start at", {
      help: "StartingPosition: TRIM_HORIZON",
    });
  const { isKeptBackNever = false } = options;
  const clock = createVirtualClock(WORLD_STARTS_AT_MS);
  const random = createSeededRandom(plan.seed);
  const work = createOutsideWork({ limit: { clock: createSystemClock(), ms: HANDLER_STUCK_MS } });
  const isModelled = plan.function.does.kind === "model";
  const isDataRead = !isModelled || plan.mapping["FilterCriteria"] !== undefined;
  const source = await createSimulatedSource({ clock, random, plan, settings: SETTINGS, isDataRead, isKeptBackNever });
  const called = await functionOf(run, { clock, random }, options);
  const entries: Entry[] = [];
  const told = { endedCount: 0, endedAtMs: 0 };
  let take = (entry: Entry): void => void entries.push(entry);
  const world = createSimulatedWorld({
    clock,
    random,
    settings: SETTINGS,
    source,
    function: plan.function,
    virtual: called.virtual,
    isModelled,
    work,
    onEntry(entry) {
      const ended = source.endedBy(entry);
      if (ended > 0) {
        told.endedCount += ended;
        told.endedAtMs = entry.atMs;
      }
      take(entry);
    },
  });
  try {
    const body = await createdMapping(plan, source, { world, clock, work });
    const startedAtMs = Math.ceil(clock.nowMs());
    const known = runMapping(plan, body, source.unitCount);
    if (options.begin !== undefined) {
      take = options.begin({ startedAtMs, ...known });
      for (const entry of entries.splice(0)) take(entry);
    }
    const arrivals = arrivalsOf(plan, startedAtMs);
    const endedBy = await carryOut(plan, { clock, source, work, told, startedAtMs, arrivals }, options);
    const totals = endedBy === "interrupted" ? planTotals(plan) : arrivals.totals();
    return {
      ...known,
      name: run.name,
      swept: run.swept,
      repetition: run.repetition,
      mode: "simulated",
      seed: plan.seed,
      machine: null,
      source: plan.source.text,
      place: "virtual time",
      functionName: plan.function.name,
      endedBy,
      startedAtMs,
      sendsUntilMs: startedAtMs + totals.lastMs,
      endedAtMs: clock.nowMs(),
      sent: source.sent,
      plannedCount: totals.count,
      refusedCount: source.refusedCount(),
      ceilingPerSecond: null,
      busiestPerSecond: totals.busiestPerSecond,
      entries,
      coldStarts: called.coldStarts(),
    };
  } finally {
    // What still says something as it is taken away says nothing of the run.
    take = () => undefined;
    await world.control.close();
    source.close();
    await called.close();
  }
}

async function functionOf(
  { plan }: PlannedRun,
  { clock, random }: { readonly clock: VirtualClock; readonly random: ReturnType<typeof createSeededRandom> },
  { onNote = () => undefined }: SimulateLoadOptions,
) {
  const { does, ...limits } = plan.function;
  if (does.kind === "model") {
    const model = createModelFunction(plan.function, does, {
      random,
      isTumbling: Number(plan.mapping["TumblingWindowInSeconds"] ?? 0) > 0,
      nowMs: () => clock.nowMs(),
    });
    return { virtual: model.function, coldStarts: () => model.coldStarts(), close: () => Promise.resolve() };
  }
  const { file, exportName, environment, isBundled } = does;
  const guest = await createGuestFunction({ ...limits, file, exportName, environment, isBundled, seed: plan.seed });
  return {
    virtual: guest,
    coldStarts: () => null,
    close: async () => {
      for (const note of guest.notes()) onNote(guestNoteText(note));
      await guest.close();
    },
  };
}

interface Stepping {
  readonly clock: VirtualClock;
  readonly work: OutsideWork;
}

/** The mapping as the API shows it, once its places are known. */
async function createdMapping(
  plan: LoadPlan,
  source: SimulatedSource,
  { world, clock, work }: Stepping & { readonly world: SimulatedWorld },
): Promise<JsonObject> {
  const { control } = world;
  const home = { account: SETTINGS.accountId, region: SETTINGS.region };
  await passUntilDone(control.start(), { clock, work });
  const body = mappingBodyOf(plan, home, source.sourceArn);
  const answer = await passUntilDone(control.call("CreateEventSourceMapping", body), { clock, work });
  if (answer.errorType !== null)
    throw new MillraceError(
      "bad-argument",
      `the plan's mapping is refused: ${errorTextOf(answer)}`,
      answer.notHonoured === undefined ? {} : { help: `see docs/${answer.notHonoured.page}` },
    );
  while (!world.isPositioned()) {
    if (!clock.runNext(clock.nowMs() + LONGEST_START_MS))
      throw new MillraceError("bad-argument", "the plan's mapping does not read its source", {
        help: "leave `Enabled: false` out of the plan's mapping",
      });
    await nextTurn();
  }
  return { ...answer.body };
}

async function passUntilDone<T>(promise: Promise<T>, { clock, work }: Stepping): Promise<T> {
  let isDone = false;
  const done = promise.finally(() => {
    isDone = true;
  });
  await stillness(work);
  while (!isDone) {
    clock.runNext(Number.POSITIVE_INFINITY);
    await stillness(work);
  }
  return done;
}

/** All that the last event has brought about has happened, here and in the handler's code. */
async function stillness(work: OutsideWork): Promise<void> {
  await nextTurn();
  await work.settled();
}

interface Course extends Stepping {
  readonly source: SimulatedSource;
  readonly told: { readonly endedCount: number; readonly endedAtMs: number };
  readonly startedAtMs: number;
  readonly arrivals: Arrivals;
}

/** Sends the plan's records and lets the world go on until all of them have ended, or none has for the plan's wait. */
async function carryOut(
  plan: LoadPlan,
  course: Course,
  options: SimulateLoadOptions,
): Promise<LoadObservation["endedBy"]> {
  const { clock, source, work, told, startedAtMs, arrivals } = course;
  const { signal, onProgress } = options;
  const isModelled = plan.function.does.kind === "model";
  for (let steps = 1; ; steps += 1) {
    if (steps % LOOK_EVERY === 0) {
      if (signal?.aborted === true) return "interrupted";
      onProgress?.({
        elapsedMs: clock.nowMs() - startedAtMs,
        sentCount: source.sent.length,
        refusedCount: source.refusedCount(),
        endedCount: told.endedCount,
      });
    }
    const arrivalMs = arrivals.nextAtMs();
    const eventMs = clock.nextAtMs();
    if (arrivalMs < eventMs) {
      clock.passTo(arrivalMs);
      await source.put(arrivals.take(), startedAtMs);
      if (!source.handOver("due")) continue;
    } else {
      // What comes next may be decided by what has arrived: it is looked for anew.
      if (source.handOver("all")) {
        await nextTurn();
        continue;
      }
      const isAllSent = arrivalMs === Number.POSITIVE_INFINITY;
      const isAllEnded = isAllSent && told.endedCount >= source.sent.length;
      if (isAllEnded && source.isAtRest()) return "plan";
      const quietFromMs = Math.max(startedAtMs + arrivals.totals().lastMs, told.endedAtMs);
      const givenUpAtMs = quietFromMs + (isAllEnded ? LONGEST_WINDOW_MS : plan.waitMs);
      if (isAllSent && !(eventMs <= givenUpAtMs)) {
        if (isAllEnded) return "plan";
        clock.passTo(givenUpAtMs);
        return "stalled";
      }
      clock.runNext(eventMs);
    }
    await nextTurn();
    if (!isModelled) await work.settled();
  }
}

interface Arrivals {
  /** Infinity: all have come. */
  nextAtMs(): number;
  /** Those of the next instant. */
  take(): readonly PlannedRecord[];
  /** Of those that have come so far. */
  totals(): PlanTotals;
}

type PlanTotals = Omit<ReturnType<typeof planTotals>, "forMs">;

function arrivalsOf(plan: LoadPlan, startedAtMs: number): Arrivals {
  const records = plannedRecords(plan);
  let next = records.next();
  let nextAtMs = instantOf(next);
  let recordCount = 0;
  let lastMs = 0;
  let second = 0;
  let inSecond = 0;
  let busiestPerSecond = 0;

  function instantOf(record: IteratorResult<PlannedRecord, unknown>): number {
    if (record.done === true) return Number.POSITIVE_INFINITY;
    return startedAtMs + Math.ceil(record.value.atMs - ROUNDING_MS);
  }

  function count(atMs: number): void {
    recordCount += 1;
    lastMs = atMs;
    const its = Math.floor(atMs / MS_PER_S);
    if (its !== second) inSecond = 0;
    second = its;
    inSecond += 1;
    if (inSecond > busiestPerSecond) busiestPerSecond = inSecond;
  }

  return {
    nextAtMs: () => nextAtMs,
    totals: () => ({ count: recordCount, lastMs, busiestPerSecond }),
    take() {
      const atMs = nextAtMs;
      const taken: PlannedRecord[] = [];
      while (nextAtMs === atMs && next.done !== true) {
        taken.push(next.value);
        count(next.value.atMs);
        next = records.next();
        nextAtMs = instantOf(next);
      }
      return taken;
    },
  };
}
