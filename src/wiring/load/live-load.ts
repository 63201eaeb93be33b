// One run of a load plan in real time: a server, the plan's source and function in it, a thread that sends, and the journal as it grows.
//
// LL1 The plan's instants are kept whatever the server does: sending waits for no answer.
// LL2 The run ends when all that was sent has ended, or when nothing has ended for the plan's `waitMs` after the last send.
// LL3 What was measured is told also where the server or the source is lost: the failure comes beside the observation.

import { availableParallelism } from "node:os";
import type { MillraceError } from "../../errors.ts";
import { createProgress } from "../../load/figures/progress.ts";
import type { RunHead } from "../../load/figures/run-fold.ts";
import type { LoadObservation, SentRecord } from "../../load/observation.ts";
import type { PlannedRun } from "../../load/plan/plan.ts";
import { createSystemClock } from "../../platform/system-clock.ts";
import type { Entry } from "../../ports/journal.ts";
import { changeFilter, filterPatternsOf, recordFilter } from "./live-filter.ts";
import type { LiveHouse } from "./live-house.ts";
import { tableStreamArn } from "./live-house.ts";
import { planTotals } from "./planned-records.ts";
import { familyOfPlan, runMapping } from "./run-mapping.ts";
import { type SendingThread, startSendingThread } from "./sending-thread.ts";
import { messageNames, streamEnds, withChangePlaces } from "./sent-places.ts";
import { unitCountOf } from "./unit-keys.ts";

export interface LiveProgress {
  /** Since the plan began; below 0: not yet. */
  readonly elapsedMs: number;
  readonly sentCount: number;
  readonly refusedCount: number;
  readonly ceilingPerSecond: number | null;
  /** As if the run ended now. */
  readonly observed: () => LoadObservation;
}

export interface LiveLoadOptions {
  readonly open: () => Promise<LiveHouse>;
  /** Once it is aborted nothing more is sent; what was sent is waited for. */
  readonly signal: AbortSignal;
  /** Takes the entries as they come; the observation has none. */
  readonly begin: (head: RunHead) => (entry: Entry) => void;
  readonly onProgress: (now: LiveProgress) => void;
}

export interface LiveLoad {
  readonly observation: LoadObservation;
  /** The server or the source was lost under the run; null: neither. */
  readonly failure: MillraceError | null;
  /** Entries that are missing, because the server's journal could not take or pass them on. */
  readonly droppedCount: number;
}

const LOOK_MS = 50;
/** Between the last preparation and the plan's begin. */
const HEADROOM_MS = 100;
/** After a stop by hand what is under way is waited for so long at most. */
const INTERRUPTED_WAIT_MS = 30_000;

/** Rejects with MillraceError where the run does not come to its begin: what the API refuses, a source that is not reached. */
export async function liveLoad(run: PlannedRun, options: LiveLoadOptions): Promise<LiveLoad> {
  const house = await options.open();
  let thread: SendingThread | null = null;
  try {
    const sent: SentRecord[] = [];
    let refusedCount = 0;
    const boot = {
      target: house.source.target,
      scratch: house.hasScratch ? house.source.scratch : null,
      plan: run.plan,
    };
    thread = await startSendingThread(boot, (records, newlyRefused) => {
      for (const record of records) sent.push(record);
      refusedCount += newlyRefused;
    });
    const body = await house.mapping();
    const told = await measured(run, options, { house, thread, body, sent, refusedCount: () => refusedCount });
    return told;
  } finally {
    await thread?.close();
    await house.close();
    house.remove();
  }
}

interface Parts {
  readonly house: LiveHouse;
  readonly thread: SendingThread;
  readonly body: Readonly<Record<string, unknown>>;
  readonly sent: readonly SentRecord[];
  readonly refusedCount: () => number;
}

