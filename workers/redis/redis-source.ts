// A stream in Redis as a source of records: laid out as in redis-layout.ts, or a plain stream of one shard that knows nothing of
// us. It reads ahead without blocking while there is something, and waits in the thread's one blocking read when there is not.

import type { Redis } from "ioredis";
import type { KinesisEventContext, KinesisRecord } from "../../src/kinds/kinesis/kinesis-record.ts";
import { kinesisConstantBytes, kinesisRecordSizeBytes } from "../../src/kinds/kinesis/record-size.ts";
import { entryIdFromSequenceNumber, sequenceNumberFromEntryId } from "../../src/kinds/kinesis/sequence-number.ts";
import type {
  Lost,
  Position,
  Read,
  Reader,
  ResolveAnswer,
  Room,
  Source,
  SourceProblem,
  Start,
  TopologyAnswer,
  Unit,
  UnitId,
} from "../../src/ports/source.ts";
import type { RedisAddress } from "../../src/threads/protocol.ts";
import { type BlockedReads, isAfter, type RawEntry } from "./blocked-reads.ts";
import { missing, problemFrom, unreachable, whenUsable } from "./redis-connection.ts";
import { arrivedAtMsOf, RedisRecord } from "./redis-record.ts";
import { dataField, parseStream, partitionKeyField, type StreamKeys, trimmedField } from "./redis-layout.ts";

/** After a pause as long as this a reader looks whether what it wants next has been trimmed meanwhile. */
const TRIM_CHECK_AFTER_MS = 1_000;
/** Retention of a laid-out stream is a day at least: a place older than this may be trimmed at any moment. */
const OLD_PLACE_MS = 23 * 3_600_000;
/** Size of a record until some have been seen. */
const FIRST_GUESS_BYTES = 4_096;
/** A plain stream's only shard. */
export const PLAIN_SHARD_ID = "shardId-000000000000";

export type RedisStreamForm =
  | { readonly kind: "laidOut"; readonly streamName: string; readonly keys: StreamKeys }
  | {
      readonly kind: "plain";
      readonly redisKey: string;
      /** Field whose value is the data; null: the whole entry as JSON. */
      readonly dataField: string | null;
      /** Field whose value is the partition key; null: the entry id. */
      readonly partitionKeyField: string | null;
    };

export interface RedisSourceOptions {
  readonly address: RedisAddress;
  readonly commands: Redis;
  readonly blocked: BlockedReads;
  readonly form: RedisStreamForm;
  readonly arn: string;
  readonly context: KinesisEventContext;
  readonly monotonicMs: () => number;
  readonly nowMs: () => number;
}

export function createRedisSource(options: RedisSourceOptions): Source<KinesisRecord> {
  const { commands, address, form, arn } = options;
  const problem = (error: unknown, key: string): SourceProblem => problemFrom(error, address, arn, key);
  const keyOf = (unit: UnitId): string =>
    form.kind === "plain" ? form.redisKey : form.keys.shard(form.streamName, unit);

  return {
    async topology(): Promise<TopologyAnswer> {
      if (!(await whenUsable(commands))) return { kind: "problem", problem: unreachable(address) };
      try {
        return form.kind === "plain"
          ? await plainTopology(options, form.redisKey)
          : await laidOutTopology(options, form);
      } catch (error) {
        return { kind: "problem", problem: problem(error, form.kind === "plain" ? form.redisKey : form.streamName) };
      }
    },
    async resolve(unit, start): Promise<ResolveAnswer> {
      if (!(await whenUsable(commands))) return { kind: "problem", problem: unreachable(address) };
      try {
        if (!(await isThere(options))) return { kind: "problem", problem: missing(arn) };
        const entryId = (await resolveStart(commands, keyOf(unit), start)) ?? (await trimmedThrough(options, unit));
        return { kind: "resolved", after: entryId === null ? null : sequenceNumberFromEntryId(entryId) };
      } catch (error) {
        return { kind: "problem", problem: problem(error, keyOf(unit)) };
      }
    },
    open: (unit, after, { firstOrdinal }) =>
      openReader(options, { key: keyOf(unit), unit, after, firstOrdinal, isThere: () => isThere(options) }),
    close: () => Promise.resolve(),
  };
}

