// One side of an exploring thread: runs the seeds that it is given, and answers which failed. It stops at the first that does, since no
// later one is asked for.

import { createHash } from "node:crypto";
import type { MessagePort } from "node:worker_threads";
import { MillraceError } from "../errors.ts";
import { parseScenario } from "./scenario-file.ts";
import { type ExploreJob, failuresOf, runSeed } from "./explore-job.ts";

/** How a job crosses threads: the scenario as its text. */
export interface ExploreSetup extends Omit<ExploreJob, "scenario"> {
  readonly file: { readonly text: string; readonly shownFile: string; readonly folder: string } | null;
}

export interface SeedSpan {
  readonly from: number;
  /** The last one. */
  readonly to: number;
}

export interface SpanAnswer extends SeedSpan {
  /** Seeds that have been run, from the first on. */
  readonly doneCount: number;
  /** The first that failed; it was the last that was run. */
  readonly failedSeed: number | null;
  /** Of the digests of the seeds' journals, in order. */
  readonly digest: string;
}

export const jobFrom = ({ file, ...rest }: ExploreSetup): ExploreJob => ({
  ...rest,
  scenario: file === null ? null : parseScenario(file.text, file),
});

export async function runSpan(job: ExploreJob, { from, to }: SeedSpan, run = runSeed): Promise<SpanAnswer> {
  const hash = createHash("sha256");
  for (let seed = from; seed <= to; seed += 1) {
    const done = await run(job, seed);
    hash.update(`${seed} ${done.digest}\n`);
    if (failuresOf(job, done).length > 0)
      return { from, to, doneCount: seed - from + 1, failedSeed: seed, digest: hash.digest("hex") };
  }
  return { from, to, doneCount: to - from + 1, failedSeed: null, digest: hash.digest("hex") };
}

/** The thread's loop: a span comes, an answer goes. What goes wrong ends the thread, and its owner hears of it. */
export function runExplorer(setup: ExploreSetup, port: MessagePort): void {
  const job = jobFrom(setup);
  port.on("message", (message: unknown) => {
    const span = parseSpan(message);
    void runSpan(job, span).then(
      (answer) => port.postMessage(answer),
      (error: unknown) => {
        // Thrown outside the promise, so that it ends the thread with its own name.
        queueMicrotask(() => {
          throw error;
        });
      },
    );
  });
}

function parseSpan(message: unknown): SeedSpan {
  const from: unknown = typeof message === "object" && message !== null ? Reflect.get(message, "from") : null;
  const to: unknown = typeof message === "object" && message !== null ? Reflect.get(message, "to") : null;
  if (typeof from !== "number" || typeof to !== "number")
    throw new MillraceError("protocol-broken", "an exploring thread was sent what is no span of seeds");
  return { from, to };
}
