// How a tumbling window is told to people: its edges, the state that a call is given, and why it ends (W-8, W-9, W-12, W-17, H-10).

import { assertNever } from "../core/assert-never.ts";
import { STATE_LIMIT_BYTES } from "../core/settings.ts";
import type { WindowEnd, WindowNote } from "../core/tumbling.ts";
import { localTime, shownNumber } from "./shown-forms.ts";

/** `12:04:00-12:04:30`, in local time: edges are whole seconds. */
function shownWindow({ startMs, endMs }: Pick<WindowNote, "startMs" | "endMs">): string {
  return `${localTime(startMs).slice(0, 8)}-${localTime(endMs).slice(0, 8)}`;
}

/** `tumbling window 12:04:00-12:04:30, state 17 B`, or the same as what a closing call ends, and why. */
export function tumblingText(note: WindowNote): string {
  const { end } = note;
  const window = `tumbling window ${shownWindow(note)}`;
  const state = `state ${shownNumber(note.stateBytes)} B`;
  if (end === null) return `${window}, ${state}`;
  if (end === "stateTooLarge") return `early end of the ${window}, ${state}: ${endText(end)}`;
  return `final call of the ${window}, ${state}: ${endText(end)}`;
}

function endText(end: WindowEnd): string {
  switch (end) {
    case "laterRecord":
      return "a record of a later window was read";
    case "unitEnded":
      return "its shard has ended";
    case "silence":
      return "nothing more came";
    case "switchedOff":
      return "tumbling windows were switched off";
    case "stateTooLarge":
      return `that is over ${shownNumber(STATE_LIMIT_BYTES)} B`;
    default:
      return assertNever(end);
  }
}
