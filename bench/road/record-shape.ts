// What a record of the bench looks like: 1,000 bytes of JSON, and partition keys by which a run's ends are known.

export const FIRST_KEY = "first";
export const LAST_KEY = "last";
export const RECORD_BYTES = 1_000;
export const KEY_PREFIX = "bench:";
export const REGION = "us-east-1";
export const ACCOUNT = "000000000000";

/** `name`: in the place of the number in its order's id. */
export function recordBytes(index: number, name = String(index)): Buffer {
  const head = `{"orderId":"order-${name}","status":"${index % 2 === 0 ? "paid" : "draft"}","quantity":${index % 7},"note":"`;
  return Buffer.from(`${head}${"x".repeat(RECORD_BYTES - head.length - 2)}"}`);
}

export const shardIdOf = (index: number): string => `shardId-${String(index).padStart(12, "0")}`;
/** The documented layout of a stream in Redis. */
export const shardKeyOf = (stream: string, shard: string): string => `${KEY_PREFIX}kinesis:{${stream}}:${shard}`;
export const streamArn = (stream: string): string => `arn:aws:kinesis:${REGION}:${ACCOUNT}:stream/${stream}`;
export const functionArn = (name: string): string => `arn:aws:lambda:${REGION}:${ACCOUNT}:function:${name}`;
export const ROLE_ARN = `arn:aws:iam::${ACCOUNT}:role/bench`;
