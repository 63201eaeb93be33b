// The life of a mapping: (state, command) → state, effects and an answer. Pure and total. What a command means to settings, and who
// carries an effect out, is the mapping manager's (src/control/mapping-manager.ts).
//
// From        command            to                    effects
// (none)      create, enabled    creating              start
// (none)      create, disabled   creating / disabled   settle / none (queues answer Disabled at once)
// creating    positioned         enabled
// enabled     update             updating / disabling  update / stop
// enabled     unrecoverable      disabling             stop
// disabled    update             updating / enabling   settle / start (queues stay disabled at once)
// enabled     delete             deleting              stop for delete
// disabled    delete             deleting              settle
// deleting    stopped, settled   gone                  remove
//
// S1  While a state is on its way somewhere, updates and deletes are refused as in use (section 3.3), with one exception of ours: a
//     mapping that waits for a source that cannot be read (`isHeld`) may be deleted, for its waiting may never end.
// S2  A mapping is enabled only after `positioned` (H-2) and disabled only after `stopped` (H-7).
// S3  `gone` is never left.
// S4  An event that means nothing in a state changes nothing: events arrive late, and a placement may repeat them.

import { assertNever } from "./assert-never.ts";

export type MappingState =
  | { readonly kind: "creating"; readonly wantsEnabled: boolean; readonly isHeld: boolean }
  | { readonly kind: "enabling"; readonly isHeld: boolean }
  | { readonly kind: "enabled" }
  | { readonly kind: "disabling" }
  | { readonly kind: "disabled" }
  | { readonly kind: "updating"; readonly returnsTo: "enabled" | "disabled" }
  | { readonly kind: "deleting" }
  | { readonly kind: "gone" };

export type MappingCommand =
  /** `isEnabled` null: not asked to change. `isQuiet`: a disabled mapping of this kind of source shows no Updating (H-11). */
  | { readonly kind: "update"; readonly isEnabled: boolean | null; readonly isQuiet: boolean }
  | { readonly kind: "delete" }
  /** Positions are stored, records are being read. */
  | { readonly kind: "positioned" }
  | { readonly kind: "updated" }
  | { readonly kind: "stopped" }
  /** What needed no placement is done. */
  | { readonly kind: "settled" }
  /** Its source cannot be used, and waiting has not mended that (M-705). */
  | { readonly kind: "unrecoverable"; readonly reason: string }
  /** Whoever ran the mapping has ended. */
  | { readonly kind: "lost" }
  /** The source cannot be read, or can be again. */
  | { readonly kind: "held"; readonly isHeld: boolean }
  /** The process has started anew and found the mapping stored in this state. */
  | { readonly kind: "restarted" };

/** `start` runs under a new generation. `settle` is answered by `settled`, `remove` ends the mapping's rows and checkpoints. */
export type MappingEffect = "start" | "update" | "stop" | "stopForDelete" | "settle" | "remove";

export interface MappingStep {
  readonly state: MappingState;
  readonly effects: readonly MappingEffect[];
  /** Of a user's command: what to answer. `ignored`: an event without meaning here. */
  readonly answer: "accepted" | "inUse" | "missing" | "ignored";
}

/** The state's name as the API shows it; a mapping that is gone has none. */
export type MappingStateName =
  | "Creating"
  | "Enabling"
  | "Enabled"
  | "Disabling"
  | "Disabled"
  | "Updating"
  | "Deleting"
  | "Gone";

export function mappingStateName(state: MappingState): MappingStateName {
  switch (state.kind) {
    case "creating":
      return "Creating";
    case "enabling":
      return "Enabling";
    case "enabled":
      return "Enabled";
    case "disabling":
      return "Disabling";
    case "disabled":
      return "Disabled";
    case "updating":
      return "Updating";
    case "deleting":
      return "Deleting";
    case "gone":
      return "Gone";
    default:
      return assertNever(state);
  }
}

/** A mapping's first state (H-11). */
export function createdMapping(options: { readonly isEnabled: boolean; readonly isQuiet: boolean }): MappingStep {
  if (options.isEnabled) return moved({ kind: "creating", wantsEnabled: true, isHeld: false }, "start");
  if (options.isQuiet) return moved({ kind: "disabled" });
  return moved({ kind: "creating", wantsEnabled: false, isHeld: false }, "settle");
}

export function stepMapping(state: MappingState, command: MappingCommand): MappingStep {
  switch (command.kind) {
    case "update":
      return stepUpdate(state, command);
    case "delete":
      return stepDelete(state);
    case "positioned":
      return stepPositioned(state);
    case "updated":
      return state.kind === "updating" && state.returnsTo === "enabled" ? moved({ kind: "enabled" }) : ignored(state);
    case "stopped":
      return stepStopped(state);
    case "settled":
      return stepSettled(state);
    case "lost":
      return stepLost(state);
    case "unrecoverable":
      return state.kind === "enabled" ? moved({ kind: "disabling" }, "stop") : ignored(state);
    case "held":
      return stepHeld(state, command.isHeld);
    case "restarted":
      return stepRestarted(state);
    default:
      return assertNever(command);
  }
}

