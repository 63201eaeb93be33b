// How many lines a second a terminal is given. Beyond that lines are left out, and one line says how many of how many were shown:
// nobody reads more, and writing them would slow down what they tell of. Time is the entries' own.
//
// L1  Lines that tell of trouble or of an end have a budget of their own, so that a flood of batches does not hide them.
// L2  What was left out is said once its second is over, or when the output ends.

const LINES_A_SECOND = 50;

export interface LineBudget {
  /** What is to be said of the second before, if this instant begins a new one; null: nothing. */
  turn(atMs: number): string | null;
  /** Whether a line may be shown. To be asked after `turn`, once a line. */
  take(isTelling: boolean): boolean;
  /** Entries that were left out before they came here. */
  missed(count: number): void;
  /** What is still to be said. */
  end(): string | null;
}

export function createLineBudget(linesASecond: number = LINES_A_SECOND): LineBudget {
  let second = Number.NaN;
  let shownCount = 0;
  let hiddenCount = 0;
  let ordinaryCount = 0;
  let tellingCount = 0;

  const end = (): string | null => {
    const totalCount = shownCount + hiddenCount;
    const every = Math.max(2, Math.round(totalCount / Math.max(1, shownCount)));
    const said =
      hiddenCount === 0
        ? null
        : `1 of ${every.toLocaleString("en-US")} shown (${shownCount.toLocaleString("en-US")} of ${totalCount.toLocaleString("en-US")} lines); counts are complete`;
    shownCount = hiddenCount = ordinaryCount = tellingCount = 0;
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
    take(isTelling) {
      const usedCount = isTelling ? tellingCount : ordinaryCount;
      if (usedCount >= linesASecond) {
        hiddenCount += 1;
        return false;
      }
      if (isTelling) tellingCount += 1;
      else ordinaryCount += 1;
      shownCount += 1;
      return true;
    },
    missed(count) {
      hiddenCount += count;
    },
  };
}