async function measured(run: PlannedRun, options: LiveLoadOptions, parts: Parts): Promise<LiveLoad> {
  const { house, thread, body, refusedCount } = parts;
  const { plan } = run;
  const clock = createSystemClock();
  const totals = planTotals(plan);
  const behind = await changesBefore(run, house);
  const startedAtMs = clock.nowMs() + HEADROOM_MS;
  const mapping = runMapping(plan, { ...body } as Parameters<typeof runMapping>[1], unitCountOf(plan.source));
  const filterPatterns = filterPatternsOf(body as Parameters<typeof filterPatternsOf>[0]);
  // Refuses what cannot be judged, before anything is sent.
  recordFilter(plan.source, filterPatterns);
  const head = { startedAtMs, batchSize: mapping.batchSize, family: mapping.family, mapping: mapping.mapping };
  const take = options.begin(head);
  const progress = createProgress(familyOfPlan(plan));
  const named = messageNames(plan, house.source);
  const journal = house.journal(mapping.mapping.uuid);
  const look = (): void => {
    for (const entry of journal.look()) {
      if (entry.atMs < startedAtMs) continue;
      const known = named(entry);
      take(known);
      progress.take(known);
    }
  };
  const observed = (): LoadObservation => ({
    ...mapping,
    name: run.name,
    swept: run.swept,
    repetition: run.repetition,
    mode: "live",
    seed: plan.seed,
    machine: `${availableParallelism()} cores, Node ${process.versions.node}, ${process.platform}`,
    source: plan.source.text,
    place: house.source.place,
    functionName: plan.function.name,
    endedBy: "interrupted",
    startedAtMs,
    sendsUntilMs: startedAtMs + totals.lastMs,
    endedAtMs: clock.nowMs(),
    sent: inPlannedOrder(parts.sent),
    plannedCount: totals.count,
    refusedCount: refusedCount(),
    ceilingPerSecond: thread.ceilingPerSecond,
    busiestPerSecond: totals.busiestPerSecond,
    entries: [],
    coldStarts: null,
  });
  thread.begin(startedAtMs, filterPatterns);
  if (options.signal.aborted) thread.stop();
  else options.signal.addEventListener("abort", () => thread.stop(), { once: true });

  let endedCount = 0;
  let lastChangeMs = startedAtMs;
  let endedBy: LoadObservation["endedBy"] = "plan";
  let failure: MillraceError | null = null;
  for (;;) {
    await new Promise<void>((resolve) => {
      clock.wakeAt(clock.nowMs() + LOOK_MS, resolve);
    });
    look();
    const nowMs = clock.nowMs();
    const { ended } = progress.counts();
    if (ended !== endedCount || !thread.isDone()) lastChangeMs = nowMs;
    endedCount = ended;
    options.onProgress({
      elapsedMs: nowMs - startedAtMs,
      sentCount: parts.sent.length,
      refusedCount: refusedCount(),
      ceilingPerSecond: thread.ceilingPerSecond,
      observed,
    });
    failure = house.lost() ?? thread.failure();
    if (failure !== null) endedBy = "interrupted";
    if (failure !== null || (thread.isDone() && ended >= parts.sent.length)) break;
    const isInterrupted = options.signal.aborted;
    const waitMs = isInterrupted ? Math.min(plan.waitMs, INTERRUPTED_WAIT_MS) : plan.waitMs;
    if (nowMs - lastChangeMs < waitMs) continue;
    endedBy = "stalled";
    break;
  }
  if (options.signal.aborted) endedBy = "interrupted";
  const endedAtMs = clock.nowMs();
  const sent = await withPlaces(run, parts, { failure, filterPatterns, behind });
  await house.close();
  look();
  const observation = { ...observed(), endedBy, endedAtMs, sent: inPlannedOrder(sent) };
  return { observation, failure, droppedCount: journal.droppedCount() };
}

interface Judging {
  readonly failure: MillraceError | null;
  readonly filterPatterns: readonly string[];
  readonly behind: ReadonlyMap<string, string>;
}

/** A table that was there has changes of others: the run's are those behind them. */
async function changesBefore({ plan }: PlannedRun, { calls }: LiveHouse): Promise<ReadonlyMap<string, string>> {
  const { source } = plan;
  if (source.kind !== "dynamodb") return new Map();
  return streamEnds(calls, { streamArn: await tableStreamArn(calls, source.table), keyName: source.keyName });
}

async function withPlaces(
  { plan }: PlannedRun,
  { house, sent }: Parts,
  { failure, filterPatterns, behind }: Judging,
): Promise<readonly SentRecord[]> {
  const { source } = plan;
  if (source.kind !== "dynamodb" || failure !== null) return sent;
  const streamArn = await tableStreamArn(house.calls, source.table);
  const passes = changeFilter(filterPatterns);
  return withChangePlaces(house.calls, sent, { streamArn, keyName: source.keyName, behind, passes });
}

/** Calls that are out at once are answered in any order. */
const inPlannedOrder = (sent: readonly SentRecord[]): readonly SentRecord[] =>
  sent.toSorted((one, other) => one.plannedAtMs - other.plannedAtMs);