function stepUpdate(state: MappingState, command: Extract<MappingCommand, { kind: "update" }>): MappingStep {
  switch (state.kind) {
    case "enabled":
      if (command.isEnabled === false) return moved({ kind: "disabling" }, "stop");
      return moved({ kind: "updating", returnsTo: "enabled" }, "update");
    case "disabled":
      if (command.isEnabled === true) return moved({ kind: "enabling", isHeld: false }, "start");
      if (command.isQuiet) return moved(state);
      return moved({ kind: "updating", returnsTo: "disabled" }, "settle");
    case "creating":
    case "enabling":
    case "disabling":
    case "updating":
    case "deleting":
      return refused(state);
    case "gone":
      return missing(state);
    default:
      return assertNever(state);
  }
}

function stepDelete(state: MappingState): MappingStep {
  switch (state.kind) {
    case "enabled":
      return moved({ kind: "deleting" }, "stopForDelete");
    case "disabled":
      return moved({ kind: "deleting" }, "settle");
    case "creating":
    case "enabling":
      return state.isHeld ? moved({ kind: "deleting" }, "stopForDelete") : refused(state);
    case "disabling":
    case "updating":
    case "deleting":
      return refused(state);
    case "gone":
      return missing(state);
    default:
      return assertNever(state);
  }
}

function stepPositioned(state: MappingState): MappingStep {
  switch (state.kind) {
    case "creating":
      return state.wantsEnabled ? moved({ kind: "enabled" }) : ignored(state);
    case "enabling":
      return moved({ kind: "enabled" });
    case "updating":
      // A start that replaced the update carries its settings, too.
      return state.returnsTo === "enabled" ? moved({ kind: "enabled" }) : ignored(state);
    case "enabled":
    case "disabling":
    case "disabled":
    case "deleting":
    case "gone":
      return ignored(state);
    default:
      return assertNever(state);
  }
}

function stepStopped(state: MappingState): MappingStep {
  switch (state.kind) {
    case "disabling":
      return moved({ kind: "disabled" });
    case "deleting":
      return moved({ kind: "gone" }, "remove");
    case "creating":
    case "enabling":
    case "enabled":
    case "disabled":
    case "updating":
    case "gone":
      return ignored(state);
    default:
      return assertNever(state);
  }
}

function stepSettled(state: MappingState): MappingStep {
  switch (state.kind) {
    case "creating":
      return state.wantsEnabled ? ignored(state) : moved({ kind: "disabled" });
    case "updating":
      return state.returnsTo === "disabled" ? moved({ kind: "disabled" }) : ignored(state);
    case "deleting":
      return moved({ kind: "gone" }, "remove");
    case "enabling":
    case "enabled":
    case "disabling":
    case "disabled":
    case "gone":
      return ignored(state);
    default:
      return assertNever(state);
  }
}

function stepLost(state: MappingState): MappingStep {
  switch (state.kind) {
    case "creating":
      return state.wantsEnabled ? moved(state, "start") : ignored(state);
    case "enabling":
    case "enabled":
      return moved(state, "start");
    case "updating":
      return state.returnsTo === "enabled" ? moved(state, "start") : ignored(state);
    case "disabling":
      return moved({ kind: "disabled" });
    case "deleting":
      return moved({ kind: "gone" }, "remove");
    case "disabled":
    case "gone":
      return ignored(state);
    default:
      return assertNever(state);
  }
}

function stepHeld(state: MappingState, isHeld: boolean): MappingStep {
  switch (state.kind) {
    case "creating":
    case "enabling":
      return state.isHeld === isHeld ? ignored(state) : moved({ ...state, isHeld });
    case "enabled":
    case "disabling":
    case "disabled":
    case "updating":
    case "deleting":
    case "gone":
      return ignored(state);
    default:
      return assertNever(state);
  }
}

function stepRestarted(state: MappingState): MappingStep {
  switch (state.kind) {
    case "creating":
      return moved({ ...state, isHeld: false }, state.wantsEnabled ? "start" : "settle");
    case "enabling":
      return moved({ ...state, isHeld: false }, "start");
    case "enabled":
      return moved(state, "start");
    case "updating":
      return moved(state, state.returnsTo === "enabled" ? "start" : "settle");
    case "disabling":
      return moved({ kind: "disabled" });
    case "deleting":
      return moved(state, "settle");
    case "disabled":
      return moved(state);
    case "gone":
      return moved(state, "remove");
    default:
      return assertNever(state);
  }
}

const moved = (state: MappingState, ...effects: readonly MappingEffect[]): MappingStep => ({
  state,
  effects,
  answer: "accepted",
});
const refused = (state: MappingState): MappingStep => ({ state, effects: [], answer: "inUse" });
const missing = (state: MappingState): MappingStep => ({ state, effects: [], answer: "missing" });
const ignored = (state: MappingState): MappingStep => ({ state, effects: [], answer: "ignored" });
