// Appending to a stream, all of a call or nothing, so that a reader that waits gets what one call put on its shard in one piece.

import { familyOf, positionFromEntryId, type StreamFamily } from "../../src/kinds/stream-family.ts";
import type { NewRecord, Put, StreamsProblem } from "../../src/ports/streams.ts";
import { PLAIN_SHARD_ID, laidOutFields, plainFields, type PlainFields } from "./redis-entries.ts";
import { parseStream, shardsField, type StreamKeys } from "./redis-layout.ts";
import type { RedisLine } from "./redis-line.ts";
import { unroutable } from "./redis-problems.ts";
import { APPEND } from "./redis-scripts.ts";
import { createShardChooser } from "./redis-shards.ts";

export type Appended = { readonly kind: "put"; readonly puts: readonly Put[] } | StreamsProblem;

/** Shards that change between the choice of a record's and its writing are looked at again: so often a stream is not changed. */
const MOST_TRIES = 10;

export async function appendLaidOut(
  commands: RedisLine,
  keys: StreamKeys,
  name: string,
  records: readonly NewRecord[],
): Promise<Appended> {
  for (let tries = 0; tries < MOST_TRIES; tries += 1) {
    const fields = await commands.ask((redis) => redis.hgetall(keys.meta(name)), { isRepeatable: true });
    const stream = parseStream(name, fields);
    if (stream === null) return { kind: "missing" };
    const chooser = createShardChooser(stream.shards);
    const shardIds: string[] = [];
    for (const record of records) {
      const shardId = chooser.shardFor(record);
      if (shardId === null) return { kind: "problem", problem: unroutable(name, record.partitionKey) };
      shardIds.push(shardId);
    }
    const answer = await write(commands, { keys, name, shardsText: fields[shardsField] ?? "" }, records, shardIds);
    if (answer === "missing") return { kind: "missing" };
    if (answer !== "changed")
      return { kind: "put", puts: putsOf(familyOf(name), answer, (index) => shardIds[index] ?? "") };
  }
  throw new Error(`the shards of ${name} change all the time`);
}

async function write(
  commands: RedisLine,
  stream: { readonly keys: StreamKeys; readonly name: string; readonly shardsText: string },
  records: readonly NewRecord[],
  shardIds: readonly string[],
): Promise<readonly string[] | "missing" | "changed"> {
  const { keys, name, shardsText } = stream;
  const distinct = [...new Set(shardIds)];
  // Keys of a script are counted from 1, and the first is the hash.
  const keyNumbers = new Map(distinct.map((shardId, index) => [shardId, index + 2]));
  const words: (string | Buffer | number)[] = [shardsText];
  for (const [index, record] of records.entries()) {
    const fields = laidOutFields(record);
    words.push(keyNumbers.get(shardIds[index] ?? "") ?? 0, fields.length, ...fields);
  }
  const shardKeys = distinct.map((shardId) => keys.shard(name, shardId));
  const answer = await commands.ask((redis) =>
    redis.eval(APPEND, 1 + shardKeys.length, keys.meta(name), ...shardKeys, ...words),
  );
  if (answer === "missing" || answer === "changed") return answer;
  return Array.isArray(answer) ? answer.map(String) : [];
}

export async function appendPlain(
  commands: RedisLine,
  stream: { readonly redisKey: string } & PlainFields,
  records: readonly NewRecord[],
): Promise<Appended> {
  const replies = await commands.ask((redis) => {
    const transaction = redis.multi();
    for (const record of records) transaction.xadd(stream.redisKey, "*", ...plainFields(record, stream));
    return transaction.exec();
  });
  const ids = (replies ?? []).map(([error, id]) => {
    if (error !== null) throw error; // They are all on one key: what one of them meets, each of them meets.
    return String(id);
  });
  return { kind: "put", puts: putsOf("kinesis", ids, () => PLAIN_SHARD_ID) };
}

function putsOf(
  family: StreamFamily,
  entryIds: readonly string[],
  shardIdOf: (index: number) => string,
): readonly Put[] {
  return entryIds.map((id, index) => ({
    shardId: shardIdOf(index),
    sequenceNumber: positionFromEntryId(family, id),
  }));
}
