// Calls the user's function once for a batch. Adapters: src/functions (function threads), src/sim (scripted or inline handlers).
// Permits are inside: with none free the answer is `refused`; a batch that waits for our own cap on threads simply takes longer.

import type { PackedBatch } from "./source-kind.ts";

export interface Call {
  readonly functionArn: string;
  readonly mappingUuid: string;
  /** One id for all attempts of one batch identity (E-12). */
  readonly requestId: string;
  readonly recordCount: number;
  /** Builds the packed event; called at most once, only when an invocation really starts. */
  pack(): PackedBatch;
  /** The same event as JSON text, for invokers that need text. */
  text(): string;
  /** False: the function's answer is not looked at, so it need not be brought back (S-1). */
  isAnswerWanted: boolean;
  /** Wall clock: a call that waits for a thread until then is refused, `notStarted`. Absent: it waits for as long as that takes. */
  readonly startByMs?: number;
  /** What the client says of itself, as JSON text: `context.clientContext`. Absent: nothing. */
  readonly clientContext?: string;
  /** True: the answer brings the end of the invocation's log. */
  readonly isLogWanted?: boolean;
}

export type FunctionErrorReason = "threw" | "timedOut" | "outOfMemory" | "exited" | "initFailed";

export type Answer =
  /** `json` is the answer's text, null where it was not wanted; "" is an empty body (E-36). */
  | {
      readonly kind: "returned";
      readonly json: string | null;
      readonly executedVersion: string;
      readonly tookMs: number;
      /** Its last 4 KB, with the lines that AWS writes around it; there where the call wants it. */
      readonly log?: string;
    }
  | {
      readonly kind: "functionError";
      readonly reason: FunctionErrorReason;
      readonly errorType: string;
      readonly message: string;
      /** First lines of the stack, mapped to the user's sources, for a person. */
      readonly trace: readonly string[];
      /** The error as the function's own runtime wrote it, where that is known; absent: type, message and trace are all. */
      readonly json?: string;
      readonly executedVersion: string;
      readonly tookMs: number;
      readonly log?: string;
    }
  /** Not counted against the limits (E-4, E-5). `notStarted`: no thread was free by the call's `startByMs`. */
  | {
      readonly kind: "refused";
      readonly reason: "throttled" | "fault" | "functionMissing" | "notStarted";
      readonly message: string;
      /** Of a throttle: which limit it was, in AWS's word, where that is not one that is counted here. */
      readonly limit?: string;
    };

/** An invocation that someone asks for by Invoke; its event is JSON text in UTF-8. */
export interface DirectCall {
  readonly requestId: string;
  /** With its qualifier, where it has one. */
  readonly functionArn: string;
  /** Given away: it is not to be read afterwards. */
  readonly payload: ArrayBuffer;
  /** JSON text. */
  readonly clientContext: string | null;
  readonly isLogWanted: boolean;
}

/** Invocations from main: by whichever poller thread has the least to do. */
export interface FunctionCaller {
  /** Never rejects. */
  call(call: DirectCall): Promise<Answer>;
}

export interface Invoker {
  /** Never rejects. An abort ends the invocation by force (only when a stop's grace is over). */
  invoke(call: Call, signal: AbortSignal): Promise<Answer>;
}
