// Sends records at their planned instants, in an open model: what is due together goes in one call, and nothing waits for an answer before
// the next is sent, as long as the calls that are out are not too many. What is sent late is late by the source's fault or by ours;
// its planned instant stays what it was.

import type { Clock } from "../../ports/clock.ts";
import type { SentRecord } from "../observation.ts";
import type { PlannedRecord } from "../plan/planned-record.ts";
import type { Outlet, OutgoingRecord, TakenPlace } from "./send-target.ts";

export interface PacingOptions {
  readonly records: Iterator<PlannedRecord>;
  readonly outlet: Outlet;
  readonly clock: Clock;
  /** Epoch ms of the plan's begin. */
  readonly startAtMs: number;
  /** Calls that are out at once, at most. */
  readonly mostInFlight: number;
  /** Once it is aborted nothing more is sent; what is out is awaited. */
  readonly signal: AbortSignal;
  /** By the mapping's filter; null: all pass, or it is found out later. */
  readonly matches: ((record: PlannedRecord, place: TakenPlace) => boolean) | null;
  readonly onTaken: (records: readonly SentRecord[], refusedCount: number) => void;
}

/** Resolves when the last answer is there. Rejects with what the outlet says where the source cannot be reached. */
export async function sendPaced(options: PacingOptions): Promise<void> {
  const { records, outlet, clock, startAtMs, mostInFlight, signal, matches, onTaken } = options;
  const inFlight = new Set<Promise<void>>();
  let failure: { readonly error: unknown } | null = null;
  let next = records.next();

  /** Records that are due, up to a call's limits. */
  function due(nowMs: number): PlannedRecord[] {
    const call: PlannedRecord[] = [];
    let bytes = 0;
    while (next.done !== true && startAtMs + next.value.atMs <= nowMs && call.length < outlet.mostRecords) {
      bytes += next.value.bytes + RECORD_EXTRA_BYTES;
      if (call.length > 0 && bytes > outlet.mostBytes) break;
      call.push(next.value);
      next = records.next();
    }
    return call;
  }

  async function sendOne(call: readonly PlannedRecord[], sentAtMs: number): Promise<void> {
    try {
      const places = await outlet.send(call);
      const taken: SentRecord[] = [];
      for (const [index, record] of call.entries()) {
        const place = places[index] ?? null;
        if (place === null) continue;
        const { key, groupId, bytes, isPoison } = record;
        const plannedAtMs = startAtMs + record.atMs;
        const isMatching = matches === null || matches(record, place);
        taken.push({ plannedAtMs, sentAtMs, ...place, key: key ?? groupId, bytes, isPoison, isMatching });
      }
      onTaken(taken, call.length - taken.length);
    } catch (error) {
      failure ??= { error };
    }
  }

  while (next.done !== true && !signal.aborted && failure === null) {
    const nowMs = clock.nowMs();
    const call = due(nowMs);
    if (call.length === 0) {
      await until(clock, startAtMs + next.value.atMs, signal);
      continue;
    }
    const sending = sendOne(call, nowMs).finally(() => inFlight.delete(sending));
    inFlight.add(sending);
    if (inFlight.size >= mostInFlight) await Promise.race(inFlight);
  }
  await Promise.all(inFlight);
  const failed = failure as { readonly error: unknown } | null;
  if (failed !== null) throw failed.error;
}

/** What surrounds a record in a call, about. */
const RECORD_EXTRA_BYTES = 200;
/** So often a wait looks whether it is still wanted. */
const LOOK_MS = 100;

async function until(clock: Clock, atMs: number, signal: AbortSignal): Promise<void> {
  while (!signal.aborted && clock.nowMs() < atMs)
    await new Promise<void>((resolve) => {
      clock.wakeAt(Math.min(Math.ceil(atMs), clock.nowMs() + LOOK_MS), resolve);
    });
}

/**
 * Records a second that this generator can send through an outlet: full calls of one record over and over, as many at once as in a run, for
 * about `forMs`. Null: none was taken.
 */
export async function measureCeiling(
  outlet: Outlet,
  given: {
    readonly like: readonly PlannedRecord[];
    readonly mostInFlight: number;
    readonly forMs: number;
    readonly clock: Clock;
  },
): Promise<number | null> {
  const { like, mostInFlight, forMs, clock } = given;
  if (like.length === 0) return null;
  const call = callLike(like, outlet);
  let takenCount = 0;
  let n = 0;
  // A record's text is made anew, as it is in a run.
  const numbered = () =>
    call.map(({ key, groupId, data, bytes }): OutgoingRecord => ({ n: ++n, key, groupId, data, bytes }));
  const sendFor = async (ms: number): Promise<void> => {
    const untilMs = clock.monotonicMs() + ms;
    const lane = async (): Promise<void> => {
      while (clock.monotonicMs() < untilMs) {
        const places = await outlet.send(numbered());
        takenCount += places.filter((place) => place !== null).length;
      }
    };
    await Promise.all(Array.from({ length: mostInFlight }, lane));
  };
  // Connections, and code that is compiled when it is called first, are no part of it.
  await sendFor(forMs / 2);
  takenCount = 0;
  const startedMs = clock.monotonicMs();
  await sendFor(forMs);
  const tookMs = clock.monotonicMs() - startedMs;
  return takenCount === 0 ? null : (takenCount * 1_000) / tookMs;
}

function callLike(like: readonly PlannedRecord[], outlet: Outlet): readonly PlannedRecord[] {
  const call: PlannedRecord[] = [];
  let bytes = 0;
  for (let index = 0; call.length < outlet.mostRecords; index += 1) {
    const record = like[index % like.length];
    if (record === undefined) break;
    bytes += record.bytes + RECORD_EXTRA_BYTES;
    if (call.length > 0 && bytes > outlet.mostBytes) break;
    call.push(record);
  }
  return call;
}
