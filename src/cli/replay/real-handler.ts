// The user's own handler for a replay: its file in a guest thread of the simulated world.

import { existsSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { MillraceError } from "../../errors.ts";
import { createSystemClock } from "../../platform/system-clock.ts";
import { createOutsideWork, HANDLER_STUCK_MS } from "../../sim/outside-work.ts";
import { createGuestFunction } from "../../wiring/guest-function.ts";
import type { RealHandler } from "./what-if-command.ts";

const DEFAULT_EXPORT = "handler";
const DEFAULT_TIMEOUT_MS = 3_000;

export interface HandlerFlags {
  readonly handler?: string;
  readonly export?: string;
  /** ms. */
  readonly timeout?: number;
  readonly allowIo?: boolean;
}

/** Null: none was given. */
export function handlerOpener(
  flags: HandlerFlags,
  cwd: string,
): ((functionName: string) => Promise<RealHandler>) | null {
  const { handler } = flags;
  if (handler === undefined) {
    const [flag] = Object.entries({ export: flags.export, timeout: flags.timeout, "allow-io": flags.allowIo }).find(
      ([, value]) => value !== undefined,
    ) ?? [null];
    if (flag === null) return null;
    throw new MillraceError("bad-argument", `--${flag} is about a handler, and there is none`, {
      help: `--handler handlers/orders.ts --${flag}`,
    });
  }
  const file = resolve(cwd, handler);
  if (!existsSync(file))
    throw new MillraceError("handler-not-found", `there is no file ${handler}`, {
      help: "--handler handlers/orders.ts    # and --export process, if it is not called `handler`",
    });
  return async (functionName) => {
    const found = await createGuestFunction({
      name: functionName,
      file,
      exportName: flags.export ?? DEFAULT_EXPORT,
      seed: 1,
      root: dirname(file),
      timeoutMs: flags.timeout ?? DEFAULT_TIMEOUT_MS,
      isIoAllowed: flags.allowIo === true,
    });
    return {
      function: found,
      work: createOutsideWork({ limit: { clock: createSystemClock(), ms: HANDLER_STUCK_MS } }),
      notes: () => found.notes().map(({ text }) => text),
      close: () => found.close(),
    };
  };
}