async function plainTopology(options: RedisSourceOptions, redisKey: string): Promise<TopologyAnswer> {
  const type = String(await options.commands.call("TYPE", [redisKey]));
  if (type !== "stream" && type !== "none")
    return { kind: "problem", problem: problemFrom(new Error("WRONGTYPE"), options.address, options.arn, redisKey) };
  // A key that is not there yet is a stream without entries: its app makes it with the first XADD.
  return { kind: "topology", units: [{ id: PLAIN_SHARD_ID, parents: [], isClosed: false }] };
}

async function laidOutTopology(
  options: RedisSourceOptions,
  form: Extract<RedisStreamForm, { kind: "laidOut" }>,
): Promise<TopologyAnswer> {
  const stream = parseStream(form.streamName, await options.commands.hgetall(form.keys.meta(form.streamName)));
  if (stream === null) return { kind: "problem", problem: missing(options.arn) };
  const units: Unit[] = stream.shards.map((shard) => ({
    id: shard.id,
    parents: [shard.parentId, shard.adjacentParentId].filter((each) => each !== null && each !== undefined),
    isClosed: shard.endingSequenceNumber !== null && shard.endingSequenceNumber !== undefined,
  }));
  return { kind: "topology", units };
}

async function isThere(options: RedisSourceOptions): Promise<boolean> {
  const { form } = options;
  if (form.kind === "plain") return true;
  return (await options.commands.exists(form.keys.meta(form.streamName))) === 1;
}

/** The last entry that retention took from a shard of a laid-out stream; null: none, or nobody keeps count. */
async function trimmedThrough(options: RedisSourceOptions, unit: UnitId): Promise<string | null> {
  const { form } = options;
  if (form.kind === "plain") return null;
  return options.commands.hget(form.keys.meta(form.streamName), trimmedField(unit));
}

/** The entry id to read behind, or null for the beginning. */
export async function resolveStart(commands: Redis, key: string, start: Start): Promise<string | null> {
  switch (start.kind) {
    case "after":
      return entryIdOf(start.position);
    case "trimHorizon":
      return null;
    case "latest":
      return lastId(await commands.call("XREVRANGE", [key, "+", "-", "COUNT", "1"]));
    case "atTimestamp":
      // The last entry before the instant; one at the instant itself is to be read (H-3).
      return start.atMs <= 0
        ? null
        : lastId(await commands.call("XREVRANGE", [key, `(${Math.ceil(start.atMs)}-0`, "-", "COUNT", "1"]));
  }
}

function lastId(reply: unknown): string | null {
  const first: unknown = Array.isArray(reply) ? reply[0] : undefined;
  return Array.isArray(first) ? String(first[0]) : null;
}

interface ReaderPlace {
  readonly key: string;
  readonly unit: UnitId;
  readonly after: Position | null;
  readonly firstOrdinal: number;
  readonly isThere: () => Promise<boolean>;
}

