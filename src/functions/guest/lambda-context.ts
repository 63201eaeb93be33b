// The context object that a handler gets, with AWS's member names.

import type { Clock } from "../../ports/clock.ts";
import type { GuestSetup, GuestTask } from "../guest-protocol.ts";

/** Callback style of old: only where the runtime still has it (up to nodejs22.x). */
export interface CallbackMembers {
  done(error?: unknown, result?: unknown): void;
  succeed(result?: unknown): void;
  fail(error?: unknown): void;
}

export interface LambdaContext extends Partial<CallbackMembers> {
  callbackWaitsForEmptyEventLoop?: boolean;
  readonly functionName: string;
  readonly functionVersion: string;
  readonly invokedFunctionArn: string;
  readonly memoryLimitInMB: string;
  readonly awsRequestId: string;
  readonly logGroupName: string;
  readonly logStreamName: string;
  readonly clientContext: unknown;
  readonly identity: undefined;
  getRemainingTimeInMillis(): number;
}

export function createContext(setup: GuestSetup, task: GuestTask, clock: Clock): LambdaContext {
  const endsAtMs = clock.monotonicMs() + task.timeoutMs;
  return {
    functionName: setup.functionName,
    functionVersion: setup.functionVersion,
    invokedFunctionArn: task.functionArn,
    memoryLimitInMB: String(setup.memoryMb),
    awsRequestId: task.requestId,
    logGroupName: setup.logGroupName,
    logStreamName: setup.logStreamName,
    clientContext: task.clientContext === null ? undefined : JSON.parse(task.clientContext),
    identity: undefined,
    getRemainingTimeInMillis: () => (setup.isDebugged ? task.timeoutMs : Math.floor(endsAtMs - clock.monotonicMs())),
  };
}
