// A point a second of throughput, fill, latency, age and running calls: of all mappings together, and of each of the first ones. Counts come
// from the mappings' counters and miss nothing; what is told by entries alone (fill, latency) rests on those that were heard.

import type { MappingView } from "../control/control-plane.ts";
import type { Entry } from "../ports/journal.ts";
import type { SecondPoint } from "./frame.ts";

/** Fifteen minutes. */
const MOST_SECONDS = 900;
/** Points of their own; of all others only the sum is kept. */
const MOST_MAPPINGS = 20;
/** Latencies of a second, beyond which only every other one counts. */
const MOST_LATENCIES = 2_000;

type Counted = Pick<MappingView, "uuid" | "summary">;

interface Sums {
  readonly records: number;
  readonly batches: number;
  readonly invocations: number;
  readonly failed: number;
}

interface Heard {
  fillSum: number;
  fillCount: number;
  took: number[];
  ageMs: number | null;
}

export interface SecondPoints {
  /** `batchSizeOf`: of a mapping; null: not known. */
  learn(entries: readonly Entry[], batchSizeOf: (uuid: string) => number | null): void;
  /** Once a second. Answers the points of the second that is over; none at the first call. */
  tick(views: readonly Counted[], nowMs: number): readonly SecondPoint[];
  /** Oldest first, of the last 15 minutes. */
  all(): readonly SecondPoint[];
}

export function createSecondPoints(): SecondPoints {
  const before = new Map<string, Sums>();
  let heard = new Map<string, Heard>();
  let kept: SecondPoint[][] = [];

  function heardOf(uuid: string): Heard {
    const known = heard.get(uuid) ?? { fillSum: 0, fillCount: 0, took: [], ageMs: null };
    heard.set(uuid, known);
    return known;
  }

  function point(
    second: number,
    mapping: string | null,
    sums: Sums,
    told: readonly Heard[],
    running: number,
  ): SecondPoint {
    const took = told.flatMap((each) => each.took).sort((one, other) => one - other);
    const fillCount = told.reduce((sum, each) => sum + each.fillCount, 0);
    const ages = told.flatMap(({ ageMs }) => (ageMs === null ? [] : [ageMs]));
    return {
      second,
      mapping,
      ...sums,
      fill: fillCount === 0 ? null : told.reduce((sum, each) => sum + each.fillSum, 0) / fillCount,
      tookP50Ms: quantile(took, 0.5),
      tookP99Ms: quantile(took, 0.99),
      iteratorAgeMs: ages.length === 0 ? null : Math.max(...ages),
      running,
    };
  }

  return {
    learn(entries, batchSizeOf) {
      for (const entry of entries) {
        if (entry.mapping === null) continue;
        if (entry.kind === "batch-closed") {
          const size = batchSizeOf(entry.mapping);
          if (size === null || size === 0) continue;
          const of = heardOf(entry.mapping);
          of.fillSum += entry.recordCount / size;
          of.fillCount += 1;
        } else if (entry.kind === "decided") {
          const of = heardOf(entry.mapping);
          if (of.took.length < MOST_LATENCIES) of.took.push(entry.tookMs);
          if (entry.iteratorAgeMs !== null) of.ageMs = Math.max(of.ageMs ?? 0, entry.iteratorAgeMs);
        }
      }
    },
    tick(views, nowMs) {
      const second = Math.floor(nowMs / 1_000) - 1;
      const points: SecondPoint[] = [];
      let total = noSums;
      let running = 0;
      for (const [index, { uuid, summary }] of views.entries()) {
        const now = sumsOf(summary);
        const last = before.get(uuid) ?? noSums;
        // A count that went back began anew.
        const grown = { ...difference(now, last) };
        before.set(uuid, now);
        total = added(total, grown);
        running += summary?.runningCount ?? 0;
        const own = heard.get(uuid);
        if (index < MOST_MAPPINGS)
          points.push(point(second, uuid, grown, own === undefined ? [] : [own], summary?.runningCount ?? 0));
      }
      for (const uuid of before.keys()) if (!views.some((view) => view.uuid === uuid)) before.delete(uuid);
      const all = [point(second, null, total, [...heard.values()], running), ...points];
      heard = new Map();
      kept.push(all);
      if (kept.length > MOST_SECONDS + 60) kept = kept.slice(-MOST_SECONDS);
      return all;
    },
    all: () => kept.slice(-MOST_SECONDS).flat(),
  };
}

const noSums: Sums = { records: 0, batches: 0, invocations: 0, failed: 0 };

function sumsOf(summary: Counted["summary"]): Sums {
  if (summary === null) return noSums;
  const { polled, batches, invocations, invokeErrors } = summary.counters;
  return { records: polled, batches, invocations, failed: invokeErrors };
}

const grew = (now: number, before: number): number => Math.max(0, now - before);

const difference = (now: Sums, before: Sums): Sums => ({
  records: grew(now.records, before.records),
  batches: grew(now.batches, before.batches),
  invocations: grew(now.invocations, before.invocations),
  failed: grew(now.failed, before.failed),
});

const added = (one: Sums, other: Sums): Sums => ({
  records: one.records + other.records,
  batches: one.batches + other.batches,
  invocations: one.invocations + other.invocations,
  failed: one.failed + other.failed,
});

/** Nearest rank; null: of none. */
function quantile(sorted: readonly number[], share: number): number | null {
  return sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)] ?? null;
}
