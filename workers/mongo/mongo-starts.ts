// Where a change stream begins, as a place that can be stored.

import type { Timestamp } from "mongodb";
import type { ResolveAnswer, Start } from "../../src/ports/source.ts";
import { assertNever } from "../../src/core/assert-never.ts";
import type { MongoConnection } from "./mongo-connection.ts";
import { type ClusterTime, isBefore, nextTime, placeText } from "./mongo-place.ts";
import { mongoProblem, noOplogProblem, noReplicaSetProblem, wordsOf } from "./mongo-problems.ts";

export type Resolver = (start: Start) => Promise<ResolveAnswer>;

/** `nowMs`: the wall clock, for a start at the tip of a server that does not answer yet. */
export function createResolver(connection: MongoConnection, nowMs: () => number): Resolver {
  /** When the tip was asked for in vain first: what is written from then on belongs to the mapping, whenever the server answers. */
  let missedAt: ClusterTime | null = null;

  return async (start) => {
    switch (start.kind) {
      case "after":
        return { kind: "resolved", after: start.position, earlierCount: null };
      case "atTimestamp":
        return resolved(firstOf(start.atMs));
      case "latest": {
        const askedAt = firstOf(nowMs());
        const answer = await tip(connection, missedAt);
        if (answer.kind === "problem") missedAt ??= askedAt;
        return answer;
      }
      case "trimHorizon":
        return oldest(connection);
      default:
        return assertNever(start);
    }
  };
}

/** Behind the server's time of its answer; not later than `missedAt`, where an earlier try found nobody. */
async function tip(connection: MongoConnection, missedAt: ClusterTime | null): Promise<ResolveAnswer> {
  const { location } = connection;
  const connected = await connection.connected();
  if ("problem" in connected) return { kind: "problem", problem: connected.problem };
  try {
    const answer = await connected.client.db(location.database).command({ ping: 1 });
    const at: Timestamp | undefined = answer["operationTime"];
    if (at === undefined) return { kind: "problem", problem: noReplicaSetProblem(location) };
    const next = nextTime({ t: at.t, i: at.i });
    return resolved(missedAt !== null && isBefore(missedAt, next) ? missedAt : next);
  } catch (error) {
    await connection.drop();
    return { kind: "problem", problem: mongoProblem(error, location) };
  }
}

async function oldest(connection: MongoConnection): Promise<ResolveAnswer> {
  const { location } = connection;
  const connected = await connection.connected();
  if ("problem" in connected) return { kind: "problem", problem: connected.problem };
  try {
    const log = connected.client.db("local").collection<{ readonly ts: Timestamp }>("oplog.rs");
    const entry = await log.findOne({}, { sort: { $natural: 1 }, projection: { ts: 1 } });
    if (entry === null) return { kind: "problem", problem: noOplogProblem(location, "it is empty, or not there") };
    return resolved({ t: entry.ts.t, i: entry.ts.i });
  } catch (error) {
    await connection.drop();
    const problem = mongoProblem(error, location);
    const isOfLog = problem.disablingReason === "EVENT_SOURCE_AUTHZ_ERROR" || problem.code === "broken";
    return { kind: "problem", problem: isOfLog ? noOplogProblem(location, wordsOf(error)) : problem };
  }
}

/** The first operation of that second. */
const firstOf = (atMs: number): ClusterTime => ({ t: Math.floor(atMs / 1_000), i: 1 });

function resolved(at: ClusterTime): ResolveAnswer {
  return { kind: "resolved", after: placeText({ kind: "time", at }), earlierCount: null };
}
