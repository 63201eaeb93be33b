// Ids of a table stream's shards (D-8): `shardId-`, the millisecond at which the shard was made in 20 digits, a dash and 8 hex digits.

/** Unlike that of any other shard that the stream has: the digits at the end are a hash of the stream's name and the shard's index. */
export function changeShardIdOf(streamName: string, index: number, madeAtMs: number): string {
  return `shardId-${String(madeAtMs).padStart(20, "0")}-${fnv1a(`${streamName}#${index}`).toString(16).padStart(8, "0")}`;
}

function fnv1a(text: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < text.length; index += 1) hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  return hash >>> 0;
}
