// A poller thread's lines on their way to main: kept for a moment, handed on a few times a second, whole turns only. Bounded: what cannot
// be handed on in time ends the recording, and that is said.

import type { Cancel, Clock } from "../ports/clock.ts";

const FLUSH_MS = 50;
/** Characters that may wait between two flushes. */
const MOST_KEPT_CHARACTERS = 64_000_000;

export interface RecordingOutlet {
  write(line: string): void;
  /** Hands on what waits; nothing is taken any more. */
  close(): void;
}

export function createRecordingOutlet(options: {
  readonly clock: Clock;
  readonly onText: (text: string) => void;
  /** More happened than could be handed on; what waited is gone, and nothing more is taken. */
  readonly onBehind: () => void;
}): RecordingOutlet {
  const { clock } = options;
  let lines: string[] = [];
  let keptCharacters = 0;
  let isOver = false;
  let cancel: Cancel | null = null;

  function flush(): void {
    cancel = null;
    if (lines.length === 0) return;
    const text = lines.join("");
    lines = [];
    keptCharacters = 0;
    options.onText(text);
  }

  return {
    write(line) {
      if (isOver) return;
      if (keptCharacters + line.length > MOST_KEPT_CHARACTERS) {
        isOver = true;
        lines = [];
        cancel?.();
        return options.onBehind();
      }
      lines.push(line);
      keptCharacters += line.length;
      cancel ??= clock.wakeAt(clock.nowMs() + FLUSH_MS, flush);
    },
    close() {
      if (isOver) return;
      isOver = true;
      cancel?.();
      flush();
    },
  };
}
