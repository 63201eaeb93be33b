// What the lines of a terminal need to know from earlier entries: each mapping's source, function and settings, the places of the
// batches that are not over, and the last error of each. It only listens to the journal.
//
// K1  Bounded: of batches and errors the newest MOST_KEPT are remembered. What is forgotten is left out of a line, never guessed.

import { restPath } from "../core/batch-name.ts";
import type { Entry } from "../ports/journal.ts";
import { shortArn, shownSource } from "./shown-forms.ts";
import { type SourceFamily, sourceFamily } from "./source-family.ts";

const MOST_KEPT = 5_000;
/** After so long without a batch it is worth a line that records are passed over. */
const QUIET_MS = 10_000;

/** What a mapping that was deleted comes to. */
export const GONE = "Gone";

/** Places in the batch that was first closed, counted from 1. */
export interface Places {
  readonly from: number;
  readonly to: number;
}

export interface MappingFacts {
  readonly family: SourceFamily;
  readonly source: string;
  readonly functionName: string;
  readonly batchSize: number | null;
  readonly windowSeconds: number | null;
  /** -1: no limit. */
  readonly retries: number | null;
  readonly factor: number;
}

export interface LineState {
  readonly mappings: Map<string, MappingFacts>;
  readonly places: Map<string, Places>;
  /** By mapping: when its last batch was closed, or the last line told of records that its filter passes over. */
  readonly quietSince: Map<string, number>;
  /** By mapping: records passed over since its last batch. */
  readonly filteredCounts: Map<string, number>;
  /** Mappings whose source cannot be reached, and of which that has been said. */
  readonly troubled: Set<string>;
  /** By mapping, and then by the lane that met it: the fault of a source that lasts. */
  readonly faults: Map<string, Map<string, string>>;
  /** By the path of a topic's poller: how many partitions it had last. */
  readonly shares: Map<string, number>;
  /** By first batch: what the last failure in it said. */
  readonly errors: Map<string, string>;
  /** By batch or part of one: what its own last failure said; null: it returned, and named what failed. */
  readonly ownErrors: Map<string, string | null>;
}

export function createLineState(): LineState {
  return {
    mappings: new Map(),
    places: new Map(),
    quietSince: new Map(),
    filteredCounts: new Map(),
    troubled: new Set(),
    faults: new Map(),
    shares: new Map(),
    errors: new Map(),
    ownErrors: new Map(),
  };
}

export const batchKey = (entry: Entry, batch: string): string => `${entry.mapping ?? ""}|${batch}`;

/** Of the batch that all its halves and rests came from: `29` of `29.2.1+`. */
export const familyKey = (entry: Entry, batch: string): string => batchKey(entry, /^\d*/.exec(batch)?.[0] ?? batch);

export const errorText = (error: { readonly type: string; readonly message: string }): string =>
  `${error.type}: ${error.message}`;

/** Of a batch that is given up; of a part that never failed by itself, as one that was too old, what the last failure around it said. */
export function lastErrorOf(state: LineState, entry: Extract<Entry, { kind: "gave-up" }>): string | null {
  const own = state.ownErrors.get(batchKey(entry, entry.batch));
  return own === undefined ? (state.errors.get(familyKey(entry, entry.batch)) ?? null) : own;
}

/** To be called after the entry's own line was made: a line compares with what was before. */
export function learn(state: LineState, entry: Entry): void {
  switch (entry.kind) {
    case "settings":
      if (entry.mapping !== null) state.mappings.set(entry.mapping, factsOf(entry.settings));
      return;
    case "mapping-state":
      if (entry.mapping !== null && entry.to === GONE) forget(state, entry.mapping);
      return;
    case "source-problem":
      if (entry.code === "unreachable") state.troubled.add(entry.mapping ?? "");
      faultsOf(state, entry).set(entry.lane, entry.detail);
      return;
    case "source-recovered":
      state.troubled.delete(entry.mapping ?? "");
      faultsOf(state, entry).delete(entry.lane);
      return;
    case "share":
      keep(state.shares, entry.lane, entry.partitionCount);
      return;
    case "filtered":
      return learnFiltered(state, entry);
    case "batch-closed":
      state.quietSince.set(entry.mapping ?? "", entry.atMs);
      state.filteredCounts.delete(entry.mapping ?? "");
      keep(state.places, batchKey(entry, entry.batch), { from: 1, to: entry.recordCount });
      return;
    case "decided":
      return learnDecided(state, entry);
    case "gave-up":
      return learnGaveUp(state, entry);
    default:
      return;
  }
}

