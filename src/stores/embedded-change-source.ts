// A change stream of an embedded collection or database: the Source port over the store thread. Its one unit is `changes`.

import { type ChangeRecord, changeRecord } from "../kinds/documentdb/change-record.ts";
import type { Position, Read, Reader, Source, SourceProblem } from "../ports/source.ts";
import type { ChangePlace, ClusterTime, StoredChange } from "./change-protocol.ts";
import { placeOf, tokenOf } from "./change-token.ts";
import type { StoreClient } from "./store-client.ts";
import { storeBroken } from "./stream-problems.ts";

const UNIT = "changes";
const SECOND_MS = 1_000;
const BEGINNING: ChangePlace = { t: 0, i: 0, isInvalidated: false };

export interface EmbeddedChangeOptions {
  readonly client: StoreClient;
  readonly clusterName: string;
  readonly database: string;
  /** Null: the whole database's stream. */
  readonly collection: string | null;
  readonly fullDocument: "Default" | "UpdateLookup";
}

/** Closing leaves the client open: it is its owner's. */
export function createEmbeddedChangeSource(options: EmbeddedChangeOptions): Source<ChangeRecord> {
  return {
    topology: () => Promise.resolve({ kind: "topology", units: [{ id: UNIT, parents: [], isClosed: false }] }),
    async resolve(_unit, start) {
      if (start.kind === "after") return { kind: "resolved", after: start.position, earlierCount: null };
      try {
        const place = await options.client.ask("changes-locate", { cluster: options.clusterName, start });
        return { kind: "resolved", after: tokenOf({ ...place, isInvalidated: false }), earlierCount: null };
      } catch (error) {
        return { kind: "problem", problem: storeBroken(error) };
      }
    },
    open: (_unit, after, { firstOrdinal }) => openReader(options, after, firstOrdinal),
    close: () => Promise.resolve(),
  };
}

function openReader(
  options: EmbeddedChangeOptions,
  openedAfter: Position | null,
  firstOrdinal: number,
): Reader<ChangeRecord> {
  const { client, clusterName: cluster, database, collection } = options;
  let after = openedAfter === null ? BEGINNING : placeOf(openedAfter);
  let ordinal = firstOrdinal;
  let isTipKnown = false;

  function recordOf(change: StoredChange): ChangeRecord {
    const position = tokenOf(change.place);
    const eventText = eventTextOf(change, position, options.database);
    return changeRecord({ ordinal: ordinal++, arrivedAtMs: change.place.t * SECOND_MS, position, eventText });
  }

  async function readBehind(
    place: ChangePlace,
    room: { readonly records: number; readonly bytes: number },
    signal: AbortSignal,
  ): Promise<Read<ChangeRecord>> {
    const answer = await client.ask(
      "changes-read",
      {
        cluster,
        database,
        collection,
        after: place,
        limit: room.records,
        maxBytes: room.bytes,
        isLookingUp: options.fullDocument === "UpdateLookup",
        isTipKnown,
        isWaiting: true,
      },
      { signal },
    );
    if (answer.kind === "lost") return problem(placeLost(options, place, answer.through));
    const records = answer.changes.map(recordOf);
    after = answer.changes.at(-1)?.place ?? place;
    isTipKnown = answer.isCaughtUp;
    return { kind: "records", records, isCaughtUp: answer.isCaughtUp, lost: null };
  }

  return {
    async read(room, signal) {
      if (after === null) return problem(placeUnknown(options, openedAfter ?? ""));
      try {
        const read = await readBehind(after, room, signal);
        if (read.kind === "problem") isTipKnown = false;
        return read;
      } catch (error) {
        isTipKnown = false;
        return problem(storeBroken(error));
      }
    },
    close: () => Promise.resolve(),
  };
}

const problem = (what: SourceProblem): { readonly kind: "problem"; readonly problem: SourceProblem } => ({
  kind: "problem",
  problem: what,
});

/** members in alphabetical order; what the change has not is left out. */
export function eventTextOf(change: StoredChange, token: Position, database: string): string {
  const { place, operation, collection } = change;
  const namespace = collection === null ? { db: database } : { db: database, coll: collection };
  const members: readonly (readonly [string, string | null])[] = [
    ["_id", JSON.stringify({ _data: token })],
    ["clusterTime", JSON.stringify({ $timestamp: { t: place.t, i: place.i } })],
    ["documentKey", change.documentKey],
    ["fullDocument", change.fullDocument],
    ["ns", operation === "invalidate" ? null : JSON.stringify(namespace)],
    ["operationType", JSON.stringify(operation)],
    ["updateDescription", change.updateDescription],
  ];
  const texts = members.flatMap(([name, text]) => (text === null ? [] : [`"${name}":${text}`]));
  return `{${texts.join(",")}}`;
}

/** */
function placeLost(options: EmbeddedChangeOptions, place: ChangePlace, through: ClusterTime): SourceProblem {
  return {
    code: "broken",
    text: "PROBLEM: The position in the change stream is lost: the cluster's log does not reach back so far.",
    detail:
      `the log of the embedded cluster ${options.clusterName} has no more what follows the place of ${nameOf(options)} ` +
      `(${whenText(place)}): changes up to ${whenText(through)} are gone. Nothing is skipped in silence: delete the mapping and make it ` +
      "anew with a starting position, or `millrace reset` it",
    disablingReason: "CHANGE_STREAM_POSITION_LOST",
    isFinal: true,
  };
}

function placeUnknown(options: EmbeddedChangeOptions, position: Position): SourceProblem {
  return {
    code: "broken",
    text: "PROBLEM: The change stream cannot be resumed.",
    detail:
      `the stored place of ${nameOf(options)} is none of the embedded cluster ${options.clusterName}: ${position}. ` +
      "`millrace reset` the mapping, or make it anew",
    disablingReason: "CHANGE_STREAM_NOT_RESUMABLE",
    isFinal: true,
  };
}

const nameOf = ({ database, collection }: EmbeddedChangeOptions): string =>
  collection === null ? `database ${database}` : `collection ${database}.${collection}`;

const whenText = ({ t }: ClusterTime): string => (t === 0 ? "the beginning" : new Date(t * SECOND_MS).toISOString());
