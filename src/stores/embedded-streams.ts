// The Streams port over the store thread.

import { familyOf } from "../kinds/stream-family.ts";
import type { StoredRecord, Streams, StreamsProblem } from "../ports/streams.ts";
import { FRAME_HEAD_BYTES, FrameCursor, packFrames } from "./frames.ts";
import { positionFromPlace } from "./place.ts";
import type { StoreClient } from "./store-client.ts";
import type { ReadAnswer } from "./store-protocol.ts";
import { storeBroken } from "./stream-problems.ts";
import type { NewRecord, Put } from "../ports/streams.ts";

/** Most bytes of one message to the store; larger appends go in several. */
const MOST_APPEND_BYTES = 16_777_216;

/** Closing leaves the client open: it is its owner's. */
export function createEmbeddedStreams(client: StoreClient): Streams {
  return {
    create: (name, { shardCount, mode }) => orProblem(client.ask("stream-create", { name, shardCount, mode })),
    delete: (name) => orProblem(client.ask("stream-delete", { name })),
    describe: (name) => orProblem(client.ask("stream-describe", { name })),
    list: () => orProblem(client.ask("stream-list", {}).then((names) => ({ kind: "names" as const, names }))),
    append: (name, records) => orProblem(append(client, name, records)),
    read: (name, shardId, after, { limit, maxBytes }) =>
      orProblem(
        client
          .ask("stream-read", {
            name,
            shardId,
            after,
            limit,
            maxBytes,
            cursor: null,
            counting: { kind: "data" },
            isWaiting: false,
            isTipKnown: false,
          })
          .then((answer) => (answer.kind === "missing" ? answer : storedRecords(name, answer))),
      ),
    locate: (name, shardId, start) =>
      orProblem(
        client
          .ask("stream-locate", { name, shardId, start })
          .then((answer) => (answer.kind === "missing" ? answer : { kind: answer.kind, after: answer.after })),
      ),
    setRetentionHours: (name, hours) => orProblem(client.ask("stream-retention", { name, hours })),
    reshard: (name, change) => orProblem(client.ask("stream-reshard", { name, change })),
    close: () => Promise.resolve(),
  };
}

/** Lets every record that the stream holds now go, as if its retention were over (E-68). */
export async function trimEmbeddedStream(client: StoreClient, name: string): Promise<void> {
  await client.ask("stream-trim", { name });
}

async function append(client: StoreClient, name: string, records: readonly NewRecord[]) {
  const puts: Put[] = [];
  const family = familyOf(name);
  for (const part of partsOf(records)) {
    const frames = packFrames(part);
    const explicitHashKeys = part.some((record) => record.explicitHashKey !== null)
      ? part.map((record) => record.explicitHashKey)
      : null;
    const answer = await client.ask("stream-append", { name, frames, explicitHashKeys }, { transfer: [frames] });
    if (answer.kind === "missing") return answer;
    for (const [index, shardIndex] of answer.shardIndexes.entries())
      puts.push({
        shardId: answer.shardIds[shardIndex] ?? "",
        sequenceNumber: positionFromPlace(family, { ms: answer.ms[index] ?? 0, counter: answer.counters[index] ?? 0 }),
      });
  }
  return { kind: "put" as const, puts };
}

/** At least one part, so that a stream that is not there is missed also without records. */
function partsOf(records: readonly NewRecord[]): readonly (readonly NewRecord[])[] {
  const parts: NewRecord[][] = [];
  let part: NewRecord[] = [];
  let bytes = 0;
  for (const record of records) {
    const size = FRAME_HEAD_BYTES + record.data.length + record.partitionKey.length;
    if (part.length > 0 && bytes + size > MOST_APPEND_BYTES) {
      parts.push(part);
      part = [];
      bytes = 0;
    }
    part.push(record);
    bytes += size;
  }
  parts.push(part);
  return parts;
}

function storedRecords(name: string, answer: ReadAnswer) {
  const records: StoredRecord[] = [];
  const family = familyOf(name);
  for (const cursor = new FrameCursor(new Uint8Array(answer.frames)); !cursor.isAtEnd; cursor.next())
    records.push({
      sequenceNumber: positionFromPlace(family, cursor),
      arrivedAtMs: cursor.ms,
      partitionKey: Buffer.from(cursor.key).toString("utf8"),
      data: cursor.data,
    });
  const { millisBehindLatest, isEnded } = answer;
  return { kind: "records" as const, records, millisBehindLatest, isEnded };
}

async function orProblem<T>(answer: Promise<T>): Promise<T | StreamsProblem> {
  try {
    return await answer;
  } catch (error) {
    return { kind: "problem", problem: storeBroken(error) };
  }
}
