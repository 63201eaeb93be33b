// One execution environment of the simulated world: a thread that is told what time it is and says when its code has come to rest.
// Leaves to whoever has it when it is woken, and which invocation it gets.
//
// EV1 One step at a time: `begin` and `wake` are called only while the guest is quiet. EV2 An environment that has ended, by itself or by
// force, says so once, and takes nothing any more.

import { Worker } from "node:worker_threads";
import { createSystemClock } from "../../platform/system-clock.ts";
import { type FromGuest, type GuestAnswer, type GuestFailure, outOfMemory, parseFromGuest } from "../guest-protocol.ts";
import { ROOM_MB } from "../memory-limits.ts";
import type { FencedCall } from "./fence.ts";
import {
  parseFromVirtualGuest,
  type ToVirtualGuest,
  type VirtualGuestSetup,
  type VirtualTask,
} from "./guest-messages.ts";
import type { Moment } from "./virtual-time.ts";
import { whereStuck } from "./where-stuck.ts";

export type Step =
  | { readonly kind: "waiting"; readonly wakeSteadyMs: number | null }
  | { readonly kind: "done"; readonly answer: GuestAnswer }
  | { readonly kind: "ended"; readonly failure: GuestFailure };

export interface Environment {
  begin(moment: Moment, task: VirtualTask): Promise<Step>;
  wake(moment: Moment): Promise<Step>;
  /** Where its code is at work; null: that is not known. */
  where(): Promise<string | null>;
  /** Ends the thread by force; a step under way is not answered. Resolves when it has ended. */
  end(): Promise<void>;
}

export interface EnvironmentOptions {
  readonly workerUrl: URL;
  readonly setup: VirtualGuestSetup;
  readonly variables: Readonly<Record<string, string>>;
  readonly onLog: (line: Extract<FromGuest, { kind: "log" }>) => void;
  readonly onFenced: (call: FencedCall) => void;
}

export function startEnvironment(options: EnvironmentOptions): Environment {
  const { setup } = options;
  let stepping: PromiseWithResolvers<Step> | null = null;
  let requestId = "";
  let failure: GuestFailure | null = null;
  let isEnded = false;

  const worker = new Worker(options.workerUrl, {
    workerData: setup,
    env: { ...options.variables },
    execArgv: [],
    argv: [],
    resourceLimits: { maxOldGenerationSizeMb: setup.guest.memoryMb + ROOM_MB },
  });
  const ended = new Promise<void>((resolve) => worker.once("exit", () => resolve()));

  function answer(step: Step): void {
    const waiting = stepping;
    stepping = null;
    waiting?.resolve(step);
  }

  worker.on("message", (message: unknown) => {
    if (isEnded) return;
    const own = parseFromVirtualGuest(message);
    if (own?.kind === "fenced") return options.onFenced(own.call);
    if (own !== null) return answer(own);
    const told = parseFromGuest(message);
    if (told?.kind === "log") options.onLog(told);
    if (told?.kind === "ending") failure = told.failure;
  });
  worker.on("error", (error: unknown) => {
    failure ??= failureOfError(error, requestId, setup.guest.memoryMb);
  });
  worker.on("exit", (status) => {
    if (isEnded) return;
    isEnded = true;
    const message = `RequestId: ${requestId} Error: Runtime exited with error: exit status ${status}`;
    failure ??= { reason: "exited", errorType: "Runtime.ExitError", message, trace: [] };
    answer({ kind: "ended", failure });
  });

  function step(message: ToVirtualGuest): Promise<Step> {
    if (isEnded && failure !== null) return Promise.resolve({ kind: "ended", failure });
    stepping = Promise.withResolvers<Step>();
    worker.postMessage(message);
    return stepping.promise;
  }

  return {
    begin(moment, task) {
      ({ requestId } = task);
      return step({ kind: "begin", moment, task });
    },
    wake: (moment) => step({ kind: "wake", moment }),
    where: () =>
      whereStuck(
        { threadId: worker.threadId, modulePath: setup.guest.modulePath, root: setup.root },
        createSystemClock(),
      ),
    async end() {
      isEnded = true;
      await worker.terminate();
      await ended;
    },
  };
}

function failureOfError(error: unknown, requestId: string, memoryMb: number): GuestFailure {
  if (!(error instanceof Error)) return { reason: "threw", errorType: typeof error, message: String(error), trace: [] };
  if ("code" in error && error.code === "ERR_WORKER_OUT_OF_MEMORY") return outOfMemory(requestId, memoryMb, memoryMb);
  const trace = String(error.stack ?? "").split("\n");
  return { reason: "initFailed", errorType: error.name, message: error.message, trace };
}
