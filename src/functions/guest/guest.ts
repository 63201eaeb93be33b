// What runs in a function thread: one execution environment. Loads the user's code at the first invocation, runs one invocation
// at a time, and ends itself where AWS ends an environment. Whoever ends a thread from outside is the pool.
//
// G1 Never two invocations at once. G2 After a failed init, an uncaught error, an unhandled rejection or an exit, the thread says
// how it ended on its own port and ends; its pool replaces it. G3 Nothing is said of an invocation twice.

import { syncBuiltinESMExports } from "node:module";
import { type MessagePort, threadId } from "node:worker_threads";
import type { Clock } from "../../ports/clock.ts";
import type { PackedBatch } from "../../ports/source-kind.ts";
import {
  type FromGuest,
  type GuestAnswer,
  type GuestFailure,
  type GuestSetup,
  type GuestTask,
  outOfMemory,
} from "../guest-protocol.ts";
import { callHandler } from "./call-handler.ts";
import { watchConsole } from "./console-levels.ts";
import { failureFrom, makeFailure, traceOf } from "./failures.ts";
import { hideThread } from "./hide-thread.ts";
import { createContext } from "./lambda-context.ts";
import { type Handler, loadHandler } from "./load-handler.ts";
import { guardMemory, heldBytes } from "./memory-guard.ts";
import { BYTES_PER_MB } from "../memory-limits.ts";
import { captureOutput } from "./output-capture.ts";

/** Largest answer of an invocation, in bytes of JSON, as on AWS. */
const MAX_ANSWER_BYTES = 6_291_556;
/** A UTF-16 unit takes at most this many UTF-8 bytes. */
const MOST_BYTES_A_UNIT = 3;

export interface GuestOptions {
  readonly setup: GuestSetup;
  readonly port: Pick<MessagePort, "postMessage">;
  readonly clock: Clock;
  readonly unpack: (batch: PackedBatch) => unknown;
}

export function createGuest(options: GuestOptions): (task: GuestTask) => Promise<GuestAnswer> {
  const { setup, clock, unpack } = options;
  const post = options.port.postMessage.bind(options.port) as (message: FromGuest) => void;
  const exit = process.exit.bind(process);
  let running: GuestTask | null = null;
  let handler: Handler | null = null;

  // A debugger is to show the user's own calls of the console, not ours around them.
  const levelNow = setup.isDebugged ? () => null : watchConsole(console);
  const output = captureOutput({
    streams: { stdout: process.stdout, stderr: process.stderr },
    levelNow,
    emit: (piece) => post({ kind: "log", requestId: running?.requestId ?? "", ...piece }),
    monotonicMs: () => clock.monotonicMs(),
  });

  /** Ends the thread. The promise that it gives is never kept: no answer leaves by the other port (G3). */
  function end(failure: GuestFailure): Promise<never> {
    output.flush();
    post({ kind: "ending", threadId, callId: running?.callId ?? null, failure });
    exit(1);
    return new Promise<never>(() => {});
  }

  watchTheProcess(
    () => running?.requestId ?? "",
    (failure) => void end(failure),
  );

  guardMemory(setup.memoryBell, setup.memoryMb, (heldMb) => {
    void end(outOfMemory(running?.requestId ?? "", heldMb, setup.memoryMb));
  });

  async function answer(task: GuestTask): Promise<GuestAnswer> {
    if (handler === null) {
      hideThread();
      const loaded = await loadHandler(setup);
      if (loaded.kind === "failed") return await end(loaded.failure);
      handler = loaded.handler;
    }
    if (task.mustSayStart) post({ kind: "started", callId: task.callId, threadId });
    try {
      const event = unpack(task.batch);
      const value = await callHandler(handler, event, createContext(setup, task, clock), setup.runtimeMajor);
      return serialise(value, task.isAnswerWanted);
    } catch (error) {
      return failureFrom(error, "threw");
    }
  }

  return async (task) => {
    if (running !== null) throw new Error("two invocations at once in one environment");
    output.begin();
    running = task;
    const given = await answer(task);
    output.flush();
    if (task.isLogWanted) post({ kind: "used", callId: task.callId, usedMb: Math.ceil(heldBytes() / BYTES_PER_MB) });
    running = null;
    return given;
  };
}

function serialise(value: unknown, isWanted: boolean): GuestAnswer {
  if (value === undefined || value === null) return isWanted ? "null" : null;
  let json: string;
  try {
    json = JSON.stringify(value) ?? "";
  } catch (error) {
    const why = error instanceof Error ? traceOf(error) : [];
    return makeFailure("threw", "Runtime.MarshalError", "Unable to stringify response body", why);
  }
  if (json.length * MOST_BYTES_A_UNIT > MAX_ANSWER_BYTES && Buffer.byteLength(json) > MAX_ANSWER_BYTES) {
    const text = `Response payload size exceeded maximum allowed payload size (${MAX_ANSWER_BYTES} bytes).`;
    return makeFailure("threw", "Function.ResponseSizeTooLarge", text, []);
  }
  return isWanted ? json : null;
}

/** Everything by which user code can end or break its process ends this thread only, and is told as AWS tells it. */
function watchTheProcess(requestId: () => string, end: (failure: GuestFailure) => void): void {
  process.on("uncaughtException", (error) => end(failureFrom(error, "threw")));
  process.on("unhandledRejection", (reason) => {
    const trace = reason instanceof Error ? traceOf(reason) : [];
    const { errorType, message } = failureFrom(reason, "threw");
    const text = reason instanceof Error ? `${errorType}: ${message}` : message;
    end(makeFailure("threw", "Runtime.UnhandledPromiseRejection", text, trace));
  });
  const exited = (what: string): void =>
    end(makeFailure("exited", "Runtime.ExitError", `RequestId: ${requestId()} Error: ${what}`, []));
  process.exit = (code?: number | string | null): never => {
    const status = Number(code ?? process.exitCode ?? 0);
    const what =
      status === 0 ? "Runtime exited without providing a reason" : `Runtime exited with error: exit status ${status}`;
    exited(what);
    throw new Error(what);
  };
  const kill = process.kill.bind(process);
  process.kill = (pid: number, signal?: string | number): true => {
    // On AWS this ends the environment; here it would end every mapping of the host. 0 and -1 are groups in which the host is.
    if ([process.pid, -process.pid, 0, -1].includes(Number(pid)) && signal !== 0)
      exited(`Runtime exited with error: signal: ${signal ?? "terminated"}`);
    return kill(pid, signal);
  };
  delete process.env["NODE_COMPILE_CACHE"];
  process.setSourceMapsEnabled(true);
  syncBuiltinESMExports();
}
