// A change stream of MongoDB or DocumentDB as a source: one unit, in the stream's order.

import type { ChangeRecord } from "../../src/kinds/documentdb/change-record.ts";
import type { Read, Reader, Source, UnitId } from "../../src/ports/source.ts";
import { createMongoConnection, type MongoAddress } from "./mongo-connection.ts";
import { createMongoReader } from "./mongo-reader.ts";
import { createResolver } from "./mongo-starts.ts";

export const CHANGES_UNIT: UnitId = "changes";

export interface MongoSourceOptions {
  readonly address: MongoAddress;
  readonly fullDocument: "Default" | "UpdateLookup";
  /** */
  readonly isKeepingServerFields: boolean;
  /** The text of a secret as it is now; null: there is none of this name. */
  readonly secretText: (secretArn: string) => Promise<string | null>;
  /** The wall clock, epoch ms. */
  readonly nowMs: () => number;
}

export function createMongoSource(options: MongoSourceOptions): Source<ChangeRecord> {
  const connection = createMongoConnection(options);
  const resolve = createResolver(connection, options.nowMs);
  return {
    topology: () => Promise.resolve({ kind: "topology", units: [{ id: CHANGES_UNIT, parents: [], isClosed: false }] }),
    resolve: (_unit, start) => resolve(start),
    open(_unit, after, { firstOrdinal }) {
      const at = (position: string) => createMongoReader({ ...options, connection, after: position, firstOrdinal });
      return after === null ? fromTheBeginning(at) : at(after);
    },
    close: () => connection.close(),
  };

  /** Without a stored place: at the oldest entry of the log. */
  function fromTheBeginning(at: (position: string) => Reader<ChangeRecord>): Reader<ChangeRecord> {
    let reader: Reader<ChangeRecord> | null = null;
    return {
      async read(room, signal): Promise<Read<ChangeRecord>> {
        if (reader === null) {
          const answer = await resolve({ kind: "trimHorizon" });
          if (answer.kind === "problem") return answer;
          reader = at(answer.after ?? "");
        }
        return reader.read(room, signal);
      },
      close: () => reader?.close() ?? Promise.resolve(),
    };
  }
}
