// What became of each sent record: when a call with it began for the first time, when it ended, and how.

import type { LoadObservation } from "../observation.ts";
import { rounded } from "./numbers.ts";
import type { Told } from "./run-fold.ts";
import { createSentIndex, type Segment, type SentIndex } from "./sent-index.ts";
import { type Fate, fates, type Root, type Who } from "./who.ts";

export interface RecordFates {
  /** Ms since the run's beginning, by the record's index in what was sent; NaN: not yet. */
  readonly startedMs: Float64Array;
  readonly endedMs: Float64Array;
  readonly fates: Uint8Array;
  /** Why some of them may be missing or taken for one another; null: none are. */
  readonly sampled: string | null;
  /** False: of large batches of messages some are told apart by their order, so how many ended how is the journal's to say. */
  readonly isNamed: boolean;
}

export function recordFates(observation: LoadObservation, told: Told): RecordFates {
  const { sent, startedAtMs: beganAtMs } = observation;
  const index = createSentIndex(observation);
  const startedMs = new Float64Array(sent.length).fill(Number.NaN);
  const endedMs = new Float64Array(sent.length).fill(Number.NaN);
  const ended = new Uint8Array(sent.length);
  const parted = new Map<Root, readonly Segment[]>();
  const unnamed = unnamedMessages(observation, told, index);

  /** Of a record that was delivered again the first start and the first end count. */
  function end(at: number, ms: number, fate: Fate): void {
    if ((endedMs[at] ?? 0) <= ms) return;
    endedMs[at] = ms;
    ended[at] = fate;
  }

  for (const root of told.roots) {
    const others = unnamed.get(root);
    const segments = others === undefined ? index.ofBatch(root) : [...index.ofBatch(root), others];
    if (root.isParted) parted.set(root, segments);
    const startMs = rounded(root.startedAtMs - beganAtMs);
    const doneMs = rounded(root.doneAtMs - beganAtMs);
    const isDone = !Number.isNaN(doneMs);
    each(segments, (at) => {
      if (!((startedMs[at] ?? 0) <= startMs)) startedMs[at] = startMs;
      if (isDone) end(at, doneMs, fates.done);
    });
  }
  for (const { who, atMs, fate } of told.ends) {
    const ms = rounded(atMs - beganAtMs);
    each(segmentsOf(who, index, parted), (at) => end(at, ms, fate));
  }
  // What was given up without a call of its own has had none, whatever its batch had later.
  for (let at = 0; at < sent.length; at += 1) if ((startedMs[at] ?? 0) > (endedMs[at] ?? 0)) startedMs[at] = Number.NaN;
  const isNamed = unnamed.size === 0;
  const sampled = isNamed ? (index.isByOrder() ? BY_ORDER : null) : FIRST_NAMED;
  return { startedMs, endedMs, fates: ended, sampled, isNamed };
}

const FIRST_NAMED =
  "messages beyond the first 1,000 of a batch, which the journal does not name, told apart by their order";
const BY_ORDER = "records told apart by their order, as their sender is not told their ids";

/** Of batches whose messages are not all named: those that are named nowhere, in the order in which they were sent. */
function unnamedMessages(
  { sent, startedAtMs }: LoadObservation,
  { roots }: Told,
  index: SentIndex,
): ReadonlyMap<Root, Segment> {
  const found = new Map<Root, Segment>();
  const short = roots.filter(({ ids, count }) => ids !== undefined && ids.length < count);
  if (short.length === 0) return found;
  const isTaken = new Uint8Array(sent.length);
  for (const root of roots) each(index.ofBatch(root), (at) => void (isTaken[at] = 1));
  let next = 0;
  for (const root of short) {
    const taken: number[] = [];
    let left = root.count - (root.ids?.length ?? 0);
    for (; left > 0 && next < sent.length; next += 1) {
      const record = sent[next];
      if (record === undefined || isTaken[next] === 1 || !record.isMatching) continue;
      if (record.sentAtMs > startedAtMs + root.closedMs) break;
      taken.push(next);
      left -= 1;
    }
    found.set(root, { order: taken, from: 0, count: taken.length });
  }
  return found;
}

function segmentsOf(who: Who, index: SentIndex, parted: ReadonlyMap<Root, readonly Segment[]>): readonly Segment[] {
  switch (who.kind) {
    case "run":
      return slice(parted.get(who.root) ?? [], who.from, who.count);
    case "partitions":
      return index.ofPartitions(who.partitions);
    case "ids":
      return index.ofIds(who.ids);
    case "without": {
      const gone = new Set<number>();
      each(segmentsOf(who.gone, index, parted), (at) => gone.add(at));
      const left: number[] = [];
      each(segmentsOf(who.who, index, parted), (at) => {
        if (!gone.has(at)) left.push(at);
      });
      return [{ order: left, from: 0, count: left.length }];
    }
  }
}

function slice(segments: readonly Segment[], from: number, count: number): readonly Segment[] {
  const cut: Segment[] = [];
  let [skip, left] = [from, count];
  for (const segment of segments) {
    const start = Math.min(skip, segment.count);
    skip -= start;
    const taken = Math.min(left, segment.count - start);
    left -= taken;
    if (taken > 0) cut.push({ ...segment, from: segment.from + start, count: taken });
  }
  return cut;
}

function each(segments: readonly Segment[], visit: (index: number) => void): void {
  for (const { order, from, count } of segments) {
    for (let place = from; place < from + count; place += 1) {
      const index = order[place];
      if (index !== undefined) visit(index);
    }
  }
}
