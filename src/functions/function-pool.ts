// The threads of one code version in one poller: a piscina pool, and what it does not do by itself. Leaves to the thread invoker
// which version is the newest, permits, and how many threads all pools may have together.
//
// F1 A task goes only to a thread that does nothing and is not ending, so an environment never has two invocations.
// F2 The time limit counts from the handler's beginning; loading the code has a limit of its own.
// F3 Ending an invocation ends its thread (piscina's abort); the next call gets another.
// F4 A call that no thread will take is handed in again, or answered where threads cannot start, not left waiting: piscina keeps it
//    in its queue when a thread fails to start, or when it still counted one that was ending.
// F5 MemorySize is watched, not left to V8: src/functions/memory-limits.ts.
// One function holds it all, because everything here is state of one pool.

import type { Worker } from "node:worker_threads";
import { Piscina } from "piscina";
import type { Cancel, Clock } from "../ports/clock.ts";
import type { Answer, Call } from "../ports/invoker.ts";
import { type FromGuest, type GuestSetup, type GuestTask, parseFromGuest, parseGuestAnswer } from "./guest-protocol.ts";
import { BYTES_PER_MB, CHECK_MS, FORCE_MB, ROOM_MB } from "./memory-limits.ts";
import { createGatheredLog } from "./gathered-log.ts";
import { answerOf, answerOfEnd, INIT_LIMIT_MS, type PoolCall, textOfEnd, withLog } from "./pool-call.ts";
import { createThreadNotes, type ThreadNote } from "./thread-notes.ts";

/** How often a call whose thread has gone before it began is handed in again. */
const MOST_STRANDINGS = 10;
/** How long the end of a log is waited for, which a thread that can be heard has told by the time it answers. */
const WRITTEN_WITHIN_MS = 1_000;
/** Early firing that a clock may have, in ms. */
const CLOCK_SLACK_MS = 1;

export interface PoolOptions {
  readonly setup: GuestSetup;
  readonly environment: Record<string, string>;
  readonly workerUrl: URL;
  readonly maxThreads: number;
  readonly idleTimeoutMs: number;
  readonly clock: Clock;
  /** True: no time or memory limit ends a call, so that a pause at a breakpoint may last. */
  readonly isDebugged: boolean;
  readonly onLog: (line: Extract<FromGuest, { kind: "log" }>) => void;
}

export interface FunctionPool {
  invoke(call: Call, timeoutMs: number, signal: AbortSignal): Promise<Answer>;
  runningCount(): number;
  /** Threads that can take calls now or after starting. */
  usableCount(): number;
  /** Threads that have not ended, those that are ending included. */
  threadCount(): number;
  /** True: a call handed in now needs no new thread. */
  hasFreeThread(): boolean;
  /** What each thread does now, and those that have ended of late. */
  threadNotes(): readonly ThreadNote[];
  /** Ends one idle thread; false: there is none. */
  endIdleThread(): boolean;
  /** Ends all threads, running ones by force; resolves when they have ended. Calls under way are answered. */
  destroy(): Promise<void>;
}

