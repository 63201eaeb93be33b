// The journal of a server whose files are not at hand, followed over HTTP. Under load the server tells a part of it: what is missing is counted.

import { MillraceError } from "../../errors.ts";
import type { Entry } from "../../ports/journal.ts";
import type { JournalTail } from "./journal-tail.ts";

/** `onLost` is told once, where the server goes before `close`. */
export function followServedJournal(
  url: string,
  mapping: string,
  onLost: (error: MillraceError) => void,
): JournalTail & { close(): void } {
  const ending = new AbortController();
  let entries: Entry[] = [];
  let droppedCount = 0;

  function take(line: string): void {
    const entry = JSON.parse(line) as Entry;
    if (entry.kind === "dropped") droppedCount += entry.count;
    else if (entry.mapping === mapping) entries.push(entry);
  }

  async function follow(): Promise<void> {
    const answer = await fetch(new URL("/_millrace/journal?recent=0", url), { signal: ending.signal });
    let rest = "";
    if (answer.body === null) return;
    for await (const text of answer.body.pipeThrough(new TextDecoderStream())) {
      const lines = (rest + text).split("\n");
      rest = lines.pop() ?? "";
      for (const line of lines) if (line !== "") take(line);
    }
  }

  const lost = (cause: unknown): void => {
    if (!ending.signal.aborted)
      onLost(new MillraceError("server-unreachable", `Millrace at ${url} does not answer any more`, { cause }));
  };
  follow().then(() => lost(null), lost);
  return {
    droppedCount: () => droppedCount,
    look() {
      const taken = entries;
      entries = [];
      return taken;
    },
    close: () => ending.abort(),
  };
}
