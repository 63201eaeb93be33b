// Searches for the dashboard, each in a thread of its own, so that a big journal holds nothing up. One at a time; a few wait.

import { Worker } from "node:worker_threads";
import type { Clock } from "../../ports/clock.ts";
import { workerEntry } from "../../threads/entries.ts";
import type { FindAnswer } from "../frame-answers.ts";
import type { FindQuestion } from "./find.ts";

const MOST_WAITING = 4;
const WITHIN_MS = 60_000;
const MOST_MEMORY_MB = 1_024;

export interface Finder {
  /** Rejects where the thread fails for a reason of ours. `signal`: whoever asked has gone. */
  find(question: FindQuestion, signal: AbortSignal): Promise<FindAnswer>;
  close(): void;
}

export function createFinder(clock: Clock): Finder {
  let last: Promise<unknown> = Promise.resolve();
  let waitingCount = 0;
  const closing = new AbortController();

  async function inTurn(question: FindQuestion, signal: AbortSignal): Promise<FindAnswer> {
    return signal.aborted || closing.signal.aborted ? GONE : await inThread(question, signal);
  }

  function inThread(question: FindQuestion, signal: AbortSignal): Promise<FindAnswer> {
    const worker = new Worker(workerEntry("finder"), {
      name: "finder",
      workerData: question,
      resourceLimits: { maxOldGenerationSizeMb: MOST_MEMORY_MB },
    });
    const ends = [signal, closing.signal];
    return new Promise<FindAnswer>((resolve, reject) => {
      const end = (answer: FindAnswer): void => {
        resolve(answer);
        void worker.terminate();
      };
      const gone = (): void => end(GONE);
      const cancel = clock.wakeAt(clock.nowMs() + WITHIN_MS, () => end(TOO_LONG));
      for (const each of ends) each.addEventListener("abort", gone, { once: true });
      // Posted by our own code of the same version.
      worker.once("message", (answer: FindAnswer) => end(answer));
      worker.once("error", reject);
      worker.once("exit", () => {
        cancel();
        for (const each of ends) each.removeEventListener("abort", gone);
        resolve(TOO_LONG);
      });
    });
  }

  return {
    find(question, signal) {
      if (waitingCount >= MOST_WAITING) return Promise.resolve(BUSY);
      waitingCount += 1;
      const answer = last.then(() => inTurn(question, signal)).finally(() => (waitingCount -= 1));
      last = answer.catch(() => undefined);
      return answer;
    },
    close: () => closing.abort(),
  };
}

const refusal = (message: string, help: string | null): FindAnswer => ({
  kind: "nothing",
  code: "busy",
  message,
  help,
});
const BUSY = refusal(`${MOST_WAITING} searches wait already`, null);
const GONE = refusal("the search was given up", null);
const TOO_LONG = refusal(
  `the search took more than ${WITHIN_MS / 1_000} s and was ended; in a terminal it has no limit`,
  "millrace explain WHAT",
);
