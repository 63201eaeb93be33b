// Changes of items on their way to the streams of their tables. An entry of the outbox is stored in one batch with its item, and
// taken away once the stream has the change.
//
// O1  A change is in its stream if and only if its item's write is in the table: both are stored at once, and what is stored is handed
//     on however often the process or the stream's store ends in between.
// O2  A stream gets the changes of one item in the order of its writes: an item's key stays locked until its change was handed on.
// O3  A change is not handed on twice: after a hand-over whose end nobody knows (a kill, a lost connection), what the stream has behind
//     the last place that is known to be good is looked through for the changes' ids first. Only a connection that was lost and whose
//     last words Redis hears after that look can repeat one.
// O4  A write whose stream cannot take it is refused before anything of it is done; one that meets the trouble in its midst is kept.

import type { Clock } from "../ports/clock.ts";
import type { NewRecord, Streams, StreamsProblem } from "../ports/streams.ts";
import { createBoundedWaits } from "./bounded-waits.ts";
import type { DatabaseChange, Engine } from "./dynalite-engine.ts";
import { refusal } from "./table-refusal.ts";

/** A write waits so long for a stream that has gone away in the midst of it: a client that is told of a fault writes again. */
const HAND_WITHIN_MS = 30_000;
/** A change of the table waits so long for what its stream has yet to be told. */
const DRAIN_WITHIN_MS = 5_000;
const FIRST_DELAY_MS = 100;
const MOST_DELAY_MS = 5_000;
/** Of one append. */
const MOST_RECORDS = 500;
const MOST_BYTES = 2_000_000;
const READ_BYTES = 4_000_000;

export interface Change {
  readonly streamName: string;
  /** 32 hexadecimal digits, never used twice. */
  readonly eventId: string;
  readonly partitionKey: string;
  readonly text: string;
}

export interface ChangeOutbox {
  /** Rejects with InternalServerError where the stream cannot take a change now (O4). */
  ready(streamName: string): Promise<void>;
  /** Stores `changes` together with the outbox entries of `told`, all or nothing, and resolves once the streams have these. */
  keep(changes: readonly DatabaseChange[], told: readonly Change[]): Promise<void>;
  /** Resolves once the stream has everything that was kept for it; rejects with InternalServerError where that takes too long. */
  drained(streamName: string): Promise<void>;
  /** What is on its way stays stored, for the next start. */
  close(): Promise<void>;
}

interface Entry extends Change {
  readonly key: string;
}

interface Waiting {
  readonly entry: Entry;
  readonly done: () => void;
}

/** One stream's way. */
interface Line {
  readonly waiting: Waiting[];
  /** The end of a hand-over is not known (O3). */
  isUncertain: boolean;
  /** Why the last hand-over failed; null: it did not. */
  trouble: string | null;
  delayMs: number;
  work: Promise<void> | null;
  probe: Promise<void> | null;
}

export interface OutboxOptions {
  readonly engine: Engine;
  readonly streams: Streams;
  readonly clock: Clock;
  /** Makes a stream that its store has lost. */
  readonly makeStream: (streamName: string) => Promise<{ readonly kind: string } | StreamsProblem>;
}