function faultsOf(state: LineState, { mapping }: Entry): Map<string, string> {
  const known = state.faults.get(mapping ?? "") ?? new Map<string, string>();
  state.faults.set(mapping ?? "", known);
  return known;
}

/** Of the mapping's other lanes, as far as their faults last. */
export function othersFaults(state: LineState, { mapping, lane }: Entry): readonly string[] {
  return [...(state.faults.get(mapping ?? "") ?? [])].filter(([of]) => of !== lane).map(([, detail]) => detail);
}

function forget(state: LineState, mapping: string): void {
  state.mappings.delete(mapping);
  state.quietSince.delete(mapping);
  state.filteredCounts.delete(mapping);
  state.troubled.delete(mapping);
  state.faults.delete(mapping);
}

function learnFiltered(state: LineState, entry: Extract<Entry, { kind: "filtered" }>): void {
  const mapping = entry.mapping ?? "";
  state.filteredCounts.set(mapping, (state.filteredCounts.get(mapping) ?? 0) + entry.filteredCount);
  if (isQuiet(state, entry)) state.quietSince.set(mapping, entry.atMs);
}

/** Where batches come too, it is no news that records are passed over. */
export function isQuiet(state: LineState, entry: Entry): boolean {
  const since = state.quietSince.get(entry.mapping ?? "");
  return since === undefined || entry.atMs - since >= QUIET_MS;
}

function learnDecided(state: LineState, entry: Extract<Entry, { kind: "decided" }>): void {
  const key = batchKey(entry, entry.batch);
  if (entry.error !== null) keep(state.errors, familyKey(entry, entry.batch), errorText(entry.error));
  if (entry.verdict === "retry" || entry.verdict === "give up")
    keep(state.ownErrors, key, entry.error === null ? null : errorText(entry.error));
  for (const [index, next] of nextPlaces(state, entry).entries()) {
    const name = entry.next[index]?.batch;
    if (name !== undefined && next !== null) keep(state.places, batchKey(entry, name), next);
  }
  if (entry.verdict === "done" || entry.verdict === "bisect" || entry.verdict === "rest") state.places.delete(key);
}

function learnGaveUp(state: LineState, entry: Extract<Entry, { kind: "gave-up" }>): void {
  const key = batchKey(entry, entry.batch);
  const places = state.places.get(key);
  state.places.delete(key);
  state.ownErrors.delete(key);
  // Only what was too old went (E-13): what is left goes on under the name of a rest.
  // Of a topic the head of each partition went (M-407), and what is left may lie about.
  if (places === undefined || places.to - places.from + 1 <= entry.recordCount || entry.partitions !== undefined)
    return;
  const [, number = "", path = ""] = /^(\d*)(.*)$/.exec(entry.batch) ?? [];
  const rest = `${number}${restPath(path)}`;
  keep(state.places, batchKey(entry, rest), { from: places.from + entry.recordCount, to: places.to });
}

/** Where the halves or the rest of a decided batch are; null where its own places are not known. */
export function nextPlaces(state: LineState, entry: Extract<Entry, { kind: "decided" }>): readonly (Places | null)[] {
  const places = state.places.get(batchKey(entry, entry.batch));
  // Of a topic's batch a rest has what is left of each partition, from anywhere in it (M-411).
  const isScattered = entry.verdict === "rest" && entry.next.some(({ partitions }) => partitions !== undefined);
  if (places === undefined || isScattered) return entry.next.map(() => null);
  // They are the batch's end: what comes before them has succeeded.
  let from = places.to + 1 - entry.next.reduce((sum, next) => sum + next.recordCount, 0);
  return entry.next.map(({ recordCount }) => {
    const found = { from, to: from + recordCount - 1 };
    from += recordCount;
    return found;
  });
}

function factsOf(settings: Readonly<Record<string, unknown>>): MappingFacts {
  const text = (name: string): string => (typeof settings[name] === "string" ? shortArn(settings[name]) : "");
  const number = (name: string): number | null => (typeof settings[name] === "number" ? settings[name] : null);
  return {
    family: sourceFamily(settings),
    source: shownSource(settings),
    functionName: text("FunctionArn"),
    batchSize: number("BatchSize"),
    windowSeconds: number("MaximumBatchingWindowInSeconds"),
    retries: number("MaximumRetryAttempts"),
    factor: number("ParallelizationFactor") ?? 1,
  };
}

function keep<T>(map: Map<string, T>, key: string, value: T): void {
  map.delete(key);
  map.set(key, value);
  if (map.size <= MOST_KEPT) return;
  const [oldest] = map.keys();
  if (oldest !== undefined) map.delete(oldest);
}
