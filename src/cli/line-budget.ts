// How many lines a second a terminal is given. Beyond that lines are left out, and one line says how many of how many were shown:
// nobody reads more, and writing them would slow down what they tell of. Time is the entries' own.
//
// L1  Lines that tell of trouble or of an end have a budget of their own, and so have failures, so that a flood of batches or of a
//     function's own lines does not hide them. Of failures that say the same a few a second are enough.
// L2  What was left out is said once its second is over, or when the output ends.

const LINES_A_SECOND = 50;
/** Of failures that say the same. */
const EQUAL_A_SECOND = 10;

export type LineRank = "ordinary" | "failure" | "telling";

export interface LineBudget {
  /** What is to be said of the second before, if this instant begins a new one; null: nothing. */
  turn(atMs: number): string | null;
  /** Whether a line may be shown. To be asked after `turn`, once a line. Failures of one key say the same. */
  take(rank: LineRank, key?: string): boolean;
  /** Entries that were left out before they came here. */
  missed(count: number): void;
  /** What is still to be said. */
  end(): string | null;
}

export function createLineBudget(linesASecond: number = LINES_A_SECOND): LineBudget {
  let second = Number.NaN;
  let shownCount = 0;
  let hiddenCount = 0;
  const counts: Record<LineRank, number> = { ordinary: 0, failure: 0, telling: 0 };
  const equalCounts = new Map<string, number>();

  const end = (): string | null => {
    const totalCount = shownCount + hiddenCount;
    const every = Math.max(2, Math.round(totalCount / Math.max(1, shownCount)));
    const said =
      hiddenCount === 0
        ? null
        : `1 of ${every.toLocaleString("en-US")} shown (${shownCount.toLocaleString("en-US")} of ${totalCount.toLocaleString("en-US")} lines); counts are complete`;
    shownCount = hiddenCount = counts.ordinary = counts.failure = counts.telling = 0;
    equalCounts.clear();
    return said;
  };

  return {
    end,
    turn(atMs) {
      const now = Math.floor(atMs / 1_000);
      if (now === second) return null;
      second = now;
      return end();
    },
    take(rank, key = "") {
      const equalCount = rank === "failure" ? (equalCounts.get(key) ?? 0) : 0;
      if (counts[rank] >= linesASecond || equalCount >= EQUAL_A_SECOND) {
        hiddenCount += 1;
        return false;
      }
      counts[rank] += 1;
      if (rank === "failure") equalCounts.set(key, equalCount + 1);
      shownCount += 1;
      return true;
    },
    missed(count) {
      hiddenCount += count;
    },
  };
}