function openReader(options: RedisSourceOptions, place: ReaderPlace): Reader<KinesisRecord> {
  const { commands, blocked, address, arn, form } = options;
  const { key } = place;
  const constantBytes = kinesisConstantBytes(options.context, place.unit);
  let after = place.after === null ? "0-0" : entryIdOf(place.after);
  let ordinal = place.firstOrdinal;
  let wasCaughtUp = false;
  let typicalBytes = FIRST_GUESS_BYTES;
  let lastReadAtMs: number | null = null;

  async function read(room: Room, signal: AbortSignal): Promise<Read<KinesisRecord>> {
    if (!(await whenUsable(commands))) return { kind: "problem", problem: unreachable(address) };
    const isLate = lastReadAtMs === null || options.monotonicMs() - lastReadAtMs >= TRIM_CHECK_AFTER_MS;
    let lost = isLate || mayBeTrimmed() ? await gap() : null;
    const most = Math.max(1, Math.min(room.records, Math.floor(room.bytes / typicalBytes)));
    // One entry more than can be taken, so that "caught up" is known and not guessed.
    const entries = entriesOf(await commands.callBuffer("XREAD", ["COUNT", String(most + 1), "STREAMS", key, after]));
    lastReadAtMs = options.monotonicMs();
    if (entries.length === 0) {
      lost ??= await gap();
      if (!(await place.isThere())) return { kind: "problem", problem: missing(arn) };
    }
    const { records, isCaughtUp } = take(entries, most);
    if (records.length > 0 || lost !== null || isCaughtUp !== wasCaughtUp) {
      wasCaughtUp = isCaughtUp;
      return { kind: "records", records, isCaughtUp, lost };
    }
    return wait(room.records, signal);
  }

  async function wait(mostRecords: number, signal: AbortSignal): Promise<Read<KinesisRecord>> {
    for (;;) {
      const awaited = await blocked.wait({ key, arn, after, most: mostRecords }, signal);
      switch (awaited.kind) {
        case "entries": {
          lastReadAtMs = options.monotonicMs();
          const { records, isCaughtUp } = take(awaited.entries, awaited.asked);
          wasCaughtUp = isCaughtUp;
          return { kind: "records", records, isCaughtUp, lost: null };
        }
        case "problem":
          wasCaughtUp = false;
          return { kind: "problem", problem: awaited.problem };
        case "quiet":
          if (!(await place.isThere())) return { kind: "problem", problem: missing(arn) };
      }
    }
  }

  /** Hands out `most` of the entries; one that is over will be fetched again. */
  function take(entries: readonly RawEntry[], most: number): { records: KinesisRecord[]; isCaughtUp: boolean } {
    const records: KinesisRecord[] = [];
    let bytes = 0;
    for (let index = 0; index < most; index += 1) {
      const entry = entries[index];
      if (entry === undefined) break;
      const record = recordFrom(form, entry, ordinal++, constantBytes);
      bytes += record.data.byteLength;
      records.push(record);
    }
    const last = records.at(-1);
    if (last !== undefined) {
      after = last.entryId;
      typicalBytes = Math.max(64, Math.ceil((typicalBytes + (3 * bytes) / records.length) / 4));
    }
    return { records, isCaughtUp: entries.length <= most };
  }

  /** Whether what comes next may leave the stream between two reads. Of a plain stream nobody tells us its limits. */
  function mayBeTrimmed(): boolean {
    return form.kind === "plain" || options.nowMs() - Number(after.slice(0, after.indexOf("-"))) > OLD_PLACE_MS;
  }

  /** E-68: what was to be read next may have left the stream while nobody read. */
  async function gap(): Promise<Lost | null> {
    const trimmed = form.kind === "laidOut" ? await trimmedThrough(options, place.unit) : null;
    if (form.kind === "laidOut" && (trimmed === null || !isAfter(trimmed, after))) return null;
    const oldest = lastId(await commands.call("XRANGE", [key, "-", "+", "COUNT", "1"]));
    if (form.kind === "plain" && !(await isGapInPlain(oldest))) return null;
    const lost: Lost = {
      after: after === "0-0" ? null : sequenceNumberFromEntryId(after),
      before: oldest === null ? null : sequenceNumberFromEntryId(oldest),
      count: null,
    };
    after = trimmed ?? after; // A gap is told once.
    return lost;
  }

  /** A foreign trim shows as a place that is gone with younger entries behind it. */
  async function isGapInPlain(oldest: string | null): Promise<boolean> {
    if (after === "0-0" || oldest === null || !isAfter(oldest, after)) return false;
    return lastId(await commands.call("XRANGE", [key, after, after])) === null;
  }

  return {
    async read(room, signal) {
      try {
        return await read(room, signal);
      } catch (error) {
        wasCaughtUp = false;
        return { kind: "problem", problem: problemFrom(error, address, arn, key) };
      }
    },
    close: () => Promise.resolve(),
  };
}

