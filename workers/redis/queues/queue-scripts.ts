// Runs scripts by their digest: Redis is sent the text of one only where it does not have it.

import { createHash } from "node:crypto";
import { isReplyError, type RedisLine } from "../redis-line.ts";

export interface Script {
  readonly text: string;
  readonly digest: string;
}

export function scriptOf(text: string): Script {
  return { text, digest: createHash("sha1").update(text).digest("hex") };
}

/** Rejects as the line does. What is not repeatable is asked once (L2 of the line). */
export async function runScript(
  line: RedisLine,
  script: Script,
  keys: readonly string[],
  words: readonly (string | number)[],
  how: { readonly isRepeatable?: boolean } = {},
): Promise<unknown> {
  const rest = [keys.length, ...keys, ...words].map(String);
  try {
    return await line.ask((redis) => redis.call("EVALSHA", [script.digest, ...rest]), how);
  } catch (error) {
    if (!isReplyError(error) || !error.message.startsWith("NOSCRIPT")) throw error;
    return line.ask((redis) => redis.call("EVAL", [script.text, ...rest]), how);
  }
}
