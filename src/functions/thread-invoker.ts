// The Invoker of a poller thread: the newest version of each function, a pool of threads a version, permits around each call.
// Leaves to the pool how one invocation runs, and to the registry on main what a version is.
//
// T1 A call takes its version when it really starts: after a change the next invocation runs the new code, and one that waited
//    for a permit too. So does an alias: it is looked up, and its share drawn, for each call. The pool of code that is no version's
//    any more ends with its last invocation.
// T2 A permit is held exactly while an invocation runs.
// T3 All pools together have at most `maxThreads` threads: an idle one of another version ends before a new one starts.

import type { Clock } from "../ports/clock.ts";
import { type DeployedFunction, type FunctionVersion, versionOf } from "../ports/functions.ts";
import type { FunctionThreadReport } from "../ports/function-threads.ts";
import type { Answer, Call, Invoker } from "../ports/invoker.ts";
import type { Random } from "../ports/random.ts";
import { createEndpointInvoker } from "./endpoint-invoker.ts";
import { createFunctionPool, type FunctionPool } from "./function-pool.ts";
import { environmentOf, setupOf } from "./guest-environment.ts";
import type { Permits } from "./permits.ts";
import { failedAnswer, NOT_STARTED } from "./pool-call.ts";

const IDLE_TIMEOUT_MS = 60_000;
const TOLD_WAIT_MS = 1_000;
/** `arn:aws:lambda:region:account:function:name` and perhaps a qualifier. */
const NAME_PART = 6;
const QUALIFIER_PART = 7;

/** One piece of what a function wrote, one or several lines, without the last line's end. */
export interface LogLine {
  readonly functionName: string;
  /** Empty: written while no invocation ran. */
  readonly requestId: string;
  readonly stream: "stdout" | "stderr";
  readonly text: string;
}

export interface ThreadInvokerOptions {
  readonly functions: readonly DeployedFunction[];
  readonly permits: Permits;
  /** Entry of a function thread: `workerEntry("function")`. */
  readonly workerUrl: URL;
  readonly endpointUrl: string;
  readonly region: string;
  readonly clock: Clock;
  readonly random: Random;
  /** The host's environment: PATH and its like are passed on, nothing else. */
  readonly hostEnvironment: Readonly<Record<string, string | undefined>>;
  readonly onLog: (line: LogLine) => void;
  /** A call waits since a second for one of the threads that may run to be free; once a call. */
  readonly onNoThread?: (call: Call, runningCount: number) => void;
  /** Most threads of this poller, idle or running. */
  readonly maxThreads: number;
  /** Folder for V8's cache of what threads load, so that sources are not stripped of their types for each; null or absent: none. */
  readonly compileCacheDir?: string | null;
  /** True: calls have no limits of time and memory. Default false. */
  readonly isDebugged?: boolean;
  /** How long a thread may be idle before it ends; default 60,000. */
  readonly idleTimeoutMs?: number;
}

export interface ThreadInvoker extends Invoker {
  /** A first or a new version: used from the next invocation on, running ones end on the old one. */
  deploy(deployed: DeployedFunction): void;
  remove(name: string): void;
  /** Invocations under way in this poller. */
  runningCount(): number;
  /** Threads that live, idle or running or ending. */
  threadCount(): number;
  /** What each thread does now, and those that have ended of late. */
  threadReports(): readonly FunctionThreadReport[];
  /** Lets invocations end for `graceMs`, then ends them by force; resolves when every thread has ended. */
  close(graceMs: number): Promise<void>;
}

interface Deployed {
  readonly deployed: DeployedFunction;
  /** By version, from its first call on. */
  readonly poolsByVersion: Map<string, FunctionPool>;
}

