// Which partition a record without one goes to, as Kafka's own producers pick it: the key's murmur2 hash, without its sign, modulo the
// number of partitions. Records without a key take the partitions in turn.

const SEED = 0x9747_b28c;
const M = 0x5bd1_e995;

export function partitionOfKey(key: Uint8Array, partitionCount: number): number {
  return (murmur2(key) & 0x7fff_ffff) % partitionCount;
}

/** A signed 32-bit number, as the Java client's. */
export function murmur2(data: Uint8Array): number {
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  const wholeBytes = data.length & ~3;
  let h = SEED ^ data.length;
  for (let at = 0; at < wholeBytes; at += 4) h = Math.imul(h, M) ^ mixed(view.getInt32(at, true));
  const left = data.length & 3;
  if (left >= 3) h ^= (data[wholeBytes + 2] ?? 0) << 16;
  if (left >= 2) h ^= (data[wholeBytes + 1] ?? 0) << 8;
  if (left >= 1) h = Math.imul(h ^ (data[wholeBytes] ?? 0), M);
  h = Math.imul(h ^ (h >>> 13), M);
  return h ^ (h >>> 15);
}

function mixed(word: number): number {
  const k = Math.imul(word, M);
  return Math.imul(k ^ (k >>> 24), M);
}
