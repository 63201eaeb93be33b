// A place in a change stream as a checkpoint keeps it: how a stream is opened behind it, and when that was by the cluster's clock
// . In front of the token is what a person can read.
//
//   resume:1676588775.9:TOKEN       behind this event
//   invalidated:1676588775.9:TOKEN  behind the event that has ended the stream
//   idle:TOKEN                      an idle stream has come so far
//   time:1676588775.1               at this time and from it on

import type { ChangeStreamOptions, ResumeToken, Timestamp } from "mongodb";
import { extendedJson } from "../../src/kinds/documentdb/extended-json.ts";
import type { Position } from "../../src/ports/source.ts";

/** Seconds since 1970 and a count within the second, as a cluster numbers its operations. */
export interface ClusterTime {
  readonly t: number;
  readonly i: number;
}

export type MongoPlace =
  | { readonly kind: "resume" | "invalidated"; readonly at: ClusterTime; readonly token: string }
  | { readonly kind: "idle"; readonly token: string }
  | { readonly kind: "time"; readonly at: ClusterTime };

/** What is needed of the client to make its values; it is loaded with the first connection. */
export interface BsonMakers {
  readonly parseToken: (text: string) => ResumeToken;
  readonly timestamp: (at: ClusterTime) => Timestamp;
}

export function placeText(place: MongoPlace): Position {
  switch (place.kind) {
    case "resume":
    case "invalidated":
      return `${place.kind}:${timeText(place.at)}:${place.token}`;
    case "idle":
      return `idle:${place.token}`;
    case "time":
      return `time:${timeText(place.at)}`;
  }
}

/** Null: no place of a change stream. */
export function placeOf(position: Position): MongoPlace | null {
  const [, kind, seconds, count, token] =
    /^(?:(resume|invalidated|idle|time):)(?:(\d+)\.(\d+)(?::|$))?(.*)$/s.exec(position) ?? [];
  const at = seconds === undefined ? null : { t: Number(seconds), i: Number(count) };
  if (kind === "idle" && token !== undefined) return { kind, token };
  if (at === null) return null;
  if (kind === "time") return { kind, at };
  if ((kind === "resume" || kind === "invalidated") && token !== undefined) return { kind, at, token };
  return null;
}

export const tokenText = (token: unknown): string => extendedJson(token);

/** `startAfter` alone goes on behind the event that ended a stream; a server may not know it. */
export function openingOf(place: MongoPlace, bson: BsonMakers, isStartAfterKnown: boolean): ChangeStreamOptions {
  switch (place.kind) {
    case "resume":
    case "idle":
      return { resumeAfter: bson.parseToken(place.token) };
    case "invalidated":
      return isStartAfterKnown
        ? { startAfter: bson.parseToken(place.token) }
        : { startAtOperationTime: bson.timestamp(nextTime(place.at)) };
    case "time":
      return { startAtOperationTime: bson.timestamp(place.at) };
  }
}

/** Behind all that has happened at that time. */
export const nextTime = ({ t, i }: ClusterTime): ClusterTime => ({ t, i: i + 1 });

export const isBefore = (one: ClusterTime, other: ClusterTime): boolean =>
  one.t < other.t || (one.t === other.t && one.i < other.i);

/** For people: of a token alone it cannot be told. */
export function whenText(place: MongoPlace): string {
  return place.kind === "idle" ? "an idle time" : new Date(place.at.t * 1_000).toISOString();
}

const timeText = ({ t, i }: ClusterTime): string => `${t}.${i}`;