export function createFunctionPool(options: PoolOptions): FunctionPool {
  const { setup, clock } = options;
  const calls = new Map<number, PoolCall>();
  /** Threads that live, by id; those in `initialised` have loaded the user's code. */
  const threads = new Map<number, { readonly worker: Worker; readonly ended: Promise<void> }>();
  const ready = new Set<number>();
  const initialised = new Set<number>();
  const ending = new Set<number>();
  const notes = createThreadNotes(clock);
  let nextCallId = 1;
  /** Why the newest thread could not start; null: it could. */
  let startError: string | null = null;
  let isDestroyed = false;
  let cancelWatch: Cancel | null = null;
  let watchAtMs = Number.POSITIVE_INFINITY;

  const pool = new Piscina({
    filename: options.workerUrl.href,
    name: "run",
    minThreads: 0,
    maxThreads: options.maxThreads,
    idleTimeout: options.idleTimeoutMs,
    concurrentTasksPerWorker: 1,
    // Otherwise an idle thread sleeps in `Atomics.wait`, deaf to its own sockets and timers.
    atomics: "disabled",
    recordTiming: false,
    resourceLimits: { maxOldGenerationSizeMb: setup.memoryMb + ROOM_MB },
    env: options.environment,
    execArgv: [],
    argv: [],
    workerData: setup,
    loadBalancer(task, workers) {
      let chosen: (typeof workers)[number] | null = null;
      for (const worker of workers) {
        if (worker.currentUsage !== 0 || ending.has(worker.id)) continue;
        chosen ??= worker;
        if (!initialised.has(worker.id)) continue;
        chosen = worker;
        break;
      }
      const call = chosen === null ? null : callOf(task[Piscina.queueOptionsSymbol as keyof typeof task]);
      if (chosen !== null && call !== null) onDispatch(call, chosen.id);
      return chosen;
    },
  });

  pool.on("message", (message: unknown) => onMessage(parseFromGuest(message)));
  pool.on("workerCreate", (worker: { readonly id: number }) => {
    noticeThreads();
    startError = null;
    ready.add(worker.id);
  });
  pool.on("workerDestroy", () => queueMicrotask(answerStranded));
  pool.on("error", (error: unknown) => {
    startError = `The function's thread could not start: ${error instanceof Error ? error.message : String(error)}`;
    queueMicrotask(answerStranded);
  });

  function callOf(callId: unknown): PoolCall | null {
    return typeof callId === "number" ? (calls.get(callId) ?? null) : null;
  }

  function onDispatch(call: PoolCall, threadId: number): void {
    call.threadId = threadId;
    notes.given(threadId, call.task.requestId);
    call.task.mustSayStart = !initialised.has(threadId);
    if (!call.task.mustSayStart) onStarted(call);
  }

  function onStarted(call: PoolCall): void {
    const nowMs = clock.monotonicMs();
    if (call.task.mustSayStart) call.initMs = nowMs - call.startedAtMs;
    notes.started(call.threadId, call.initMs);
    call.isStarted = true;
    call.startedAtMs = nowMs;
    watch();
  }

  function onMessage(message: FromGuest | null): void {
    if (message === null) return;
    switch (message.kind) {
      case "log":
        gather(message);
        return options.onLog(message);
      case "used": {
        const call = callOf(message.callId);
        if (call === null) return;
        call.seenMb = Math.max(call.seenMb, message.usedMb);
        return call.used.resolve();
      }
      case "started": {
        initialised.add(message.threadId);
        const call = callOf(message.callId);
        // Said a second time it would begin the time limit anew.
        return call === null || call.isStarted ? notes.loaded(message.threadId) : onStarted(call);
      }
      case "ending":
        return onEnding(message);
    }
  }

  function gather(line: Extract<FromGuest, { kind: "log" }>): void {
    for (const { gathered, task } of calls.values()) {
      if (gathered !== null && task.requestId === line.requestId) gathered.add(line, clock.nowMs());
    }
  }

  /** Answers come on another port than what was written; a thread that ends without having said it has written all, too. */
  async function allWritten(call: PoolCall): Promise<void> {
    if (call.gathered === null || call.threadId === null) return;
    const enough = Promise.withResolvers<void>();
    const cancel = clock.wakeAt(clock.nowMs() + WRITTEN_WITHIN_MS, enough.resolve);
    await Promise.race([call.used.promise, threads.get(call.threadId)?.ended, enough.promise]);
    cancel();
  }

  function onEnding(message: Extract<FromGuest, { kind: "ending" }>): void {
    ending.add(message.threadId);
    const call = callOf(message.callId);
    if (call !== null) {
      call.failure = message.failure;
      return;
    }
    const text = textOfEnd(message.failure);
    options.onLog({ kind: "log", requestId: "", stream: "stderr", text, level: null });
    // A call that was on its way to this thread never began there: it costs no attempt.
    for (const late of calls.values()) {
      if (late.threadId !== message.threadId || late.endedBecause !== null) continue;
      late.noThreadText = text;
      late.endedBecause = "no-thread";
    }
  }

  /** Learns of threads that piscina has started, so that their end is known. */
  function noticeThreads(): void {
    for (const worker of pool.threads) {
      const id = worker.threadId;
      if (id < 0 || threads.has(id)) continue;
      const ended = new Promise<void>((resolve) => {
        worker.once("exit", () => {
          for (const set of [ready, initialised, ending]) set.delete(id);
          threads.delete(id);
          notes.gone(id);
          resolve();
        });
      });
      threads.set(id, { worker, ended });
      notes.born(id);
    }
  }

  /** F4: calls that wait though no thread is free or starting. */
  function answerStranded(): void {
    if (isDestroyed) return;
    const waiting = [...calls.values()].filter((call) => call.threadId === null && call.endedBecause === null);
    const takers = pool.threads.length - (calls.size - waiting.length);
    for (const call of waiting.slice(Math.max(0, takers))) {
      call.noThreadText = startError ?? "The function's thread ended while it started.";
      call.strandings += 1;
      endCall(call, startError === null && call.strandings < MOST_STRANDINGS ? "stranded" : "no-thread");
    }
  }

  function endCall(call: PoolCall, because: PoolCall["endedBecause"]): void {
    if (call.endedBecause !== null) return;
    call.endedBecause = because;
    call.controller.abort(because);
  }

  /** No thread has taken it: none could start in time. A thread that loads the code for it is let do so. */
  function endLate(call: PoolCall): void {
    if (call.threadId === null) endCall(call, "late");
  }

  /** One timer a pool, for the next thing to look at, instead of one a call. */
  function watch(): void {
    if (isDestroyed || calls.size === 0 || options.isDebugged) return;
    const nowMs = clock.monotonicMs();
    let atMs = nowMs + CHECK_MS;
    for (const call of calls.values()) atMs = Math.min(atMs, limitOf(call));
    if (cancelWatch !== null && watchAtMs <= atMs) return;
    cancelWatch?.();
    watchAtMs = atMs;
    cancelWatch = clock.wakeAt(clock.nowMs() + Math.max(CLOCK_SLACK_MS, Math.ceil(atMs - nowMs)), look);
  }

  function look(): void {
    cancelWatch = null;
    watchAtMs = Number.POSITIVE_INFINITY;
    const nowMs = clock.monotonicMs();
    for (const call of calls.values()) {
      if (nowMs >= limitOf(call)) endCall(call, call.isStarted ? "timeout" : "init-timeout");
      else void checkMemory(call);
    }
    watch();
  }

  function limitOf(call: PoolCall): number {
    return call.startedAtMs + (call.isStarted ? call.task.timeoutMs : INIT_LIMIT_MS);
  }

  async function checkMemory(call: PoolCall): Promise<void> {
    const worker = call.threadId === null ? undefined : threads.get(call.threadId)?.worker;
    // Node 22.16 and newer; without it only the heap is bounded.
    if (worker === undefined || typeof worker.getHeapStatistics !== "function") return;
    try {
      const heap = await worker.getHeapStatistics();
      const nowMb = Math.round((heap.used_heap_size + heap.external_memory) / BYTES_PER_MB);
      call.seenMb = Math.max(call.seenMb, nowMb);
      if (nowMb <= setup.memoryMb) return;
      Atomics.add(setup.memoryBell, 0, 1);
      Atomics.notify(setup.memoryBell, 0);
      if (nowMb > setup.memoryMb + FORCE_MB && calls.has(call.task.callId)) endCall(call, "memory");
    } catch {
      // The thread ended meanwhile: there is no memory left to look at.
    }
  }

  function isFree(id: number): boolean {
    return !ending.has(id) && ![...calls.values()].some((call) => call.threadId === id);
  }

  function usableCount(): number {
    return pool.threads.filter((worker) => !ending.has(worker.threadId)).length;
  }

  async function invoke(call: Call, timeoutMs: number, signal: AbortSignal): Promise<Answer> {
    const poolCall = begin(call, timeoutMs);
    const { task } = poolCall;
    const onStop = (): void => endCall(poolCall, "stop");
    let cancelLate: Cancel | null = null;
    signal.addEventListener("abort", onStop, { once: true });
    try {
      const running = runTask(poolCall, signal);
      if (call.startByMs !== undefined && poolCall.threadId === null) {
        cancelLate = clock.wakeAt(call.startByMs, () => endLate(poolCall));
      }
      const given = parseGuestAnswer(await running);
      const tookMs = clock.monotonicMs() - poolCall.startedAtMs;
      await allWritten(poolCall);
      return withLog(answerOf(given, tookMs), poolCall, endedNow());
    } catch (error) {
      const answer = answerOfEnd(poolCall, error, clock.monotonicMs() - poolCall.startedAtMs);
      return withLog(answer, poolCall, endedNow());
    } finally {
      cancelLate?.();
      signal.removeEventListener("abort", onStop);
      calls.delete(task.callId);
      notes.freed(poolCall.threadId, poolCall.endedBecause?.includes("timeout") === true);
    }
  }

  /** F4. What has not gone to a thread can be handed in again as it is. */
  async function runTask(call: PoolCall, signal: AbortSignal): Promise<unknown> {
    for (;;) {
      const { task, controller } = call;
      const running = pool.run(task, { transferList: [task.batch.buffer], signal: controller.signal });
      if (call.threadId === null) noticeThreads();
      watch();
      try {
        return await running;
      } catch (error) {
        if (call.endedBecause !== "stranded") throw error;
        call.endedBecause = isDestroyed || signal.aborted ? "stop" : null;
        if (call.endedBecause !== null) throw error;
        call.controller = new AbortController();
      }
    }
  }

  const endedNow = () => ({ version: setup.functionVersion, endedAtMs: clock.nowMs() });

  function begin(call: Call, timeoutMs: number): PoolCall {
    const callId = nextCallId;
    nextCallId += 1;
    const task: GuestTask = {
      callId,
      requestId: call.requestId,
      functionArn: call.functionArn,
      timeoutMs,
      isAnswerWanted: call.isAnswerWanted,
      clientContext: call.clientContext ?? null,
      isLogWanted: call.isLogWanted === true,
      mustSayStart: true,
      batch: call.pack(),
      // How piscina's balancer hears which call a task is; symbols do not cross to the thread.
      [Piscina.queueOptionsSymbol]: callId,
    };
    const poolCall: PoolCall = {
      task,
      controller: new AbortController(),
      memoryMb: setup.memoryMb,
      threadId: null,
      startedAtMs: clock.monotonicMs(),
      isStarted: false,
      endedBecause: null,
      failure: null,
      noThreadText: "",
      strandings: 0,
      seenMb: 0,
      initMs: null,
      gathered: task.isLogWanted ? createGatheredLog() : null,
      used: Promise.withResolvers(),
    };
    calls.set(callId, poolCall);
    return poolCall;
  }

  return {
    invoke,
    runningCount: () => calls.size,
    usableCount,
    threadCount: () => threads.size,
    hasFreeThread: () => usableCount() > calls.size,
    threadNotes: () => notes.list(),
    endIdleThread() {
      for (const worker of pool.threads) {
        const id = worker.threadId;
        if (!ready.has(id) || !isFree(id)) continue;
        ending.add(id);
        void worker.terminate();
        return true;
      }
      return false;
    },
    async destroy() {
      isDestroyed = true;
      noticeThreads();
      cancelWatch?.();
      cancelWatch = null;
      for (const call of calls.values()) endCall(call, "stop");
      const ends = [...threads.values()].map((thread) => thread.ended);
      await pool.destroy();
      await Promise.all(ends);
    },
  };
}
