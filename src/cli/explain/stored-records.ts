// Records out of the state directory of a server that is stopped: the embedded store is opened for a moment, under the directory's lock.

import { existsSync } from "node:fs";
import { storedNameOfArn } from "../../control/mapping/source-kinds.ts";
import { MillraceError } from "../../errors.ts";
import { familyOf, placeBefore, type StreamFamily } from "../../kinds/stream-family.ts";
import { openStateDirectory, statePaths } from "../../platform/state-directory.ts";
import type { Position } from "../../ports/source.ts";
import { FrameCursor } from "../../stores/frames.ts";
import { positionFromPlace } from "../../stores/place.ts";
import { openStoreDatabase } from "../../stores/store-database.ts";
import { createStreamLog } from "../../stores/stream-log.ts";
import type { From, SourceRecord, SourceRecords } from "./source-records.ts";

const MOST_RECORDS = 10_000;
const MOST_BYTES = 10_000_000;

export interface StoredRecords extends SourceRecords {
  close(): void;
}

/** Null: there is no store. Throws `state-locked` while a server runs on the directory. */
export function openStoredRecords(stateDir: string, nowMs: () => number): StoredRecords | null {
  if (!existsSync(statePaths(stateDir).storeFile)) return null;
  const state = openStateDirectory(stateDir);
  try {
    const database = openStoreDatabase(state.storeFile);
    const log = createStreamLog(database, { nowMs, maxShardBytes: null });
    return {
      silence: () => null,
      page(arn, shardId, from) {
        const name = storedNameOfArn(arn) ?? "";
        const answer = log.read({
          name,
          shardId,
          after: from === null ? null : behind(familyOf(name), from),
          cursor: null,
          limit: MOST_RECORDS,
          maxBytes: MOST_BYTES,
          counting: { kind: "data" },
          isWaiting: false,
          isTipKnown: false,
        });
        return Promise.resolve(
          answer === null || answer.kind === "missing" ? [] : recordsOf(familyOf(name), answer.frames),
        );
      },
      close() {
        database.close();
        state.close();
      },
    };
  } catch (error) {
    state.close();
    throw error;
  }
}

/** Null: a server has the directory, or there is no embedded store. */
export function openIfStopped(stateDir: string, nowMs: () => number): StoredRecords | null {
  try {
    return openStoredRecords(stateDir, nowMs);
  } catch (error) {
    if (error instanceof MillraceError && error.code === "state-locked") return null;
    throw error;
  }
}

/** What is behind the place before a record's is at the record. */
const behind = (family: StreamFamily, { position, isIncluded }: From): Position | null =>
  isIncluded ? (placeBefore(family, position) ?? null) : position;

function recordsOf(family: StreamFamily, frames: ArrayBuffer): readonly SourceRecord[] {
  const records: SourceRecord[] = [];
  for (const cursor = new FrameCursor(new Uint8Array(frames)); !cursor.isAtEnd; cursor.next())
    records.push({
      position: positionFromPlace(family, cursor),
      arrivedAtMs: cursor.ms,
      partitionKey: Buffer.from(cursor.key).toString("utf8"),
      data: cursor.data,
    });
  return records;
}
