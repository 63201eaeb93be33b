// Invoke, without HTTP: DryRun asks whether the call could be made, Event stores it, RequestResponse makes it and waits.

import { assertNever } from "../../core/assert-never.ts";
import type { Answer, FunctionCaller } from "../../ports/invoker.ts";
import type { Journal } from "../../ports/journal.ts";
import { type ApiAnswer, failure, success } from "../api-answer.ts";
import type { Surroundings } from "../lookups.ts";
import { bufferOf, type EventInvocations } from "./event-invocations.ts";
import { invocationFact } from "./invocation-fact.ts";
import { type InvokedFunctions, type InvokeRequest, type ReadInvoke, readInvoke } from "./invoke-request.ts";

export interface InvokeOptions {
  readonly functions: InvokedFunctions;
  readonly settings: Surroundings;
  readonly caller: FunctionCaller;
  readonly events: Pick<EventInvocations, "accept">;
  readonly journal: Journal;
}

export type InvokeAnswer =
  /** Refused, accepted (202) or tried (204). */
  | { readonly kind: "api"; readonly answer: ApiAnswer }
  | {
      readonly kind: "ran";
      /** The function's answer or error, as text. */
      readonly payload: string;
      readonly isFunctionError: boolean;
      readonly executedVersion: string;
      /** The end of the invocation's log; null: not asked for, or there is none. */
      readonly log: string | null;
    };

export interface InvokeOperation {
  /** `requestId` is that of the HTTP request, and of the invocation. Never rejects. */
  invoke(request: InvokeRequest, requestId: string): Promise<InvokeAnswer>;
}

export function createInvokeOperation(options: InvokeOptions): InvokeOperation {
  async function accept(read: ReadInvoke, requestId: string): Promise<InvokeAnswer> {
    const { functionName, arn, payload } = read;
    try {
      await options.events.accept({ requestId, functionName, arn, payload });
      return { kind: "api", answer: success(202, null) };
    } catch (error) {
      return fault(`the invocation cannot be stored: ${error instanceof Error ? error.message : String(error)}`);
    }
  }

  async function run(read: ReadInvoke, requestId: string): Promise<InvokeAnswer> {
    const { arn, payload, clientContext, isLogWanted, functionName } = read;
    const call = { requestId, functionArn: arn, payload: bufferOf(payload), clientContext, isLogWanted };
    const answer = await options.caller.call(call);
    const decision = { attempt: 1, verdict: "done", condition: null, retryAfterMs: null } as const;
    const fact = invocationFact({ functionName, requestId }, answer, {
      invocationType: "RequestResponse",
      ...decision,
    });
    options.journal.append(null, `invocations/${functionName}`, fact);
    return shown(answer, options.functions.reservedOf(functionName) !== null);
  }

  return {
    async invoke(request, requestId) {
      const read = readInvoke(request, options);
      if (read.kind === "refused") return { kind: "api", answer: read.answer };
      switch (read.type) {
        case "DryRun":
          return { kind: "api", answer: success(204, null) };
        case "Event":
          return await accept(read, requestId);
        case "RequestResponse":
          return await run(read, requestId);
        default:
          return assertNever(read.type);
      }
    },
  };
}

function shown(answer: Answer, isReserved: boolean): InvokeAnswer {
  if (answer.kind === "refused") return refused(answer, isReserved);
  const { executedVersion, log = null } = answer;
  const isFunctionError = answer.kind === "functionError";
  const payload = isFunctionError ? errorBody(answer) : (answer.json ?? "null");
  return { kind: "ran", payload, isFunctionError, executedVersion, log };
}

/** Only what the handler or its module threw has a stack; how an environment ended has none. */
function errorBody(answer: Extract<Answer, { kind: "functionError" }>): string {
  if (answer.json !== undefined) return answer.json;
  const { errorType, message: errorMessage, trace, reason } = answer;
  const isThrown = (reason === "threw" || reason === "initFailed") && trace.length > 0;
  return JSON.stringify({ errorType, errorMessage, ...(isThrown ? { trace } : {}) });
}

/** `isReserved`: the function has a reservation, and that is what throttles it unless the answer names another limit. */
function refused({ reason, message, limit }: Extract<Answer, { kind: "refused" }>, isReserved: boolean): InvokeAnswer {
  switch (reason) {
    case "throttled": {
      const answer = failure("TooManyRequestsException", message);
      const ours = `${isReserved ? "ReservedFunctionConcurrent" : "Concurrent"}InvocationLimitExceeded`;
      const body = { Reason: limit ?? ours, ...answer.body };
      return { kind: "api", answer: { ...answer, body } };
    }
    case "functionMissing":
      return { kind: "api", answer: failure("ResourceNotFoundException", message) };
    case "fault":
    case "notStarted":
      return fault(message);
    default:
      return assertNever(reason);
  }
}

function fault(detail: string): InvokeAnswer {
  const text = `An error occurred and the request cannot be processed: ${detail}`;
  return { kind: "api", answer: failure("ServiceException", text) };
}
