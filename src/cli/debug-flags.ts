// `millrace start --inspect --inspect-brk --debug`: the flags, what they open, and what the terminal says of them.

import { type Command, Option } from "commander";
import { endWithInspector, type InspectPlace, openInspector, parseInspectPlace } from "./inspector.ts";
import type { Line } from "./plain-line.ts";

export interface DebugFlags {
  readonly inspect?: InspectPlace | true;
  readonly inspectBrk?: InspectPlace | true;
  readonly debug?: boolean;
}

export function withDebugFlags(command: Command): Command {
  const place = (flag: string, description: string): Option =>
    new Option(`${flag} [place]`, description).argParser(parseInspectPlace);
  return command
    .addOption(place("--inspect", "let a debugger reach the functions (default: 127.0.0.1:9229)"))
    .addOption(place("--inspect-brk", "the same, and wait for the debugger before anything starts"))
    .option("--debug", "no time-outs, memory limits or record ages, so that a pause at a breakpoint ends nothing");
}

/** Null: no inspector is wanted. Rejects as openInspector does. */
export async function inspectorOf({ inspect, inspectBrk }: DebugFlags): Promise<string | null> {
  if (inspectBrk !== undefined) return await openInspector(inspectBrk, { isWaiting: true });
  return inspect === undefined ? null : await openInspector(inspect, { isWaiting: false });
}

export function debugLines({ debug }: DebugFlags, inspectorUrl: string | null): readonly Line[] {
  const limits = debug === true ? "" : "; without --debug a pause counts against Timeout";
  const text = "time-outs, memory limits and record ages are off: a pause at a breakpoint ends nothing";
  const at = `a debugger finds each function at ${inspectorUrl}${limits}`;
  return [
    ...(inspectorUrl === null ? [] : [{ word: "inspect", tone: "warning", text: at } as const]),
    ...(debug === true ? [{ word: "debug", tone: "warning", text } as const] : []),
  ];
}

/** A stop by force: with an inspector open, one that no breakpoint can hold up. */
export function endByForce(inspectorUrl: string | null, exit: () => void): void {
  if (inspectorUrl === null) exit();
  else endWithInspector();
}