function recordFrom(
  form: RedisStreamForm,
  [entryId, fields]: RawEntry,
  ordinal: number,
  constantBytes: number,
): KinesisRecord {
  const { partitionKey, data } = form.kind === "laidOut" ? laidOutFields(fields) : plainFields(entryId, fields, form);
  const arrivedAtMs = arrivedAtMsOf(entryId);
  const sizeBytes = kinesisRecordSizeBytes(constantBytes, { partitionKey, dataBytes: data.byteLength, arrivedAtMs });
  return new RedisRecord({ ordinal, arrivedAtMs, sizeBytes, partitionKey, data }, entryId);
}

/** A checkpoint that is no place in a stream of ours: reading begins at the oldest record, so that nothing is passed over. */
function entryIdOf(position: Position): string {
  return entryIdFromSequenceNumber(position) ?? "0-0";
}

function entriesOf(reply: unknown): readonly RawEntry[] {
  if (!Array.isArray(reply)) return [];
  const [stream] = reply as [[Buffer, readonly RawEntry[]]];
  return stream[1];
}

/** Fields of a laid-out stream; what is missing is empty, so that nothing an app wrote is ever lost. */
export function laidOutFields(fields: readonly Buffer[]): { readonly partitionKey: Buffer; readonly data: Buffer } {
  const [firstName, key, secondName, value] = fields;
  // As producers write it nearly always: compared without making texts.
  if (fields.length === 4 && key !== undefined && value !== undefined)
    if (isSame(firstName, partitionKeyName) && isSame(secondName, dataName)) return { partitionKey: key, data: value };
  let partitionKey = empty;
  let data = empty;
  for (let index = 0; index + 1 < fields.length; index += 2) {
    const name = fields[index]?.toString("latin1");
    const value = fields[index + 1] ?? empty;
    if (name === dataField) data = value;
    else if (name === partitionKeyField) partitionKey = value;
  }
  return { partitionKey, data };
}

function isSame(bytes: Buffer | undefined, wanted: Buffer): boolean {
  if (bytes === undefined || bytes.length !== wanted.length) return false;
  for (let index = 0; index < wanted.length; index += 1) if (bytes[index] !== wanted[index]) return false;
  return true;
}

/** A plain stream's entry: the chosen fields, or the whole entry as JSON and the entry id as the key. */
export function plainFields(
  entryId: Buffer,
  fields: readonly Buffer[],
  chosen: { readonly dataField: string | null; readonly partitionKeyField: string | null },
): { readonly partitionKey: Buffer; readonly data: Buffer } {
  const value = (name: string): Buffer | undefined => {
    for (let index = 0; index + 1 < fields.length; index += 2)
      if (fields[index]?.toString() === name) return fields[index + 1];
    return undefined;
  };
  const data = chosen.dataField === null ? undefined : value(chosen.dataField);
  const key = chosen.partitionKeyField === null ? undefined : value(chosen.partitionKeyField);
  return { partitionKey: key ?? entryId, data: data ?? wholeEntry(fields) };
}

function wholeEntry(fields: readonly Buffer[]): Buffer {
  const members: [string, string][] = [];
  for (let index = 0; index + 1 < fields.length; index += 2)
    members.push([String(fields[index]), String(fields[index + 1])]);
  return Buffer.from(JSON.stringify(Object.fromEntries(members)));
}

const empty: Buffer = Buffer.alloc(0);
const partitionKeyName = Buffer.from(partitionKeyField);
const dataName = Buffer.from(dataField);
