// What functions write, in files for people: `<function>.log`, and the one before it, `<function>.1.log`. Each line is as Lambda's own log
// has it: time, request id, level, text, with tabs between. Writing is asynchronous; what cannot be written is said once.
//
// L1  The two files of a function keep to `limitBytes` together, but for what one writing brings.
// L2  Several threads write one function's file: whole lines in one append each, and only one of them turns it over at a time.
// L3  A text of several lines is several lines, each with its time and request id, so that any line says what it belongs to.

import { mkdir, open, rename, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import type { Cancel, Clock } from "../ports/clock.ts";

const FLUSH_MS = 100;
/** Text waiting for the disk beyond this, what is being written included, is dropped, and the file says so. */
const MOST_PENDING_CHARACTERS = 8_000_000;
/** A turning mark that is older was left by a process that ended. */
const STALE_MARK_MS = 10_000;

export interface LoggedText {
  readonly functionName: string;
  /** Empty: written while no invocation ran. */
  readonly requestId: string;
  readonly stream: "stdout" | "stderr";
  readonly text: string;
}

export interface FunctionLogs {
  /** Never waits and never throws. */
  write(line: LoggedText): void;
  /** Writes what is waiting. */
  close(): Promise<void>;
}

export const logFile = (dir: string, functionName: string): string => join(dir, `${functionName}.log`);
export const olderLogFile = (dir: string, functionName: string): string => join(dir, `${functionName}.1.log`);

export function createFunctionLogs(options: {
  readonly dir: string;
  /** Of a function's two files together. */
  readonly limitBytes: number;
  readonly clock: Clock;
  readonly onProblem: (error: unknown) => void;
}): FunctionLogs {
  const { dir, clock } = options;
  const fileBytes = Math.floor(options.limitBytes / 2);
  let pending = new Map<string, string>();
  let pendingCharacters = 0;
  let droppedCount = 0;
  let cancelFlush: Cancel | null = null;
  let work: Promise<void> = Promise.resolve();
  let isTroubled = false;
  let isClosed = false;

  function write({ functionName, requestId, stream, text }: LoggedText): void {
    if (isClosed) return;
    if (pendingCharacters > MOST_PENDING_CHARACTERS) {
      droppedCount += 1;
      return;
    }
    const head = `${new Date(clock.nowMs()).toISOString()}\t${requestId === "" ? "-" : requestId}\t`;
    let lines = pending.get(functionName) ?? "";
    if (droppedCount > 0) {
      const left = droppedCount === 1 ? "1 text is" : `${droppedCount} texts are`;
      lines += `${head}WARN\t${left} left out here: writing was not possible in time\n`;
    }
    droppedCount = 0;
    for (const line of text.split("\n")) lines += `${head}${stream === "stderr" ? "ERROR" : "INFO"}\t${line}\n`;
    pendingCharacters += lines.length - (pending.get(functionName)?.length ?? 0);
    pending.set(functionName, lines);
    cancelFlush ??= clock.wakeAt(clock.nowMs() + FLUSH_MS, flush);
  }

  function flush(): void {
    cancelFlush?.();
    cancelFlush = null;
    const texts = pending;
    pending = new Map();
    let characters = 0;
    for (const text of texts.values()) characters += text.length;
    work = work
      .then(() => append(texts))
      .then(() => {
        pendingCharacters -= characters;
      });
  }

  async function append(texts: ReadonlyMap<string, string>): Promise<void> {
    if (texts.size === 0) return;
    let leftCount = texts.size;
    try {
      await mkdir(dir, { recursive: true });
      for (const [functionName, text] of texts) {
        const file = logFile(dir, functionName);
        if ((await sizeOf(file)) + Buffer.byteLength(text) > fileBytes)
          await turn(file, olderLogFile(dir, functionName));
        await appendWhole(file, text);
        leftCount -= 1;
      }
      isTroubled = false;
    } catch (error) {
      // Said once as long as it lasts: functions go on, and what comes later is tried again.
      droppedCount += leftCount;
      if (!isTroubled) options.onProblem(error);
      isTroubled = true;
    }
  }

  /** L2: whoever makes the mark turns the file over; the others go on appending meanwhile. */
  async function turn(file: string, older: string): Promise<void> {
    const mark = `${file}.turning`;
    try {
      await (await open(mark, "wx")).close();
    } catch (error) {
      if (!hasCode(error, "EEXIST")) throw error;
      const { mtimeMs } = await stat(mark).catch(() => ({ mtimeMs: Number.POSITIVE_INFINITY }));
      if (clock.nowMs() - mtimeMs > STALE_MARK_MS) await rm(mark, { force: true });
      return;
    }
    try {
      // Another thread may have done it just now: then it is small.
      if ((await sizeOf(file)) > fileBytes / 2) await rename(file, older);
    } finally {
      await rm(mark, { force: true });
    }
  }

  return {
    write,
    async close() {
      flush();
      await work;
      isClosed = true;
    },
  };
}

/** In one write: `appendFile` cuts a long text into several, and another thread's lines could come between. */
async function appendWhole(file: string, text: string): Promise<void> {
  const handle = await open(file, "a");
  try {
    await handle.write(Buffer.from(text, "utf8"));
  } finally {
    await handle.close();
  }
}

async function sizeOf(file: string): Promise<number> {
  try {
    return (await stat(file)).size;
  } catch (error) {
    if (hasCode(error, "ENOENT")) return 0;
    throw error;
  }
}

const hasCode = (error: unknown, code: string): boolean =>
  error instanceof Error && "code" in error && error.code === code;
