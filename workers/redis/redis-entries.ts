// What an entry of a Redis stream holds, for both forms of streams, and what an entry is made of when we produce one.

import type { NewRecord } from "../../src/ports/streams.ts";
import { dataField, explicitHashKeyField, partitionKeyField, type StreamKeys } from "./redis-layout.ts";

/** A plain stream's only shard. */
export const PLAIN_SHARD_ID = "shardId-000000000000";

/** Which fields of a plain stream its app has chosen. */
export interface PlainFields {
  /** Field whose value is the data; null: the whole entry as JSON. */
  readonly dataField: string | null;
  /** Field whose value is the partition key; null: the entry id. */
  readonly partitionKeyField: string | null;
}

export type RedisStreamForm =
  | { readonly kind: "laidOut"; readonly streamName: string; readonly keys: StreamKeys }
  | ({ readonly kind: "plain"; readonly streamName: string; readonly redisKey: string } & PlainFields);

export interface EntryContent {
  readonly partitionKey: Buffer;
  readonly data: Buffer;
}

/** Fields of a laid-out stream; what is missing is empty, so that nothing an app wrote is ever lost. */
export function laidOutContent(fields: readonly Buffer[]): EntryContent {
  const [firstName, key, secondName, value] = fields;
  // As producers write it nearly always: compared without making texts.
  if (fields.length === 4 && key !== undefined && value !== undefined)
    if (isSame(firstName, partitionKeyName) && isSame(secondName, dataName)) return { partitionKey: key, data: value };
  return {
    partitionKey: valueOf(fields, partitionKeyName) ?? empty,
    data: valueOf(fields, dataName) ?? empty,
  };
}

/** A plain stream's entry: the chosen fields, or the whole entry as JSON and the entry id as the key. */
export function plainContent(entryId: Buffer, fields: readonly Buffer[], chosen: PlainFields): EntryContent {
  const { dataField: data, partitionKeyField: key } = chosen;
  return {
    partitionKey: (key === null ? undefined : valueOf(fields, Buffer.from(key))) ?? entryId,
    data: (data === null ? undefined : valueOf(fields, Buffer.from(data))) ?? wholeEntry(fields),
  };
}

function valueOf(fields: readonly Buffer[], name: Buffer): Buffer | undefined {
  for (let index = 0; index + 1 < fields.length; index += 2) if (isSame(fields[index], name)) return fields[index + 1];
  return undefined;
}

/** A JSON object of texts in the entry's order; of a field that is there twice, the last value (as JSON readers take it). */
function wholeEntry(fields: readonly Buffer[]): Buffer {
  const members = new Map<string, string>();
  for (let index = 0; index + 1 < fields.length; index += 2)
    members.set(String(fields[index]), String(fields[index + 1]));
  // By hand, since an object would put names that look like numbers first.
  const texts = [...members].map(([name, value]) => `${JSON.stringify(name)}:${JSON.stringify(value)}`);
  return Buffer.from(`{${texts.join(",")}}`);
}

export function laidOutFields(record: NewRecord): readonly (string | Buffer)[] {
  const hashKey = record.explicitHashKey === null ? [] : [explicitHashKeyField, record.explicitHashKey];
  return [partitionKeyField, record.partitionKey, dataField, bytesOf(record), ...hashKey];
}

/**
 * The fields by which an app's own reader, and ours, find the record again. Without a field for the data an object of texts becomes
 * the entry itself, so that what was put is what is delivered; other data stands in a field of its own.
 */
export function plainFields(record: NewRecord, chosen: PlainFields): readonly (string | Buffer)[] {
  const key = chosen.partitionKeyField === null ? [] : [chosen.partitionKeyField, record.partitionKey];
  if (chosen.dataField !== null) return [...key, chosen.dataField, bytesOf(record)];
  const members = objectOfTexts(bytesOf(record));
  if (members === null) return [...key, dataField, bytesOf(record)];
  const hasKey = chosen.partitionKeyField !== null && Object.hasOwn(members, chosen.partitionKeyField);
  return [...(hasKey ? [] : key), ...Object.entries(members).flat()];
}

function objectOfTexts(data: Buffer): Readonly<Record<string, string>> | null {
  if (data[0] !== OPENING_BRACE) return null;
  let value: unknown;
  try {
    value = JSON.parse(data.toString());
  } catch {
    return null; // Data may be anything.
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) return null;
  const members = Object.entries(value);
  if (members.length === 0) return null; // An entry has at least one field.
  return members.every((member): member is [string, string] => typeof member[1] === "string")
    ? Object.fromEntries(members)
    : null;
}

function bytesOf({ data }: NewRecord): Buffer {
  return Buffer.from(data.buffer, data.byteOffset, data.byteLength);
}

function isSame(bytes: Buffer | undefined, wanted: Buffer): boolean {
  if (bytes === undefined || bytes.length !== wanted.length) return false;
  for (let index = 0; index < wanted.length; index += 1) if (bytes[index] !== wanted[index]) return false;
  return true;
}

const OPENING_BRACE = 0x7b;
const empty: Buffer = Buffer.alloc(0);
const partitionKeyName = Buffer.from(partitionKeyField);
const dataName = Buffer.from(dataField);
