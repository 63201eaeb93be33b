// Folds a recording through the production core and lane runner, and holds what comes of it against what was recorded: the same
// batches, retries and splits, or where they first differ. No broker, no handler, no waiting.
//
// P1  A lane's entries are compared in order, from the state in which the recording met it.
// P2  What the last event before a kill led to may be missing from the file, and nothing else: the replay may know more at the end of
//     a lane, never less.

import { createHash } from "node:crypto";
import { MillraceError } from "../errors.ts";
import type { KinesisRecord } from "../kinds/kinesis/kinesis-record.ts";
import { nextTurn } from "../platform/turn.ts";
import type { Call } from "../ports/invoker.ts";
import type { Entry, Fact } from "../ports/journal.ts";
import type { MappingSpec } from "../ports/mapping-spec.ts";
import type { LaneRunner } from "../runtime/lane-runner.ts";
import type { Recording, RecordingEnd } from "./read-recording.ts";
import { eventFrom } from "./record-form.ts";
import type { CourseLine, FedLine, LaneLine, ReportedLine } from "./recording-line.ts";
import { createReplayClock } from "./replay-ports.ts";
import { createReplayedMapping, type ReplayedMapping } from "./replay-mapping.ts";

/** An invocation as it is about to begin. */
export interface ReplayedCall {
  readonly mapping: ReplayedMapping;
  readonly runner: LaneRunner<KinesisRecord>;
  readonly lane: string;
  readonly batch: string;
  readonly requestId: string;
  readonly attempt: number;
  readonly atMs: number;
  /** Null: over the limit, so it was not called. */
  readonly call: Call | null;
  readonly isEnded: boolean;
}

export interface Difference {
  readonly lane: string;
  /** From 1, in this life of the lane. */
  readonly number: number;
  /** JSON text of the entry; null: there is none. */
  readonly recorded: string | null;
  readonly replayed: string | null;
}

export interface Replayed {
  /** Of the lanes, as the replay made them. */
  readonly entries: readonly Entry[];
  /** As the file has them: of lanes, units and mappings. */
  readonly recordedEntries: readonly Entry[];
  readonly digest: string;
  readonly recordedDigest: string;
  /** Null: the same journal. */
  readonly difference: Difference | null;
  readonly end: RecordingEnd;
  readonly eventCount: number;
  readonly laneCount: number;
  readonly specs: ReadonlyMap<string, MappingSpec>;
  /** The invocation at which it stopped. */
  readonly stoppedAt: ReplayedCall | null;
}

export interface ReplayOptions {
  /** Asked at the beginning and at the end of each invocation: true stops the replay there. */
  readonly stopsAt?: (call: ReplayedCall) => boolean;
  /** Each line, before it is folded: for whoever counts arrivals and outcomes. */
  readonly onLine?: (line: CourseLine) => void;
}

interface LaneLife {
  readonly lane: string;
  readonly mapping: ReplayedMapping;
  readonly runner: LaneRunner<KinesisRecord>;
  readonly recorded: string[];
  readonly replayed: string[];
  /** How many entries there were before the last line that led to any. */
  beforeLast: number;
}

