// A server in this process, as the command line and tests see it: what it is started with, and what can be asked of it while it runs.

import type { Config } from "../config/config.ts";
import type { MappingView } from "../control/control-plane.ts";
import type { Steered } from "../control/steering.ts";
import type { MillraceError } from "../errors.ts";
import type { FunctionThreadReport } from "../ports/function-threads.ts";
import type { Entry } from "../ports/journal.ts";
import type { Queues } from "../ports/queues.ts";

export interface StartOptions {
  readonly config: Config;
  readonly version: string;
  /** Time-outs, memory limits and record ages are off, so that a pause at a breakpoint ends nothing. Default false. */
  readonly isDebugged?: boolean;
  /** The dashboard only shows: each action under `/_millrace/` is refused. AWS's API stays as it is. Default false. */
  readonly isReadOnly?: boolean;
  /** A bounded share of the journal as it is written; `droppedCount` entries were left out. */
  readonly onEntries: (entries: readonly Entry[], droppedCount: number) => void;
  /** The store thread has ended: nothing can be kept any more. The caller stops the process; a new start goes on. */
  readonly onFatal: (error: MillraceError) => void;
}

export interface RunningMillrace {
  readonly url: string;
  /** The mappings as they are now, in order of creation; `lanes` in their summaries only while lanes are watched. */
  views(): readonly MappingView[];
  countMessages: Queues["countMessages"];
  /** Whether somebody looks at what lanes assemble: pollers report it some four times a second while it is on. */
  watchLanes(isOn: boolean): void;
  /** What the threads of functions do, told while lanes are watched. */
  functionThreads(): readonly FunctionThreadReport[];
  /** Pauses a mapping before its next call. To AWS its state stays; a call in flight ends; a new start begins unpaused. */
  pause(uuid: string): Steered;
  /** Lets one call of a paused mapping through: the one that is due now, or else the next that is. Steps do not add up. */
  step(uuid: string): Steered;
  resume(uuid: string): Steered;
  runningCount(): number;
  /** Drains for `graceMs`, then forces. A second call returns the same promise. */
  stop(graceMs: number): Promise<{ readonly errors: readonly string[] }>;
}
