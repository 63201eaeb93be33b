// How far a long run has come, on standard error and only on a terminal: one line that is redrawn, and gone before the story is told.

import { shownNumber } from "../shown-forms.ts";

/** A run that is over sooner shows nothing. */
const FIRST_AFTER_MS = 1_000;
const EVERY_MS = 200;
/** The clock is not looked at for every event. */
const LOOK_EVERY = 64;

export interface Progress {
  /** To be called after each event. */
  readonly look: (now: { readonly elapsedMs: number; readonly sentCount: number; readonly callCount: number }) => void;
  clear(): void;
}

export function createProgress(
  { errorColumns, nowMs }: { readonly errorColumns: number | null; readonly nowMs: () => number },
  write: (text: string) => void,
): Progress {
  if (errorColumns === null) return { look: () => undefined, clear: () => undefined };
  let nextMs = nowMs() + FIRST_AFTER_MS;
  let isShown = false;
  let lookCount = 0;
  return {
    look({ elapsedMs, sentCount, callCount }) {
      lookCount += 1;
      if (lookCount % LOOK_EVERY !== 0) return;
      const now = nowMs();
      if (now < nextMs) return;
      nextMs = now + EVERY_MS;
      isShown = true;
      const text = `  +${shownNumber(Math.round(elapsedMs / 1_000))} s simulated, ${shownNumber(sentCount)} records, ${shownNumber(callCount)} invocations; Ctrl-C ends it`;
      write(`\r\u001B[2K${text.slice(0, Math.max(20, errorColumns - 1))}`);
    },
    clear() {
      if (isShown) write("\r\u001B[2K");
      isShown = false;
    },
  };
}
