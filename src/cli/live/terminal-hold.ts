// Has the terminal: raw mode, keys, its size, and the signals that take it away and give it back. Whatever way the process ends, is
// stopped or goes into the background, the terminal is as it was before (T2 of live-terminal.ts).

import type { ReadStream, WriteStream } from "node:tty";
import { hasShell, isInForeground } from "./foreground.ts";

export interface TerminalHold {
  /** False: the process is stopped or in the background, and the terminal is another's. */
  isHeld(): boolean;
  /** Looks whether it may be had again. */
  tryAgain(): void;
  /** Stops the process and the others of its job, as the terminal itself does on Ctrl-Z; nothing where no shell could go on with it. */
  suspend(): void;
  /** Gives it back for good. */
  end(): void;
}

export function holdTerminal(options: {
  readonly output: WriteStream;
  /** Null: no keys. */
  readonly input: ReadStream | null;
  readonly platform: string;
  readonly onKeys: (text: string) => void;
  /** It is held from now on, whatever is on it. */
  readonly onTaken: () => void;
  /** It is about to be given back. */
  readonly onLeave: () => void;
  readonly onResize: () => void;
}): TerminalHold {
  const { output, input, platform } = options;
  let isHeld = false;
  let isSuspending = false;

  function take(): void {
    if (isHeld || isSuspending || !isInForeground()) return;
    isHeld = true;
    // Off first: a shell may have changed the mode meanwhile, which is not known here.
    input?.setRawMode(false);
    input?.setRawMode(true);
    input?.resume();
    options.onTaken();
  }

  /** A terminal that is another's already is left alone: to change its mode would stop this process. */
  function leave(): void {
    if (isHeld && isInForeground()) {
      options.onLeave();
      input?.setRawMode(false);
    }
    isHeld = false;
  }

  const onKeys = (chunk: Buffer | string): void => options.onKeys(chunk.toString());
  const onStop = (): void => {
    isSuspending = true;
    leave();
    process.kill(process.pid, "SIGSTOP");
  };
  const onContinue = (): void => {
    isSuspending = false;
    take();
  };
  // A terminal that has been closed refuses what is asked of it.
  const onError = (): void => undefined;

  output.on("resize", options.onResize);
  input?.on("data", onKeys);
  input?.on("error", onError);
  process.on("exit", leave);
  process.on("uncaughtExceptionMonitor", leave);
  if (platform !== "win32") {
    process.on("SIGTSTP", onStop);
    process.on("SIGCONT", onContinue);
  }
  take();
  return {
    isHeld: () => isHeld,
    tryAgain: take,
    suspend() {
      if (platform === "win32" || !hasShell()) return;
      // Before the others stop: the shell takes the terminal at once.
      isSuspending = true;
      leave();
      process.kill(0, "SIGTSTP");
    },
    end() {
      leave();
      output.off("resize", options.onResize);
      input?.off("data", onKeys);
      input?.pause();
      process.off("exit", leave);
      process.off("uncaughtExceptionMonitor", leave);
      process.off("SIGTSTP", onStop);
      process.off("SIGCONT", onContinue);
    },
  };
}
