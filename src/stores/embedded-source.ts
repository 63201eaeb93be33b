// One embedded stream as the runtime reads it: the Source port over the store thread. Records are slices of the buffer that a read
// brought; nothing is copied.

import { eventSizeBytes } from "../kinds/event-sizing.ts";
import type { KinesisRecord } from "../kinds/kinesis/kinesis-record.ts";
import type { StreamKind } from "../kinds/stream-kind.ts";
import type { Position, Read, Reader, Source, SourceProblem, UnitId } from "../ports/source.ts";
import { FrameCursor } from "./frames.ts";
import type { StoreClient } from "./store-client.ts";
import type { ReadAnswer, ReadCursor } from "./store-protocol.ts";
import { storeBroken, streamMadeAnew, streamMissing } from "./stream-problems.ts";

/** Closing leaves the client open: it is its owner's. */
export function createEmbeddedSource(options: {
  readonly client: StoreClient;
  readonly streamName: string;
  readonly kind: StreamKind;
}): Source<KinesisRecord> {
  const { client, streamName, kind } = options;
  const missing = problem(streamMissing(streamName));
  /** The stream whose shards were told last; null: nobody has asked. */
  let incarnation: number | null = null;
  return {
    async topology() {
      try {
        const answer = await client.ask("stream-describe", { name: streamName });
        if (answer.kind === "missing") return missing;
        incarnation = answer.incarnation;
        const units = answer.stream.shards.map((shard) => ({
          id: shard.id,
          parents: [shard.parentId, shard.adjacentParentId].filter((parent) => parent !== null),
          isClosed: shard.endingSequenceNumber !== null,
          hashKeys: { first: shard.startingHashKey, last: shard.endingHashKey },
        }));
        return { kind: "topology", units };
      } catch (error) {
        return problem(storeBroken(error));
      }
    },
    async resolve(unit, start) {
      try {
        const answer = await client.ask("stream-locate", { name: streamName, shardId: unit, start });
        return answer.kind === "missing" ? missing : { ...answer, kind: "resolved" };
      } catch (error) {
        return problem(storeBroken(error));
      }
    },
    open: (unit, after, { firstOrdinal }) =>
      createReader({
        client,
        streamName,
        kind,
        unit,
        after,
        firstOrdinal,
        missing,
        isAnew: (read) => incarnation !== null && read !== incarnation,
      }),
    close: () => Promise.resolve(),
  };
}

interface ReaderOptions {
  readonly client: StoreClient;
  readonly streamName: string;
  readonly kind: StreamKind;
  readonly unit: UnitId;
  readonly after: Position | null;
  readonly firstOrdinal: number;
  readonly missing: Read<KinesisRecord>;
  /** Whether a stream is another one than that whose shards are known. */
  readonly isAnew: (incarnation: number) => boolean;
}

function createReader(options: ReaderOptions): Reader<KinesisRecord> {
  const { client, streamName, kind, unit } = options;
  const sizing = kind.sizing(unit);
  let after = options.after;
  let nextOrdinal = options.firstOrdinal;
  let cursor: ReadCursor | null = null;
  let isTipKnown = false;
  let isEnded = false;

  function recordsOf(frames: ArrayBuffer): readonly KinesisRecord[] {
    const records: KinesisRecord[] = [];
    const frame = new FrameCursor(new Uint8Array(frames));
    for (; !frame.isAtEnd; frame.next()) {
      const partitionKey = frame.key;
      const { ms: arrivedAtMs, counter } = frame;
      const entryId = `${arrivedAtMs}-${counter}`;
      const data = kind.admitted(frame.data, entryId);
      const sizeBytes = eventSizeBytes(sizing, { partitionKey, dataBytes: data.length, arrivedAtMs });
      records.push({ ordinal: nextOrdinal++, arrivedAtMs, sizeBytes, entryId, partitionKey, data });
      if (frame.at + frame.frameBytes >= frame.bytes.length) after = kind.positionOf(entryId);
    }
    return records;
  }

  function readFrom(answer: ReadAnswer): Read<KinesisRecord> {
    const records = recordsOf(answer.frames);
    cursor = answer.cursor;
    isTipKnown = answer.isCaughtUp;
    isEnded = answer.isEnded;
    if (isEnded && records.length === 0 && answer.lost === null) return { kind: "ended" };
    return { kind: "records", records, isCaughtUp: answer.isCaughtUp, lost: answer.lost };
  }

  return {
    async read(room, signal) {
      if (isEnded) return { kind: "ended" };
      try {
        const answer = await client.ask(
          "stream-read",
          {
            name: streamName,
            shardId: unit,
            after,
            cursor,
            limit: room.records,
            maxBytes: room.bytes,
            counting: { kind: "event", sizing },
            isWaiting: true,
            isTipKnown,
          },
          { signal },
        );
        if (answer.kind === "read" && !options.isAnew(answer.cursor.incarnation)) return readFrom(answer);
        isTipKnown = false;
        return answer.kind === "missing" ? options.missing : problem(streamMadeAnew(streamName));
      } catch (error) {
        isTipKnown = false;
        return problem(storeBroken(error));
      }
    },
    close: () => Promise.resolve(),
  };
}

function problem(what: SourceProblem): { readonly kind: "problem"; readonly problem: SourceProblem } {
  return { kind: "problem", problem: what };
}
