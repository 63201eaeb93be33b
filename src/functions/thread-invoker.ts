import type { Clock } from "../ports/clock.ts";
import type { DeployedFunction } from "../ports/functions.ts";
import type { Invoker } from "../ports/invoker.ts";
import type { Permits } from "./permits.ts";

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
  readonly accountId: string;
  readonly clock: Clock;
  readonly onLog: (line: LogLine) => void;
  /** Most threads of this poller, idle or running. */
  readonly maxThreads: number;
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
  /** Lets invocations end for `graceMs`, then ends them by force; resolves when every thread has ended. */
  close(graceMs: number): Promise<void>;
}

export function createThreadInvoker(_options: ThreadInvokerOptions): ThreadInvoker {
  throw new Error("not built yet");
}
