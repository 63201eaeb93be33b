// The functions of an app under test: a closure runs in the test's realm and takes its time from its context, a file runs in a thread of
// its own with clocks, timers and chance of the simulated world.

import { resolve } from "node:path";
import { fileURLToPath } from "node:url";
import type { Callback, Context, KinesisStreamEvent } from "aws-lambda";
import { MillraceError } from "../errors.ts";
import { createInlineFunction, type InlineContext } from "../sim/inline-function.ts";
import type { VirtualFunction } from "../sim/virtual-functions.ts";
import { createGuestFunction, type GuestFunction, type GuestLogLine } from "../wiring/guest-function.ts";
import { type TimeSpan, toMs } from "./time-span.ts";

/** What a function under test gets beside its event: Lambda's context, and the world's time. */
export interface HandlerContext extends Context {
  /** The world's wall clock, epoch ms. */
  now(): number;
  /** Resolves once so much of the world's time has passed. */
  sleep(span: TimeSpan): Promise<void>;
}

/**
 * A handler that runs in the test's realm; nothing is patched. What it awaits beside `context.sleep` is waited for in real time while the
 * world stands; one that never comes to rest is named after ten seconds.
 */
export type InlineHandler<E> = (event: E, context: HandlerContext, callback: Callback) => unknown;

interface FunctionLimits {
  /** Default "3 s". */
  readonly timeout?: TimeSpan;
  /** Default: none. 0: every call is throttled. */
  readonly reservedConcurrency?: number;
  /** What a call takes beside what its code waits for. Default "2 ms". */
  readonly took?: TimeSpan;
}

export interface InlineFunctionOptions<E> extends FunctionLimits {
  readonly handler: InlineHandler<E>;
}

export interface FileFunctionOptions extends FunctionLimits {
  /** Path of the handler's file from the folder where the test runs, or `new URL("./orders.ts", import.meta.url)`. */
  readonly file: string | URL;
  /** Default `handler`. */
  readonly export?: string;
  readonly environment?: Readonly<Record<string, string>>;
  /** True: real work (files, network, crypto in threads) is waited for in real time, and the digest may differ. Default false. */
  readonly allowIo?: boolean;
}

export type FunctionOptions<E = KinesisStreamEvent> = InlineFunctionOptions<E> | FileFunctionOptions;

const DEFAULT_TIMEOUT_MS = 3_000;
const TOOK_MS = 2;
const MEMORY_MB = "128";

/** What has to be closed at the end, beside the function itself. */
export interface TestFunction {
  readonly virtual: VirtualFunction;
  readonly guest: GuestFunction | null;
}

export async function createTestFunction<E>(
  name: string,
  options: FunctionOptions<E>,
  world: { readonly seed: number; readonly onLog: (line: GuestLogLine) => void },
): Promise<TestFunction> {
  const limits = {
    timeoutMs: toMs(options.timeout ?? DEFAULT_TIMEOUT_MS),
    reservedConcurrency: options.reservedConcurrency ?? null,
    extraMs: toMs(options.took ?? TOOK_MS),
  };
  if ("handler" in options && "file" in options)
    throw new MillraceError("bad-argument", `the function ${name} has a handler and a file: one of them is its code`);
  if ("handler" in options && typeof options.handler === "function")
    return { virtual: createInlineFunction({ ...limits, handler: inlineHandler(options.handler) }), guest: null };
  if (!("file" in options))
    throw new MillraceError("bad-argument", `the function ${name} has neither a handler nor a file`, {
      help: `await app.function("${name}", { handler: async (event, context) => { … } })`,
    });
  const guest = await createGuestFunction({
    ...limits,
    name,
    file: typeof options.file === "string" ? resolve(options.file) : fileURLToPath(options.file),
    seed: world.seed,
    environment: options.environment ?? {},
    isIoAllowed: options.allowIo === true,
    onLog: world.onLog,
    ...(options.export === undefined ? {} : { exportName: options.export }),
  });
  return { virtual: guest, guest };
}

/** For a scenario's functions: the handler with each one's own limits. */
export function inlineRunner<E>(handler: InlineHandler<E>) {
  return (limits: { readonly timeoutMs: number; readonly reservedConcurrency: number | null }): VirtualFunction =>
    createInlineFunction({ ...limits, extraMs: TOOK_MS, handler: inlineHandler(handler) });
}

/** The event is what the world made; a handler's type says which kind of event it takes. */
function inlineHandler<E>(handler: InlineHandler<E>): (event: unknown, context: InlineContext) => unknown {
  return (event, context) => handler(event as E, contextOf(context), refuseCallback);
}

function contextOf(inline: InlineContext): HandlerContext {
  const { functionName } = inline;
  return {
    functionName,
    invokedFunctionArn: inline.invokedFunctionArn,
    awsRequestId: inline.awsRequestId,
    functionVersion: "$LATEST",
    memoryLimitInMB: MEMORY_MB,
    logGroupName: `/aws/lambda/${functionName}`,
    logStreamName: "test",
    callbackWaitsForEmptyEventLoop: true,
    getRemainingTimeInMillis: () => inline.getRemainingTimeInMillis(),
    now: () => inline.now(),
    sleep: (span) => inline.sleep(toMs(span)),
    done: refuseCallback,
    fail: refuseCallback,
    succeed: refuseCallback,
  };
}

function refuseCallback(): never {
  throw new MillraceError("bad-argument", "callbacks are not offered: a handler of Node.js 24 returns a promise", {
    help: "return the answer, or throw",
  });
}
