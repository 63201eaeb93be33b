// How many invocations the same arrivals would have made with another window: batched once more by the core's own lane.
//
// B1  Every call goes well and takes the run's median time.
// B2  Bounded: the first MOST_RECORDS are batched; the answer is for as many as there were.

import { laneOf } from "../../core/lane-key.ts";
import { step } from "../../core/lane.ts";
import { createLane, type LaneEvent } from "../../core/lane-state.ts";
import type { Outcome } from "../../core/outcome.ts";
import type { Rec } from "../../core/record.ts";
import { IDLE_CLOSE_MS, type LaneSettings, STATE_LIMIT_BYTES } from "../../core/settings.ts";
import type { LoadObservation, SentRecord } from "../observation.ts";

const MOST_RECORDS = 100_000;
/** `{"Records":[]}`. */
const ENVELOPE_BYTES = 14;

const wentWell: Outcome = { kind: "answered", failed: "none", state: null };

/** `laneCount`: pollers at work, of a source that has no lanes of its own. */
export function invocationsWithWindow(
  observation: LoadObservation,
  given: { readonly windowMs: number; readonly tookMs: number; readonly laneCount: number },
): number {
  const { sent } = observation;
  const matching = sent.filter(({ isMatching }) => isMatching);
  const taken = matching.slice(0, MOST_RECORDS);
  const settings = settingsOf(observation, given.windowMs);
  let count = 0;
  for (const records of lanesOf(observation, taken, given.laneCount).values())
    count += invocationsOf(records, settings, Math.max(1, given.tookMs));
  return taken.length === 0 ? 0 : Math.round(count * (matching.length / taken.length));
}

function lanesOf(
  { family, mapping }: LoadObservation,
  records: readonly SentRecord[],
  laneCount: number,
): Map<string, SentRecord[]> {
  const encoder = new TextEncoder();
  const lanes = new Map<string, SentRecord[]>();
  const hasLanes = family === "stream" || family === "changes";
  for (const [at, record] of records.entries()) {
    const lane = hasLanes ? laneOf(encoder.encode(record.key ?? ""), mapping.factor) : at % Math.max(1, laneCount);
    const name = hasLanes ? `${record.unit}/${lane}` : String(lane);
    const known = lanes.get(name);
    if (known === undefined) lanes.set(name, [record]);
    else known.push(record);
  }
  return lanes;
}

function settingsOf({ family, batchSize, mapping }: LoadObservation, windowMs: number): LaneSettings {
  return {
    batchSize,
    windowMs,
    windowFrom: family === "broker" || family === "changes" ? "firstRecord" : "previousInvocation",
    retries: -1,
    maxAgeMs: -1,
    isBisecting: false,
    isReporting: false,
    tumblingMs: 0,
    idleCloseMs: IDLE_CLOSE_MS,
    eventLimitBytes: mapping.eventLimitBytes,
    stateLimitBytes: STATE_LIMIT_BYTES,
    envelopeBytes: ENVELOPE_BYTES,
  };
}

function invocationsOf(sent: readonly SentRecord[], settings: LaneSettings, tookMs: number): number {
  const never = Number.POSITIVE_INFINITY;
  let lane = createLane<Rec>();
  let [count, place, wakeAtMs, returnsAtMs] = [0, 0, never, never];
  for (;;) {
    const arrivesAtMs = sent[place]?.sentAtMs ?? never;
    const nowMs = Math.min(arrivesAtMs, wakeAtMs, returnsAtMs);
    if (nowMs === never) return count;
    const event = nextEvent();
    const stepped = step(lane, event, settings, nowMs);
    ({ lane } = stepped);
    for (const effect of stepped.effects) {
      if (effect.kind === "wakeAt") wakeAtMs = effect.atMs;
      if (effect.kind !== "invoke") continue;
      count += 1;
      returnsAtMs = nowMs + tookMs;
      wakeAtMs = never;
    }

    /** What ends at this instant goes before what arrives at it: a record at the window's very end is of the next batch. */
    function nextEvent(): LaneEvent<Rec> {
      if (returnsAtMs === nowMs) {
        returnsAtMs = never;
        return { kind: "returned", outcome: wentWell };
      }
      if (wakeAtMs === nowMs) {
        wakeAtMs = never;
        return { kind: "woke" };
      }
      const records: Rec[] = [];
      for (; sent[place]?.sentAtMs === nowMs; place += 1)
        records.push({ ordinal: place, arrivedAtMs: nowMs, sizeBytes: sent[place]?.bytes ?? 0 });
      return { kind: "arrived", records, isCaughtUp: true };
    }
  }
}
