// Makes what fails smaller while it still fails: delta debugging over lists, and plain steps over everything else. Pure but for the
// question whether a smaller one still fails, which is a run, and counted.
//
// R1. What is answered has been seen to fail, or is what was given.
// R2. With runs left, no single item of a list and no single step can be taken away any more.
// R3. Same input and same answers: same questions in the same order.

export interface Trials {
  /** Whether the smaller one still fails; false without asking once there are no runs left. */
  fails(run: () => Promise<boolean>): Promise<boolean>;
  /** Runs so far. */
  count(): number;
  isSpent(): boolean;
}

/** Once `signal` is aborted there are no runs left. */
export function createTrials(mostRuns: number, signal?: AbortSignal): Trials {
  let count = 0;
  const isSpent = (): boolean => count >= mostRuns || signal?.aborted === true;
  return {
    async fails(run) {
      if (isSpent()) return false;
      count += 1;
      return run();
    },
    count: () => count,
    isSpent,
  };
}

/** The fewest items, in their order, with which it still fails: ddmin. `given` is known to fail. */
export async function shrinkList<T>(
  given: readonly T[],
  trials: Trials,
  fails: (kept: readonly T[]) => Promise<boolean>,
): Promise<readonly T[]> {
  if (given.length === 0) return given;
  if (await trials.fails(() => fails([]))) return [];
  let kept = given;
  let partCount = 2;
  while (kept.length >= 2 && !trials.isSpent()) {
    const smaller = await smallerOf(kept, partCount, trials, fails);
    if (smaller !== null) {
      kept = smaller.kept;
      partCount = smaller.isPart ? 2 : Math.max(partCount - 1, 2);
    } else if (partCount < kept.length) {
      partCount = Math.min(partCount * 2, kept.length);
    } else {
      return kept;
    }
  }
  return kept;
}

/** One of the parts alone, or all but one of them. */
async function smallerOf<T>(
  items: readonly T[],
  partCount: number,
  trials: Trials,
  fails: (kept: readonly T[]) => Promise<boolean>,
): Promise<{ readonly kept: readonly T[]; readonly isPart: boolean } | null> {
  const edges = Array.from({ length: partCount + 1 }, (_, part) => Math.floor((part * items.length) / partCount));
  for (let part = 0; part < partCount; part += 1) {
    const kept = items.slice(edges[part], edges[part + 1]);
    if (await trials.fails(() => fails(kept))) return { kept, isPart: true };
  }
  // With two parts, all but one is the other.
  for (let part = 0; part < partCount && partCount > 2; part += 1) {
    const kept = [...items.slice(0, edges[part]), ...items.slice(edges[part + 1])];
    if (await trials.fails(() => fails(kept))) return { kept, isPart: false };
  }
  return null;
}

/** Takes steps toward the simplest until none of them still fails. A step answers null where there is nothing to take. */
export async function shrinkSteps<T>(
  given: T,
  steps: readonly ((now: T) => T | null)[],
  trials: Trials,
  fails: (smaller: T) => Promise<boolean>,
): Promise<T> {
  let now = given;
  for (let isSmaller = true; isSmaller && !trials.isSpent(); ) {
    isSmaller = false;
    for (const step of steps) {
      const smaller = step(now);
      if (smaller === null || !(await trials.fails(() => fails(smaller)))) continue;
      now = smaller;
      isSmaller = true;
    }
  }
  return now;
}
