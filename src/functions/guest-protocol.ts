// What passes between a poller and a function thread. A task goes over piscina's port with the batch's buffer transferred;
// a plain answer comes back over it. What must arrive before a thread ends by itself (how it ended, what it wrote) is posted on
// the thread's own port, which Node drains before it tells of the end.

import type { FunctionErrorReason } from "../ports/invoker.ts";
import type { PackedBatch } from "../ports/source-kind.ts";

/** `workerData` of a function thread. */
export interface GuestSetup {
  readonly functionName: string;
  /** `$LATEST` or a number. */
  readonly functionVersion: string;
  readonly memoryMb: number;
  readonly modulePath: string;
  readonly exportName: string;
  /** As in `_HANDLER`, for messages. */
  readonly handlerText: string;
  /** Callback style is refused from 24 on, as on AWS. */
  readonly runtimeMajor: number;
  readonly logGroupName: string;
  readonly logStreamName: string;
  /** True: no limit counts, and the time that a handler has left stands still. */
  readonly isDebugged: boolean;
  /** One cell that the pool changes when a thread of it should look at its memory (src/functions/guest/memory-guard.ts). */
  readonly memoryBell: Int32Array<SharedArrayBuffer>;
}

export interface GuestTask {
  /** Numbers the calls of one pool: attempts of a batch share a request id, never this. */
  readonly callId: number;
  readonly requestId: string;
  readonly functionArn: string;
  readonly timeoutMs: number;
  readonly isAnswerWanted: boolean;
  /** JSON text; null: none. */
  readonly clientContext: string | null;
  /** True: the thread says what the invocation used, once it has handed on what was written. */
  readonly isLogWanted: boolean;
  /** True: the thread says when the handler begins, as its code may have to be loaded first. */
  mustSayStart: boolean;
  readonly batch: PackedBatch;
}

export interface GuestFailure {
  readonly reason: FunctionErrorReason;
  readonly errorType: string;
  readonly message: string;
  readonly trace: readonly string[];
}

export function outOfMemory(requestId: string, heldMb: number, memoryMb: number): GuestFailure {
  const message = `RequestId: ${requestId} Error: Runtime exited with error: signal: killed`;
  const trace = [`Heap and buffers take ${heldMb} MB; MemorySize is ${memoryMb} MB.`];
  return { reason: "outOfMemory", errorType: "Runtime.OutOfMemory", message, trace };
}

/** Null: returned, and the answer's text was not wanted. A text: the answer. */
export type GuestAnswer = null | string | GuestFailure;

export type FromGuest =
  | { readonly kind: "started"; readonly callId: number; readonly threadId: number }
  | {
      readonly kind: "log";
      readonly requestId: string;
      readonly stream: "stdout" | "stderr";
      readonly text: string;
      /** Null: it was not written by the console. */
      readonly level: string | null;
    }
  /** After everything that the invocation wrote, before its answer. */
  | { readonly kind: "used"; readonly callId: number; readonly usedMb: number }
  /** The thread ends by itself now. `callId` null: no call was running. */
  | {
      readonly kind: "ending";
      readonly threadId: number;
      readonly callId: number | null;
      readonly failure: GuestFailure;
    };

/** Null for anything else: the user's code can post on the thread's port too. */
export function parseFromGuest(message: unknown): FromGuest | null {
  if (typeof message !== "object" || message === null || !("kind" in message)) return null;
  const found = message as Partial<Record<string, unknown>>;
  switch (found["kind"]) {
    case "started":
      return typeof found["callId"] === "number" && typeof found["threadId"] === "number"
        ? { kind: "started", callId: found["callId"], threadId: found["threadId"] }
        : null;
    case "log":
      return typeof found["requestId"] === "string" && typeof found["text"] === "string"
        ? {
            kind: "log",
            requestId: found["requestId"],
            stream: found["stream"] === "stderr" ? "stderr" : "stdout",
            text: found["text"],
            level: typeof found["level"] === "string" ? found["level"] : null,
          }
        : null;
    case "used":
      return typeof found["callId"] === "number" && typeof found["usedMb"] === "number"
        ? { kind: "used", callId: found["callId"], usedMb: found["usedMb"] }
        : null;
    case "ending": {
      const failure = parseFailure(found["failure"]);
      const callId = typeof found["callId"] === "number" ? found["callId"] : null;
      return failure === null ? null : { kind: "ending", threadId: Number(found["threadId"]), callId, failure };
    }
    default:
      return null;
  }
}

/** A task's result; anything unknown is a failure that says so. */
export function parseGuestAnswer(result: unknown): GuestAnswer {
  if (result === null || typeof result === "string") return result;
  const failure = parseFailure(result);
  return failure ?? { reason: "threw", errorType: "Error", message: "The function thread gave no answer.", trace: [] };
}

export function parseGuestSetup(data: unknown): GuestSetup {
  const found = data as Partial<Record<keyof GuestSetup, unknown>>;
  const text = (key: keyof GuestSetup): string => {
    const value = found[key];
    if (typeof value !== "string") throw new Error(`a function thread was started without ${key}`);
    return value;
  };
  return {
    functionName: text("functionName"),
    functionVersion: text("functionVersion"),
    memoryMb: Number(found.memoryMb),
    modulePath: text("modulePath"),
    exportName: text("exportName"),
    handlerText: text("handlerText"),
    runtimeMajor: Number(found.runtimeMajor),
    logGroupName: text("logGroupName"),
    logStreamName: text("logStreamName"),
    isDebugged: found.isDebugged === true,
    memoryBell: parseBell(found.memoryBell),
  };
}

function parseBell(value: unknown): Int32Array<SharedArrayBuffer> {
  if (value instanceof Int32Array && value.buffer instanceof SharedArrayBuffer) {
    return new Int32Array(value.buffer, value.byteOffset, value.length);
  }
  throw new Error("a function thread was started without memoryBell");
}

const reasons: readonly string[] = ["threw", "timedOut", "outOfMemory", "exited", "initFailed"];

function parseFailure(value: unknown): GuestFailure | null {
  if (typeof value !== "object" || value === null) return null;
  const found = value as Partial<Record<keyof GuestFailure, unknown>>;
  if (typeof found.errorType !== "string" || typeof found.message !== "string") return null;
  if (typeof found.reason !== "string" || !reasons.includes(found.reason)) return null;
  const trace = Array.isArray(found.trace) ? found.trace.map(String) : [];
  return { reason: found.reason as FunctionErrorReason, errorType: found.errorType, message: found.message, trace };
}
