// Retention of queues in Redis: messages that nobody receives go when their time is over. Those that are received are looked at then.

import type { Clock } from "../../../src/ports/clock.ts";
import { SWEEP } from "./lua-manage.ts";
import { type Script, scriptOf } from "./queue-scripts.ts";

const sweepScript = scriptOf(SWEEP);

/** Resolves once a sweep that runs has ended. */
export function startSweeping(options: {
  readonly run: (script: Script, queue: string, words: readonly string[]) => Promise<unknown>;
  readonly names: () => Promise<readonly { readonly name: string }[]>;
  readonly clock: Clock;
  readonly everyMs: number;
  readonly onProblem: (detail: string) => void;
}): () => Promise<void> {
  const { run, names, clock, everyMs, onProblem } = options;
  let isStopped = false;
  let running: Promise<void> = Promise.resolve();
  let told: string | null = null;

  async function sweepAll(): Promise<void> {
    try {
      for (const { name } of await names()) {
        while (!isStopped && (await run(sweepScript, name, [])) === 1) continue;
      }
      told = null;
    } catch (error) {
      const detail = `the retention of queues in Redis cannot be looked after: ${error instanceof Error ? error.message : String(error)}`;
      if (!isStopped && told !== detail) onProblem(detail);
      told = detail;
    }
    if (!isStopped) cancel = next();
  }

  const next = () =>
    clock.wakeAt(clock.nowMs() + everyMs, () => {
      running = sweepAll();
    });
  let cancel = next();
  return () => {
    isStopped = true;
    cancel();
    return running;
  };
}
