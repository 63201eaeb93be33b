// Explores seeds on several threads: hands out spans in order, takes the answers in, and stops at the lowest seed that fails. What is
// answered is a function of the job and the seeds, however many threads there are.

import { createHash } from "node:crypto";
import { Worker } from "node:worker_threads";
import { MillraceError } from "../errors.ts";
import { workerEntry } from "../threads/entries.ts";
import { type ExploreSetup, jobFrom, runSpan, type SeedSpan, type SpanAnswer } from "./explorer.ts";

/** Seeds of one message: some tenths of a second of work. */
const SPAN_SEEDS = 25;

export interface ExploreOptions extends SeedSpan {
  readonly setup: ExploreSetup;
  readonly threadCount: number;
  /** Aborted: what has been done until then is answered. */
  readonly signal: AbortSignal;
  readonly onProgress: (doneCount: number) => void;
}

export interface Explored {
  /** Every seed below it holds; null: none failed among those that were done. */
  readonly failedSeed: number | null;
  /** Seeds that have been run; up to the failing one where one failed. */
  readonly doneCount: number;
  /** False: it was ended before. */
  readonly isWhole: boolean;
  /** Of all seeds' journals, in order: `sha256:` and 64 hexadecimal digits. */
  readonly digest: string;
}

export async function exploreSeeds(options: ExploreOptions): Promise<Explored> {
  const { from, to, signal } = options;
  const spans = spansOf({ from, to });
  const answers = new Map<number, SpanAnswer>();
  let next = 0;
  let bound = Number.POSITIVE_INFINITY;

  /** Null: there is no more to do. */
  const nextSpan = (): SeedSpan | null => {
    const span = spans[next];
    if (span === undefined || span.from > bound || signal.aborted) return null;
    next += 1;
    return span;
  };
  const take = (answer: SpanAnswer): void => {
    answers.set(answer.from, answer);
    if (answer.failedSeed !== null) bound = Math.min(bound, answer.failedSeed);
    options.onProgress([...answers.values()].reduce((sum, each) => sum + each.doneCount, 0));
  };

  const threadCount = Math.min(options.threadCount, spans.length);
  if (threadCount <= 1) {
    const job = jobFrom(options.setup);
    for (let span = nextSpan(); span !== null; span = nextSpan()) take(await runSpan(job, span));
  } else {
    await Promise.all(Array.from({ length: threadCount }, () => runThread(options, nextSpan, take)));
  }
  return exploredFrom(spans, answers, from);
}

/** One after another, all of them done; up to the first that is not, or that has a failing seed. */
function exploredFrom(spans: readonly SeedSpan[], answers: ReadonlyMap<number, SpanAnswer>, from: number): Explored {
  const hash = createHash("sha256");
  let doneCount = 0;
  for (const span of spans) {
    const answer = answers.get(span.from);
    const digest = (): string => `sha256:${hash.digest("hex")}`;
    if (answer === undefined) return { failedSeed: null, doneCount, isWhole: false, digest: digest() };
    hash.update(`${answer.digest}\n`);
    doneCount += answer.doneCount;
    if (answer.failedSeed !== null)
      return {
        failedSeed: answer.failedSeed,
        doneCount: answer.failedSeed - from + 1,
        isWhole: true,
        digest: digest(),
      };
  }
  return { failedSeed: null, doneCount, isWhole: true, digest: `sha256:${hash.digest("hex")}` };
}

function spansOf({ from, to }: SeedSpan): readonly SeedSpan[] {
  const count = Math.ceil((to - from + 1) / SPAN_SEEDS);
  return Array.from({ length: count }, (_, index) => ({
    from: from + index * SPAN_SEEDS,
    to: Math.min(to, from + (index + 1) * SPAN_SEEDS - 1),
  }));
}

/** Resolves when there is no more to do, or at an abort; rejects with what went wrong in the thread. */
async function runThread(
  { setup, signal }: ExploreOptions,
  nextSpan: () => SeedSpan | null,
  take: (answer: SpanAnswer) => void,
): Promise<void> {
  const first = nextSpan();
  if (first === null) return;
  const worker = new Worker(workerEntry("explorer"), { workerData: setup });
  const over = Promise.withResolvers<void>();
  const onAbort = (): void => over.resolve();
  signal.addEventListener("abort", onAbort);
  worker.on("message", (answer: SpanAnswer) => {
    take(answer);
    const span = nextSpan();
    if (span === null) over.resolve();
    else worker.postMessage(span);
  });
  worker.on("error", (error) =>
    over.reject(
      error instanceof MillraceError
        ? error
        : new MillraceError("thread-failed", `an exploring thread has ended: ${String(error)}`, { cause: error }),
    ),
  );
  worker.postMessage(first);
  try {
    await over.promise;
  } finally {
    signal.removeEventListener("abort", onAbort);
    await worker.terminate();
  }
}
