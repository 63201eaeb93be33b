// What a thrown value looks like in an invocation's answer, as AWS's Node.js runtime says it. Never throws, whatever was thrown:
// getters and proxies of the user's are run here.

import type { FunctionErrorReason } from "../../ports/invoker.ts";
import type { GuestFailure } from "../guest-protocol.ts";

const MAX_MESSAGE_CHARACTERS = 32_768;
const MAX_TRACE_LINES = 20;
const MAX_LINE_CHARACTERS = 1_000;
/** Frames from here on are ours or the pool's. */
const OUR_FRAME = /[\\/]functions[\\/]guest[\\/]|[\\/]piscina[\\/]dist[\\/]/;

export function failureFrom(thrown: unknown, reason: FunctionErrorReason): GuestFailure {
  try {
    if (thrown instanceof Error) {
      return makeFailure(reason, String(thrown.name), String(thrown.message), traceOf(thrown));
    }
    return makeFailure(reason, typeof thrown, String(thrown), []);
  } catch {
    // A value whose own getters or toString throw: there is nothing else to be told about it.
    return makeFailure(reason, "Error", "The thrown value could not be read.", []);
  }
}

export function makeFailure(
  reason: FunctionErrorReason,
  errorType: string,
  message: string,
  trace: readonly string[],
): GuestFailure {
  return { reason, errorType, message: cut(message, MAX_MESSAGE_CHARACTERS), trace };
}

/** First lines of the stack, without our own frames. Mapped to the user's sources by Node where the bundle has a map. */
export function traceOf(error: Error): readonly string[] {
  const lines = String(error.stack ?? "").split("\n");
  const end = lines.findIndex((line) => OUR_FRAME.test(line));
  const users = end === -1 ? lines : lines.slice(0, end);
  return users.slice(0, MAX_TRACE_LINES).map((line) => cut(line, MAX_LINE_CHARACTERS));
}

function cut(text: string, limit: number): string {
  return text.length <= limit ? text : `${text.slice(0, limit)}…`;
}
