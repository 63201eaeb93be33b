// A handler as far as its recorded calls tell what it does: records that failed alone, or that it named as failed, are the poison; the
// rest succeeds; a call takes as long as those that were recorded. Where the calls contradict that, it says that it cannot tell.

import type { Called } from "../runtime/call-outcome.ts";

/** Records are named as the caller likes, each by one name. */
export interface ObservedCall {
  readonly records: readonly string[];
  readonly called: Called;
}

export interface HandlerModel {
  readonly thrown: ReadonlySet<string>;
  /** Named in batchItemFailures. */
  readonly named: ReadonlySet<string>;
  /** A success takes `baseMs` and `perRecordMs` for each record. */
  readonly baseMs: number;
  readonly perRecordMs: number;
  readonly failureMs: number;
  readonly successCount: number;
  /** Calls that were throttled or met a fault: not a matter of the handler. */
  readonly refusedCount: number;
}

export type Observed =
  | { readonly kind: "model"; readonly model: HandlerModel }
  | { readonly kind: "unknown"; readonly why: string };

export function observeHandler(calls: readonly ObservedCall[], shownAs: (record: string) => string): Observed {
  const thrown = new Set<string>();
  const named = new Set<string>();
  const succeeded = new Set<string>();
  const successes: { readonly count: number; readonly tookMs: number }[] = [];
  const failuresMs: number[] = [];
  const failedWhole: (readonly string[])[] = [];
  let refusedCount = 0;
  for (const { records, called } of calls) {
    const { outcome, tookMs } = called;
    if (outcome.kind === "tooLarge") continue; // It was not called.
    if (outcome.kind === "refused") {
      refusedCount += 1;
      continue;
    }
    const [only, ...more] = records;
    if (outcome.kind === "answered") {
      if (typeof outcome.failed === "object")
        return { kind: "unknown", why: "an answer named records of several partitions" };
      const good = outcome.failed === "none" ? records.length : outcome.failed === "all" ? 0 : outcome.failed;
      for (const record of records.slice(0, good)) succeeded.add(record);
      successes.push({ count: records.length, tookMs });
      if (outcome.failed === "none") continue;
      if (outcome.failed === "all") {
        if (only !== undefined && more.length === 0) thrown.add(only);
        else failedWhole.push(records);
      } else {
        const record = records[outcome.failed];
        if (record !== undefined) named.add(record);
      }
      continue;
    }
    failuresMs.push(tookMs);
    if (only !== undefined && more.length === 0) thrown.add(only);
    else failedWhole.push(records);
  }
  const both = [...thrown, ...named].find((record) => succeeded.has(record));
  if (both !== undefined) return { kind: "unknown", why: `record ${shownAs(both)} failed, and succeeded another time` };
  const unexplained = failedWhole.find((records) => !records.some((each) => thrown.has(each) || named.has(each)));
  if (unexplained !== undefined) {
    const [first = ""] = unexplained;
    const what =
      unexplained.length === 0
        ? "the final call of a window"
        : `a batch of ${unexplained.length} from ${shownAs(first)} on`;
    return { kind: "unknown", why: `${what} failed, and no record of it was seen to fail alone` };
  }
  if (successes.length === 0 && failuresMs.length === 0)
    return { kind: "unknown", why: "no call has ended in the recording" };
  const fitted = fittedLine(successes);
  return {
    kind: "model",
    model: {
      thrown,
      named,
      ...fitted,
      failureMs: median(failuresMs) ?? fitted.baseMs,
      successCount: successes.length,
      refusedCount,
    },
  };
}

/** Least squares; neither part is below 0. */
function fittedLine(points: readonly { readonly count: number; readonly tookMs: number }[]): {
  readonly baseMs: number;
  readonly perRecordMs: number;
} {
  if (points.length === 0) return { baseMs: 0, perRecordMs: 0 };
  const meanCount = points.reduce((sum, { count }) => sum + count, 0) / points.length;
  const meanMs = points.reduce((sum, { tookMs }) => sum + tookMs, 0) / points.length;
  let spread = 0;
  let together = 0;
  for (const { count, tookMs } of points) {
    spread += (count - meanCount) ** 2;
    together += (count - meanCount) * (tookMs - meanMs);
  }
  const slope = spread === 0 ? 0 : Math.max(0, together / spread);
  const base = meanMs - slope * meanCount;
  if (base >= 0) return { baseMs: base, perRecordMs: slope };
  return { baseMs: 0, perRecordMs: meanCount === 0 ? 0 : meanMs / meanCount };
}

function median(values: readonly number[]): number | null {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor((sorted.length - 1) / 2)] ?? null;
}
