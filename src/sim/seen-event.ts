// Events, answers and documents as a stranger reads them who knows only what AWS documents: which records a call holds, where its answer
// says that they begin to fail, what a document covers. Checkers judge by it, so nothing of it is the runtime's own reading.

import type { Answer } from "../ports/invoker.ts";
import type { Position, UnitId } from "../ports/source.ts";
import type { SeenWindow } from "./history.ts";
import { isObject, type Json, type JsonObject } from "./scenario.ts";

export interface SeenCall {
  readonly unit: UnitId;
  readonly positions: readonly Position[];
  readonly window: SeenWindow | null;
}

interface ReadOptions {
  /** Of a record whose event names no shard, as those of tables do. */
  readonly unitOf: (position: Position) => UnitId | null;
  /** Its function keeps numbers of records in the state, as a story's does. */
  readonly isCounting: boolean;
}

export function seenEventFrom(text: string, { unitOf, isCounting }: ReadOptions): SeenCall {
  const event: Json = JSON.parse(text);
  if (!isObject(event)) return { unit: "", positions: [], window: null };
  const records = recordsOf(event);
  const positions = records.flatMap((record) => positionOf(record) ?? []);
  const unit = shardNamed(event, records[0]) ?? unitOf(positions[0] ?? "") ?? "";
  return { unit, positions, window: windowOf(event, isCounting) };
}

/** Which records an event holds: the ARN that they come from, which may be a consumer's, and their positions. */
export function recordsSeenIn(eventText: string): {
  readonly sourceArn: string;
  readonly positions: readonly Position[];
} {
  const event: Json = JSON.parse(eventText);
  const records = isObject(event) ? recordsOf(event) : [];
  const arn = records[0]?.["eventSourceARN"];
  return {
    sourceArn: typeof arn === "string" ? arn : "",
    positions: records.flatMap((record) => positionOf(record) ?? []),
  };
}

/** Parts of an aggregated record have its one sequence number (P-10). */
export const partsAsOne = (positions: readonly Position[]): readonly Position[] =>
  positions.filter((position, index) => position !== positions[index - 1]);

function recordsOf(event: JsonObject): readonly JsonObject[] {
  return Array.isArray(event["Records"]) ? event["Records"].filter(isObject) : [];
}

function positionOf({ kinesis, dynamodb, messageId }: JsonObject): Position | null {
  if (typeof messageId === "string") return messageId;
  const body = kinesis ?? dynamodb;
  const position = isObject(body) ? (body["sequenceNumber"] ?? body["SequenceNumber"]) : null;
  return typeof position === "string" ? position : null;
}

/** By the event where it has a window, else by the id of a Kinesis record. */
function shardNamed(event: JsonObject, first: JsonObject | undefined): UnitId | null {
  if (typeof event["shardId"] === "string") return event["shardId"];
  const id = first?.["eventID"];
  if (typeof id !== "string" || !id.includes(":")) return null;
  return id.slice(0, id.indexOf(":"));
}

function windowOf(event: JsonObject, isCounting: boolean): SeenWindow | null {
  const { window } = event;
  if (!isObject(window)) return null;
  const counted = isCounting && isObject(event["state"]) ? event["state"]["counted"] : [];
  return {
    startMs: Date.parse(String(window["start"])),
    endMs: Date.parse(String(window["end"])),
    isFinal: event["isFinalInvokeForWindow"] === true,
    isEarly: event["isWindowTerminatedEarly"] === true,
    counted: Array.isArray(counted) ? counted.map(Number) : [],
    isCounted: isCounting,
    stateBytes: Buffer.byteLength(JSON.stringify(event["state"] ?? {})),
  };
}

/** Index of the first record that has not ended well; the count of records: all ended (E-30 to E-56). */
export function firstFailed(
  answer: Answer,
  positions: readonly Position[],
  { isReporting, isStateWanted }: { readonly isReporting: boolean; readonly isStateWanted: boolean },
): number {
  if (answer.kind !== "returned") return 0;
  if (!isReporting && !isStateWanted) return positions.length;
  const value = parsed(answer.json);
  if (value === undefined) return 0;
  const hasState = isObject(value) && value["state"] !== undefined && value["state"] !== null;
  if (isStateWanted && !hasState && positions.length > 0) return 0;
  if (!isReporting || value === null || value === "") return positions.length;
  if (Array.isArray(value) && value.length === 0) return positions.length;
  if (!isObject(value)) return 0;
  const failures = value["batchItemFailures"] ?? [];
  if (!Array.isArray(failures)) return 0;
  const indexes = failures.map((each) => (isObject(each) ? positions.indexOf(String(each["itemIdentifier"])) : -1));
  return indexes.includes(-1) ? 0 : Math.min(positions.length, ...indexes);
}

/** Undefined: it is no JSON. */
function parsed(json: string | null): Json {
  try {
    return json === null || json === "" ? null : JSON.parse(json);
  } catch {
    return undefined; // That it is none is the answer.
  }
}

export interface SeenReport {
  readonly requestId: string;
  readonly unit: UnitId;
  readonly first: Position;
  readonly last: Position;
  readonly count: number;
  readonly recordCount: number;
  /** The event that it carries, as text; null: it carries none. */
  readonly payload: string | null;
}

/** Null: it is no document of a stream's mapping, or covers no record. */
export function seenReportFrom(body: string): SeenReport | null {
  const document: Json = JSON.parse(body);
  if (!isObject(document)) return null;
  const context = document["requestContext"];
  const info = document["KinesisBatchInfo"] ?? document["DDBStreamBatchInfo"];
  if (!isObject(context) || !isObject(info) || typeof info["startSequenceNumber"] !== "string") return null;
  const payload = document["payload"];
  return {
    requestId: String(context["requestId"]),
    unit: String(info["shardId"]),
    first: info["startSequenceNumber"],
    last: String(info["endSequenceNumber"]),
    count: Number(context["approximateInvokeCount"]),
    recordCount: Number(info["batchSize"]),
    payload: typeof payload === "string" ? payload : null,
  };
}
