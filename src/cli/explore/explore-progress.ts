// How far an exploration is: one line that is drawn again on a terminal, a line now and then elsewhere. It goes to the error output, so
// that what is printed is the same for the same seeds.

import { shownNumber } from "../shown-forms.ts";

export interface ProgressOptions {
  readonly count: number;
  readonly isTty: boolean;
  readonly isUnicode: boolean;
  readonly monotonicMs: () => number;
  readonly write: (text: string) => void;
}

export interface Progress {
  done(count: number): void;
  /** Takes the drawn line away. */
  end(): void;
}

const BAR_CELLS = 25;
const REDRAW_MS = 100;
const LINE_MS = 5_000;
/** Back to the line's beginning, and what is right of the cursor taken away. */
const REDRAWN = "\r\u001b[K";

export function createProgress(options: ProgressOptions): Progress {
  const startedAtMs = options.monotonicMs();
  let lastAtMs = options.isTty ? Number.NEGATIVE_INFINITY : startedAtMs;
  let isDrawn = false;
  return {
    done(count) {
      const nowMs = options.monotonicMs();
      if (nowMs - lastAtMs < (options.isTty ? REDRAW_MS : LINE_MS)) return;
      lastAtMs = nowMs;
      const line = progressLine({ ...options, done: count, passedMs: nowMs - startedAtMs });
      options.write(options.isTty ? `${REDRAWN}${line}` : `${line}\n`);
      isDrawn = true;
    },
    end() {
      if (options.isTty && isDrawn) options.write(REDRAWN);
    },
  };
}

export function progressLine(at: {
  readonly count: number;
  readonly done: number;
  readonly passedMs: number;
  readonly isUnicode: boolean;
}): string {
  const { count, done, passedMs, isUnicode } = at;
  const [full, empty] = isUnicode ? ["█", "░"] : ["#", "."];
  const cells = Math.floor((BAR_CELLS * done) / count);
  const rate = passedMs > 0 ? (done * 1_000) / passedMs : 0;
  const left = rate > 0 ? `${leftText((count - done) / rate)} left` : "";
  const bar = full.repeat(cells) + empty.repeat(BAR_CELLS - cells);
  return `  ${bar}  ${shownNumber(done)} of ${shownNumber(count)}   ${shownNumber(Math.round(rate))}/s   ${left}   0 failed`;
}

/** Tenths of seconds say nothing of a run of hours. */
function leftText(seconds: number): string {
  if (seconds < 120) return `${seconds.toFixed(1)} s`;
  return seconds < 7_200 ? `${Math.round(seconds / 60)} min` : `${Math.round(seconds / 3_600)} h`;
}