/** What an earlier run left is handed on by itself, before anything newer of its stream. */
export async function openOutbox(options: OutboxOptions): Promise<ChangeOutbox> {
  const { engine, streams, clock } = options;
  const lines = new Map<string, Line>();
  const waits = createBoundedWaits(clock);
  let isClosed = false;
  let lastNumber = 0;

  for (const [key, value] of await engine.list("outbox~")) {
    const entry = parseEntry(key, value);
    lastNumber = Number(key.slice("outbox~".length));
    const line = lineOf(entry.streamName);
    line.isUncertain = true;
    line.waiting.push({ entry, done: () => undefined });
  }
  for (const name of lines.keys()) start(name);

  function lineOf(name: string): Line {
    const found = lines.get(name);
    if (found !== undefined) return found;
    const line: Line = {
      waiting: [],
      isUncertain: false,
      trouble: null,
      delayMs: FIRST_DELAY_MS,
      work: null,
      probe: null,
    };
    lines.set(name, line);
    return line;
  }

  function start(name: string): void {
    const line = lineOf(name);
    line.work ??= handOn(name, line).finally(() => {
      line.work = null;
      if (line.waiting.length > 0 && !isClosed) start(name);
    });
  }

  async function handOn(name: string, line: Line): Promise<void> {
    while (line.waiting.length > 0 && !isClosed) {
      const trouble = await handSome(name, line).catch((error: unknown) => String(error));
      line.trouble = trouble;
      if (trouble === null) {
        line.delayMs = FIRST_DELAY_MS;
        continue;
      }
      line.isUncertain = true;
      await waits.pause(line.delayMs);
      line.delayMs = Math.min(MOST_DELAY_MS, line.delayMs * 2);
    }
  }

  /** One hand-over; answers what was wrong with it, or null. */
  async function handSome(name: string, line: Line): Promise<string | null> {
    if (line.isUncertain) {
      const problem = await forgetHanded(name, line);
      if (problem !== null) return problem;
      line.isUncertain = false;
      if (line.waiting.length === 0) return null;
    }
    const part = firstPart(line.waiting);
    const answer = await streams.append(name, part.map(recordOf));
    if (answer.kind === "missing") return remade(name);
    if (answer.kind === "problem") return answer.problem.detail;
    // Kept before the places are, so that a kill in between is a hand-over whose end nobody knows, and no loss.
    line.waiting.splice(0, part.length);
    const places = new Map(answer.puts.map(({ shardId, sequenceNumber }) => [shardId, sequenceNumber]));
    await engine.batch([
      ...part.map(({ entry }): DatabaseChange => ({ type: "del", key: entry.key })),
      ...[...places].map(([shardId, value]): DatabaseChange => ({ type: "put", key: placeKey(name, shardId), value })),
    ]);
    for (const { done } of part) done();
    return null;
  }

  /** O3. Takes out of the line what the stream has already. */
  async function forgetHanded(name: string, line: Line): Promise<string | null> {
    const described = await streams.describe(name);
    if (described.kind === "missing") return remade(name);
    if (described.kind === "problem") return described.problem.detail;
    const wanted = new Set(line.waiting.map(({ entry }) => entry.eventId));
    const found = new Set<string>();
    for (const { id } of described.stream.shards) {
      let after = textOrNull(await engine.get(placeKey(name, id)));
      for (;;) {
        const read = await streams.read(name, id, after, { limit: MOST_RECORDS, maxBytes: READ_BYTES });
        if (read.kind === "missing") break;
        if (read.kind === "problem") return read.problem.detail;
        for (const { data } of read.records) {
          const eventId = eventIdIn(data);
          if (eventId !== null && wanted.has(eventId)) found.add(eventId);
        }
        const last = read.records.at(-1)?.sequenceNumber;
        if (last === undefined) break;
        after = last;
      }
    }
    const handed = line.waiting.filter(({ entry }) => found.has(entry.eventId));
    if (handed.length === 0) return null;
    await engine.batch(handed.map(({ entry }) => ({ type: "del", key: entry.key })));
    const left = line.waiting.filter(({ entry }) => !found.has(entry.eventId));
    line.waiting.splice(0, line.waiting.length, ...left);
    for (const { done } of handed) done();
    return null;
  }

  async function remade(name: string): Promise<string | null> {
    const made = await options.makeStream(name);
    return "problem" in made ? made.problem.detail : null;
  }

  async function probe(name: string, line: Line): Promise<void> {
    if (isClosed) throw refusal("InternalServerError", "The server is stopping; nothing was written.");
    const trouble =
      line.trouble ??
      (await streams.describe(name).then((answer) => ("problem" in answer ? answer.problem.detail : null)));
    if (trouble !== null) {
      throw refusal(
        "InternalServerError",
        `Nothing was written: the stream of the table cannot take the change now: ${trouble}`,
      );
    }
  }

  return {
    ready(name) {
      const line = lineOf(name);
      // One look serves all who ask while it is under way.
      line.probe ??= probe(name, line).finally(() => {
        line.probe = null;
      });
      return line.probe;
    },
    async keep(changes, told) {
      const entries = told.map((change): Entry => {
        lastNumber += 1;
        return { ...change, key: `outbox~${String(lastNumber).padStart(16, "0")}` };
      });
      await engine.batch([
        ...changes,
        ...entries.map(({ key, ...value }): DatabaseChange => ({ type: "put", key, value })),
      ]);
      if (entries.length === 0) return;
      const handed = entries.map(
        (entry) => new Promise<void>((resolve) => lineOf(entry.streamName).waiting.push({ entry, done: resolve })),
      );
      for (const name of new Set(entries.map(({ streamName }) => streamName))) start(name);
      if (await waits.within(Promise.all(handed), HAND_WITHIN_MS)) return;
      const trouble = entries.map(({ streamName }) => lineOf(streamName).trouble).find((each) => each !== null);
      throw refusal(
        "InternalServerError",
        "The write is done and its change will reach the stream once this can be written again; do not send it a second time: " +
          (trouble ?? "the server is stopping"),
      );
    },
    async drained(name) {
      const line = lineOf(name);
      if (line.waiting.length === 0 || (await waits.within(line.work ?? Promise.resolve(), DRAIN_WITHIN_MS))) return;
      throw refusal("InternalServerError", `The stream cannot be written now: ${line.trouble ?? "it takes too long"}`);
    },
    async close() {
      isClosed = true;
      waits.end();
      await Promise.all([...lines.values()].map(({ work }) => work ?? Promise.resolve()));
    },
  };
}

const placeKey = (streamName: string, shardId: string): string => `place~${streamName}~${shardId}`;

const recordOf = ({ entry }: Waiting): NewRecord => ({
  partitionKey: entry.partitionKey,
  explicitHashKey: null,
  data: new TextEncoder().encode(entry.text),
});

function firstPart(waiting: readonly Waiting[]): readonly Waiting[] {
  let bytes = 0;
  const most = waiting.slice(0, MOST_RECORDS);
  const end = most.findIndex(({ entry }, index) => {
    bytes += entry.text.length;
    return index > 0 && bytes > MOST_BYTES;
  });
  return end < 0 ? most : most.slice(0, end);
}

/** Of a record's data; null: something else than a change. */
function eventIdIn(data: Uint8Array): string | null {
  try {
    const value: unknown = JSON.parse(new TextDecoder().decode(data));
    return textOrNull(Reflect.get(Object(value), "eventID"));
  } catch {
    return null; // Another producer's bytes: none of ours to find.
  }
}

function parseEntry(key: string, value: unknown): Entry {
  const { streamName, eventId, partitionKey, text } = { ...Object(value) } as Readonly<Record<string, unknown>>;
  return {
    key,
    streamName: String(streamName),
    eventId: String(eventId),
    partitionKey: String(partitionKey),
    text: String(text),
  };
}

const textOrNull = (value: unknown): string | null => (typeof value === "string" ? value : null);
