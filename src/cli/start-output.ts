// What `millrace start` writes: the live view on a terminal, else plain lines, entries as JSON, or nothing but that it is ready.

import type { ReadStream, WriteStream } from "node:tty";
import type { RunningMillrace } from "../main.ts";
import type { Clock } from "../ports/clock.ts";
import { createJsonOutput, createPlainOutput, type EntryOutput, noColour, terminalColour } from "./entry-output.ts";
import { createLiveTerminal, type LiveActions, type LiveTerminal } from "./live/live-terminal.ts";
import { canDraw, createLook, hasUnicode } from "./live/look.ts";
import { shortId } from "./shown-forms.ts";

/** The process's own terminal. */
export interface Screen {
  readonly output: WriteStream;
  /** Null where no keys can be read. */
  readonly input: ReadStream | null;
  /** Null where standard error goes elsewhere. */
  readonly errors: WriteStream | null;
}

export interface StartOutput {
  readonly output: EntryOutput;
  /** Null: nothing is drawn. */
  readonly live: LiveTerminal | null;
}

export function createStartOutput(given: {
  readonly flags: { readonly plain?: boolean; readonly json?: boolean; readonly quiet?: boolean };
  readonly screen: Screen | null;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly platform: string;
  readonly clock: Clock;
  readonly write: (text: string) => void;
}): StartOutput {
  const { flags, screen, env, platform, clock, write } = given;
  if (flags.quiet === true)
    return { output: { entries: () => undefined, say: () => undefined, end: () => undefined }, live: null };
  if (flags.json === true) return { output: createJsonOutput(write), live: null };
  if (screen === null || flags.plain === true || !canDraw({ isTerminal: true, env })) {
    return { output: createPlainOutput({ write, colour: screen === null ? noColour : terminalColour }), live: null };
  }
  const look = createLook({ isUnicode: hasUnicode(env, platform), isColoured: screen.output.hasColors() });
  const live = createLiveTerminal({ ...screen, look, clock, platform });
  return { output: live, live };
}

/** What the keys of the live view do to a server that runs in this process. */
export function liveActions(given: {
  readonly running: RunningMillrace;
  readonly quit: () => void;
  readonly poison: (() => void) | null;
  readonly explain: LiveActions["explain"];
  readonly dashboard: LiveActions["dashboard"];
}): LiveActions {
  const { running, quit, poison, explain, dashboard } = given;
  return {
    quit,
    poison,
    explain,
    dashboard,
    steer(uuid, command) {
      const steered = running[command](uuid);
      switch (steered) {
        case "missing":
          return `${shortId(uuid)} is gone`;
        case "notRunning":
          return `${shortId(uuid)} is not running: there is nothing to ${command}`;
        case "notPaused":
          return `${shortId(uuid)} is not paused: p pauses it`;
        case "done":
          return saidOf(command);
      }
    },
  };
}

function saidOf(command: "pause" | "resume" | "step"): string {
  switch (command) {
    case "pause":
      return "paused before its next batch; s lets one through, p lets it go on";
    case "resume":
      return "it goes on";
    case "step":
      return "its next batch goes through";
  }
}