export async function replay(recording: Recording, options: ReplayOptions = {}): Promise<Replayed> {
  const clock = createReplayClock();
  const mappings = new Map<string, ReplayedMapping>();
  const lives: LaneLife[] = [];
  const lanes = new Map<string, LaneLife>();
  const entries: Entry[] = [];
  const recordedEntries: Entry[] = [];
  const recordedNumbers = new Map<string, number>();
  const numbers = new Map<string, number>();
  let end: RecordingEnd = "open";
  let eventCount = 0;
  let lastCall: Call | null = null;
  let begun: Omit<ReplayedCall, "mapping" | "runner" | "call"> | null = null;
  let stoppedAt: ReplayedCall | null = null;

  function onFact(lane: string, fact: Fact): void {
    const entry = entryOf(numbers, lane, fact, clock.nowMs());
    entries.push(entry);
    lanes.get(lane)?.replayed.push(JSON.stringify(entryText(lane, fact, clock.nowMs())));
    if (fact.kind !== "invoked" && fact.kind !== "decided") return;
    const { batch, requestId, attempt } = fact;
    begun = { lane, batch, requestId, attempt, atMs: clock.nowMs(), isEnded: fact.kind === "decided" };
    looks.push(begun);
  }
  let looks: Omit<ReplayedCall, "mapping" | "runner" | "call">[] = [];

  function mappingOf(uuid: string): ReplayedMapping {
    const found = mappings.get(uuid);
    if (found !== undefined) return found;
    throw new MillraceError("recording-invalid", `the recording speaks of mapping ${uuid} before it says what it is`);
  }

  function lifeOf(lane: string): LaneLife {
    const found = lanes.get(lane);
    if (found !== undefined) return found;
    throw new MillraceError("recording-invalid", `the recording feeds lane ${lane} before it says how it begins`);
  }

  function open(line: LaneLine): void {
    const mapping = mappingOf(line.m);
    const runner = mapping.open(line);
    const life: LaneLife = { lane: line.l, mapping, runner, recorded: [], replayed: [], beforeLast: 0 };
    lanes.set(line.l, life);
    lives.push(life);
  }

  /** What a turn leads to comes with its own request ids, which the file has behind it. */
  function feed(line: FedLine, ids: readonly string[]): void {
    const life = lifeOf(line.l);
    const { mapping, runner, lane } = life;
    life.beforeLast = life.replayed.length;
    eventCount += 1;
    clock.set(line.atMs);
    mapping.expectIds(ids);
    lastCall = null;
    looks = [];
    try {
      runner.post(eventFrom(line.e));
    } catch (error) {
      const what = error instanceof Error ? error.message : String(error);
      throw new MillraceError("recording-invalid", `${lane} cannot take \`${line.e.kind}\` at ${line.atMs}: ${what}`, {
        cause: error,
      });
    }
    for (const look of looks) {
      const call: ReplayedCall = { ...look, mapping, runner, call: look.isEnded ? null : lastCall };
      if (look.lane === lane && options.stopsAt?.(call) === true) stoppedAt = call;
      if (stoppedAt !== null) return;
    }
  }

  async function report(line: ReportedLine): Promise<void> {
    const life = lifeOf(line.l);
    const { mapping } = life;
    life.beforeLast = life.replayed.length;
    await nextTurn(); // Its document may be on its way only now.
    clock.set(line.atMs);
    if (!mapping.report(line)) {
      const { batch, requestId, destination, recordCount, answer, detail } = line;
      onFact(line.l, { kind: "reported", batch, requestId, destination, answer, detail, recordCount });
    }
    await nextTurn();
  }

  async function fold(line: CourseLine, ids: readonly string[]): Promise<void> {
    options.onLine?.(line);
    switch (line.k) {
      case "mapping":
        clock.set(line.atMs);
        mappings.set(
          line.m,
          createReplayedMapping(line, {
            clock,
            onFact,
            onCall: (call) => {
              lastCall = call;
            },
          }),
        );
        return;
      case "settings":
        return mappingOf(line.m).update(line.spec);
      case "unit":
        return mappingOf(line.m).unit(line);
      case "lane":
        return open(line);
      case "fed":
        return feed(line, ids);
      case "reported":
        return report(line);
      case "passed":
        return mappingOf(line.m).passed(line);
      case "entry": {
        recordedEntries.push(entryOf(recordedNumbers, line.l, line.fact, line.atMs));
        lanes.get(line.l)?.recorded.push(JSON.stringify(entryText(line.l, line.fact, line.atMs)));
        return;
      }
      case "drew":
      case "end":
        return;
    }
  }

  for (const { line, ids } of withIds(recording.lines((how) => void (end = how)))) {
    await fold(line, ids);
    if (stoppedAt !== null) break;
  }
  await nextTurn();
  const difference = stoppedAt === null ? firstDifference(lives) : null;
  return {
    entries,
    recordedEntries,
    digest: digestOf(lives, ({ replayed, recorded }) => replayed.slice(0, recorded.length)),
    recordedDigest: digestOf(lives, ({ recorded }) => recorded),
    difference,
    end,
    eventCount,
    laneCount: lives.length,
    specs: new Map([...mappings].map(([uuid, mapping]) => [uuid, mapping.spec()])),
    stoppedAt,
  };
}

/** Each line with the ids drawn in the turn that it begins: the `drew` lines behind it, up to the next line that is fed. */
function* withIds(
  lines: Iterable<CourseLine>,
): Generator<{ readonly line: CourseLine; readonly ids: readonly string[] }> {
  let held: { readonly line: CourseLine; readonly ids: string[] }[] = [];
  for (const line of lines) {
    if (line.k === "drew") {
      held[0]?.ids.push(line.id);
      continue;
    }
    // Entries come after the event that they follow from: they are held with it.
    if (line.k !== "entry") {
      yield* held;
      held = [];
    }
    held.push({ line, ids: [] });
  }
  yield* held;
}

function entryText(lane: string, fact: Fact, atMs: number): object {
  return { atMs, lane, ...fact };
}

function entryOf(numbers: Map<string, number>, lane: string, fact: Fact, atMs: number): Entry {
  const seq = (numbers.get(lane) ?? 0) + 1;
  numbers.set(lane, seq);
  return { atMs, mapping: lane.split("/")[0] ?? lane, lane, seq, ...fact };
}

/** A hash a lane's life, then one over them in order of name, so that lanes may interleave as they like. */
function digestOf(lives: readonly LaneLife[], textsOf: (life: LaneLife) => readonly string[]): string {
  const hashes = lives.map((life, index) => {
    const hash = createHash("sha256");
    for (const text of textsOf(life)) hash.update(`${text}\n`);
    return { name: life.lane, index, digest: hash.digest("hex") };
  });
  const whole = createHash("sha256");
  for (const { name, digest } of hashes.toSorted((a, b) =>
    a.name < b.name ? -1 : a.name > b.name ? 1 : a.index - b.index,
  ))
    whole.update(`${name} ${digest}\n`);
  return `sha256:${whole.digest("hex")}`;
}

function firstDifference(lives: readonly LaneLife[]): Difference | null {
  for (const { lane, recorded, replayed, beforeLast } of lives) {
    const count = Math.max(recorded.length, replayed.length);
    for (let index = 0; index < count; index++) {
      const one = recorded[index] ?? null;
      const other = replayed[index] ?? null;
      if (one === other) continue;
      if (one === null && index >= beforeLast) break; // P2
      return { lane, number: index + 1, recorded: one, replayed: other };
    }
  }
  return null;
}
