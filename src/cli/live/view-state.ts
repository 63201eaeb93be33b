// What the person at the keyboard has chosen: pure, one key at a time. What a key does outside the picture is an action, which
// live-terminal.ts carries out.

import { assertNever } from "../../core/assert-never.ts";

export type Key =
  | { readonly kind: "text"; readonly text: string }
  | {
      readonly kind:
        | "up"
        | "down"
        | "pageUp"
        | "pageDown"
        | "tab"
        | "enter"
        | "escape"
        | "erase"
        | "interrupt"
        | "suspend";
    };

export type Action =
  | "quit"
  | "suspend"
  | "pause"
  | "step"
  | "poison"
  | "explain"
  | "freeze"
  | "dashboard"
  | "find"
  | "legend";

/** What can be chosen: mappings, and below them the batches that are listed. */
export interface Choices {
  readonly mappings: readonly string[];
  readonly batches: readonly BatchChoice[];
  /** The row that is first when the open page is turned to its end. */
  readonly lastTop: number;
}

export interface BatchChoice {
  readonly mapping: string;
  readonly name: string;
}

/** A text that is open in place of the picture. */
export interface Page {
  readonly title: string;
  readonly lines: readonly string[];
  readonly top: number;
}

export interface ViewState {
  readonly mapping: string | null;
  /** Null: the mark is on the mapping. */
  readonly batch: BatchChoice | null;
  /** What is being typed behind `/`; null: nothing is. */
  readonly finding: string | null;
  readonly page: Page | null;
  /** Since when the picture stands still; null: it moves. */
  readonly frozenAtMs: number | null;
  /** What the last key led to, until the next one. */
  readonly said: string;
}

/** Keys beyond moving, quitting and finding: only those that work now. */
export interface AllowedKeys {
  readonly hasKeys: boolean;
  readonly canPause: boolean;
  readonly canPoison: boolean;
  readonly canExplain: boolean;
}

export const startView: ViewState = {
  mapping: null,
  batch: null,
  finding: null,
  page: null,
  frozenAtMs: null,
  said: "",
};

export interface Pressed {
  readonly view: ViewState;
  readonly action: Action | null;
}

/** The choice where it is still there, else the first mapping. */
export function settled(view: ViewState, { mappings, batches }: Choices): ViewState {
  const mapping = view.mapping !== null && mappings.includes(view.mapping) ? view.mapping : (mappings[0] ?? null);
  const { batch } = view;
  const isThere = batch !== null && batches.some((each) => isSameBatch(each, batch));
  return { ...view, mapping, batch: isThere ? batch : null };
}

export const isSameBatch = (one: BatchChoice, other: BatchChoice): boolean =>
  one.mapping === other.mapping && one.name === other.name;

export function press(before: ViewState, key: Key, choices: Choices, allowed: AllowedKeys): Pressed {
  const view = { ...before, said: "" };
  if (key.kind === "interrupt") return { view, action: "quit" };
  if (key.kind === "suspend") return { view, action: "suspend" };
  if (view.page !== null) return pressInPage(view, view.page, key, choices.lastTop);
  if (view.finding !== null) return pressInFind(view, view.finding, key);
  switch (key.kind) {
    case "up":
      return { view: moved(view, choices, -1), action: null };
    case "down":
      return { view: moved(view, choices, 1), action: null };
    case "pageUp":
      return { view: moved(view, choices, -10), action: null };
    case "pageDown":
      return { view: moved(view, choices, 10), action: null };
    case "tab":
      return { view: otherBlock(view, choices), action: null };
    case "enter":
      return { view, action: allowed.canExplain ? "explain" : null };
    case "escape":
      return { view: { ...view, batch: null }, action: null };
    case "erase":
      return { view, action: null };
    case "text":
      return pressText(view, key.text, choices, allowed);
    default:
      return assertNever(key.kind);
  }
}

function pressText(view: ViewState, text: string, choices: Choices, allowed: AllowedKeys): Pressed {
  const act = (action: Action, isAllowed = true): Pressed => ({ view, action: isAllowed ? action : null });
  switch (text) {
    case "j":
      return { view: moved(view, choices, 1), action: null };
    case "k":
      return { view: moved(view, choices, -1), action: null };
    case "q":
      return act("quit");
    case "p":
      return act("pause", allowed.canPause);
    case "s":
      return act("step", allowed.canPause);
    case "x":
      return act("poison", allowed.canPoison);
    case "e":
      return act("explain", allowed.canExplain);
    case "f":
      return act("freeze");
    case "d":
      return act("dashboard");
    case "/":
      return { view: { ...view, finding: "" }, action: null };
    case "?":
      return act("legend");
    default:
      return { view, action: null };
  }
}

function pressInPage(view: ViewState, page: Page, key: Key, lastTop: number): Pressed {
  const turned = (by: number): Pressed => {
    const top = Math.max(0, Math.min(lastTop, page.top + by));
    return { view: { ...view, page: { ...page, top } }, action: null };
  };
  switch (key.kind) {
    case "up":
      return turned(-1);
    case "down":
      return turned(1);
    case "pageUp":
      return turned(-10);
    case "pageDown":
      return turned(10);
    case "text":
      if (key.text === "j") return turned(1);
      if (key.text === "k") return turned(-1);
      if (key.text === " ") return turned(10);
      return { view: { ...view, page: null }, action: null };
    default:
      return { view: { ...view, page: null }, action: null };
  }
}

function pressInFind(view: ViewState, finding: string, key: Key): Pressed {
  switch (key.kind) {
    case "text":
      return { view: { ...view, finding: finding + key.text }, action: null };
    case "erase":
      return { view: { ...view, finding: finding === "" ? null : finding.slice(0, -1) }, action: null };
    case "enter":
      return finding.trim() === "" ? { view: { ...view, finding: null }, action: null } : { view, action: "find" };
    case "escape":
      return { view: { ...view, finding: null }, action: null };
    default:
      return { view, action: null };
  }
}

/** Up and down runs through the mappings and on into the batches. */
function moved(view: ViewState, { mappings, batches }: Choices, by: number): ViewState {
  const { batch } = view;
  const at =
    batch === null
      ? mappings.indexOf(view.mapping ?? "")
      : mappings.length + batches.findIndex((each) => isSameBatch(each, batch));
  const next = Math.max(0, Math.min(mappings.length + batches.length - 1, at + by));
  const mapping = mappings[next];
  if (mapping !== undefined) return { ...view, mapping, batch: null };
  const chosen = batches[next - mappings.length];
  return chosen === undefined ? view : { ...view, batch: chosen };
}

function otherBlock(view: ViewState, { batches }: Choices): ViewState {
  const [first] = batches;
  return view.batch === null && first !== undefined ? { ...view, batch: first } : { ...view, batch: null };
}