export function createThreadInvoker(options: ThreadInvokerOptions): ThreadInvoker {
  const { permits, clock } = options;
  // Compiled entries load fast enough without, and then nothing is left on disk.
  const compileCacheDir = options.workerUrl.pathname.endsWith(".ts") ? (options.compileCacheDir ?? null) : null;
  const endpoints = createEndpointInvoker(clock);
  const newest = new Map<string, Deployed>();
  /** Pools that have a thread or a call, with when they were last used. */
  const pools = new Map<FunctionPool, number>();
  const owners = new WeakMap<FunctionPool, Pick<FunctionThreadReport, "functionName" | "version">>();
  const leaving = new Map<FunctionPool, Promise<void>>();
  const idleWaiters = new Set<() => void>();
  let runningCount = 0;
  let useCount = 0;
  let closing: Promise<void> | null = null;

  function retire(pool: FunctionPool): void {
    if (pool.runningCount() > 0) return;
    pools.delete(pool);
    leaving.set(
      pool,
      pool.destroy().finally(() => leaving.delete(pool)),
    );
  }

  function deploy(deployed: DeployedFunction): void {
    const { name } = deployed.settings;
    const old = newest.get(name);
    const poolsByVersion = new Map<string, FunctionPool>();
    newest.set(name, { deployed, poolsByVersion });
    for (const [version, pool] of old?.poolsByVersion ?? []) {
      const [before, after] = [old === undefined ? null : numbered(old.deployed, version), numbered(deployed, version)];
      if (before !== null && after !== null && isSameEnvironment(before, after)) poolsByVersion.set(version, pool);
      else retire(pool);
    }
  }

  function poolOf(entry: Deployed, version: FunctionVersion): FunctionPool {
    const pool = entry.poolsByVersion.get(version.version) ?? makePool(version);
    entry.poolsByVersion.set(version.version, pool);
    useCount += 1;
    pools.set(pool, useCount);
    return pool;
  }

  function makePool(deployed: FunctionVersion): FunctionPool {
    const isDebugged = options.isDebugged === true;
    const logStreamId = options.random.uuid("log-stream").replaceAll("-", "");
    const setup = setupOf(deployed, { nowMs: clock.nowMs(), logStreamId, isDebugged });
    const place = {
      endpointUrl: options.endpointUrl,
      region: options.region,
      host: options.hostEnvironment,
      compileCacheDir,
    };
    const functionName = deployed.settings.name;
    const pool = createFunctionPool({
      setup,
      environment: environmentOf(deployed, setup, place),
      workerUrl: options.workerUrl,
      maxThreads: options.maxThreads,
      idleTimeoutMs: options.idleTimeoutMs ?? IDLE_TIMEOUT_MS,
      clock,
      isDebugged,
      onLog: ({ requestId, stream, text }) => options.onLog({ functionName, requestId, stream, text }),
    });
    owners.set(pool, { functionName, version: deployed.version });
    return pool;
  }

  /** T3. The pool that was used longest ago gives a thread up first. */
  function makeRoomFor(pool: FunctionPool): void {
    if (pool.hasFreeThread()) return;
    let usable = 0;
    for (const each of pools.keys()) usable += each.usableCount();
    if (usable < options.maxThreads) return;
    const byUse = [...pools].sort((a, b) => a[1] - b[1]);
    for (const [each] of byUse) {
      if (each !== pool && each.endIdleThread()) return;
    }
  }

  async function run(name: string, call: Call, signal: AbortSignal): Promise<Answer> {
    const entry = newest.get(name);
    const found = entry === undefined ? null : versionAskedFor(entry.deployed, call);
    if (entry === undefined || found === null) return missing(call);
    const { settings, code, version } = found;
    if (code.buildError !== null) {
      return ofVersion(failedAnswer({ reason: "initFailed", ...code.buildError, trace: [] }, 0), version);
    }
    if (code.endpoint !== undefined) {
      const timeoutMs = options.isDebugged === true ? null : settings.timeoutMs;
      return await endpoints.invoke(code.endpoint, call, { timeoutMs, signal });
    }
    const pool = poolOf(entry, found);
    makeRoomFor(pool);
    try {
      return ofVersion(await pool.invoke(call, settings.timeoutMs, signal), version);
    } finally {
      if (newest.get(name)?.poolsByVersion.get(version) !== pool) retire(pool);
    }
  }

  function versionAskedFor(deployed: DeployedFunction, call: Call): FunctionVersion | null {
    const qualifier = call.functionArn.split(":")[QUALIFIER_PART] ?? null;
    return versionOf(deployed, qualifier, () => options.random.draw("alias"));
  }

  /** Our own cap is no throttle, and nothing else would tell of the wait. It lasts until the call's `startByMs`, where it has one. */
  async function waited<T>(permit: Promise<T>, call: Call, giveUp: () => void): Promise<T> {
    const { startByMs } = call;
    const say = (): void => options.onNoThread?.(call, permits.runningTotal());
    const cancel = clock.wakeAt(clock.nowMs() + TOLD_WAIT_MS, say);
    const cancelLate = startByMs === undefined ? null : clock.wakeAt(startByMs, giveUp);
    try {
      return await permit;
    } finally {
      cancel();
      cancelLate?.();
    }
  }

  async function invoke(call: Call, signal: AbortSignal): Promise<Answer> {
    const name = call.functionArn.split(":")[NAME_PART] ?? "";
    const found = newest.get(name)?.deployed;
    if (found === undefined || versionAskedFor(found, call) === null) return missing(call);
    if (closing !== null) return refusedByStop();
    const slot = found.permitSlot;
    const { reservedConcurrency: reserved } = found.settings;
    let giveUp = (): void => undefined;
    const asked = permits.acquire({ slot, reserved }, signal, (end) => {
      giveUp = end;
    });
    const permit = typeof asked === "string" ? asked : await waited(asked, call, giveUp);
    if (permit === "late") return NOT_STARTED;
    if (permit === "throttled") return { kind: "refused", reason: "throttled", message: "Rate Exceeded." };
    if (permit === "aborted") return refusedByStop();
    runningCount += 1;
    try {
      return await run(name, call, signal);
    } catch (error) {
      // A bug of ours or of the pool's: it costs no attempt, and it is said.
      const text = error instanceof Error ? error.message : String(error);
      return { kind: "refused", reason: "fault", message: `The function could not be called: ${text}` };
    } finally {
      permits.release(slot);
      runningCount -= 1;
      if (runningCount === 0) for (const wake of idleWaiters) wake();
    }
  }

  /** Resolves when nothing runs, or when the grace is over. */
  function drained(graceMs: number): Promise<void> {
    if (runningCount === 0) return Promise.resolve();
    return new Promise((resolve) => {
      const done = (): void => {
        cancel();
        idleWaiters.delete(done);
        resolve();
      };
      const cancel = clock.wakeAt(clock.nowMs() + graceMs, done);
      idleWaiters.add(done);
    });
  }

  async function closeAll(graceMs: number): Promise<void> {
    permits.close();
    await drained(graceMs);
    endpoints.close();
    await Promise.all([...pools.keys()].map((pool) => pool.destroy()));
    await Promise.all(leaving.values());
    pools.clear();
  }

  for (const deployed of options.functions) deploy(deployed);

  return {
    invoke,
    deploy,
    remove(name) {
      const entry = newest.get(name);
      newest.delete(name);
      for (const pool of entry?.poolsByVersion.values() ?? []) retire(pool);
    },
    runningCount: () => runningCount,
    threadCount: () => [...pools.keys(), ...leaving.keys()].reduce((sum, pool) => sum + pool.threadCount(), 0),
    threadReports: () =>
      [...pools.keys(), ...leaving.keys()].flatMap((pool) => {
        const owner = owners.get(pool);
        return owner === undefined ? [] : pool.threadNotes().map((note) => ({ ...owner, ...note }));
      }),
    close(graceMs) {
      closing ??= closeAll(graceMs);
      return closing;
    },
  };
}

function ofVersion(answer: Answer, executedVersion: string): Answer {
  return answer.kind === "refused" ? answer : { ...answer, executedVersion };
}

/** The version of this number, or `$LATEST`. */
function numbered(deployed: DeployedFunction, version: string): FunctionVersion | null {
  return [deployed, ...deployed.published].find((each) => each.version === version) ?? null;
}

function missing(call: Call): Answer {
  return { kind: "refused", reason: "functionMissing", message: `Function not found: ${call.functionArn}` };
}

function refusedByStop(): Answer {
  return {
    kind: "refused",
    reason: "fault",
    message: "The invocation did not begin: Millrace, or its mapping, stops.",
  };
}

/** Only what a running thread cannot take over makes a new pool; the time limit and the reservation are read at each call. */
function isSameEnvironment(a: FunctionVersion, b: FunctionVersion): boolean {
  const part = ({ settings, code }: FunctionVersion): string =>
    JSON.stringify([
      code,
      settings.arn,
      settings.memoryMb,
      settings.runtime,
      Object.entries(settings.environment).sort(([one], [other]) => (one < other ? -1 : 1)),
    ]);
  return part(a) === part(b);
}
