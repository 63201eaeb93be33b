// Whether an event satisfies all conditions of one combination at once, with array consistency (F-23, F-24, F-50, F-51).
//
// The conditions are taken in alphabetical order of their paths. A state is the array elements that the values chosen so far
// lie in; a condition carries each state on to those of its fitting values that lie in no other element of the same array.
// Absence is judged within the elements chosen so far.
//
// S1  Of a state only arrays matter in which a later path has values. Paths below one array stand together in the alphabet, so
//     what matters is as a rule one element, and there are never more states than the event has elements.
// S2  Values in other elements of a chosen element's array are jumped over, not tried one by one.

import { type Alternatives, fitsAlternatives } from "./alternatives.ts";
import type { FieldValue, FoundFields, Frame } from "./found-fields.ts";

export interface SlotCondition {
  readonly slot: number;
  readonly list: Alternatives;
  /** Number of the list among all lists of the filter. */
  readonly listIndex: number;
}

type State = readonly Frame[];

const START: State = [];
const NONE: readonly FieldValue[] = [];

/** One event under search: remembers which values fit which list, as several combinations share lists. */
export class FieldSearch {
  readonly found: FoundFields;
  readonly #fitting: (readonly FieldValue[] | undefined)[];

  constructor(found: FoundFields, listCount: number) {
    this.found = found;
    this.#fitting = new Array<readonly FieldValue[] | undefined>(listCount).fill(undefined);
  }

  reset(): void {
    this.found.reset();
    this.#fitting.fill(undefined);
  }

  /** The values of the condition's path that fit its list, in reading order. */
  fitting(condition: SlotCondition): readonly FieldValue[] {
    const known = this.#fitting[condition.listIndex];
    if (known !== undefined) {
      return known;
    }
    const values = this.found.values[condition.slot];
    const fitting =
      values === undefined || values.length === 0
        ? NONE
        : values.filter((value) => fitsAlternatives(condition.list, value));
    this.#fitting[condition.listIndex] = fitting;
    return fitting;
  }

  /** Whether the condition holds when it is looked at alone. */
  holdsAlone(condition: SlotCondition): boolean {
    return this.fitting(condition).length > 0 || (condition.list.isAbsenceFine && this.#isEmpty(condition));
  }

  holds(conditions: readonly SlotCondition[]): boolean {
    let isSettled = true;
    for (const condition of conditions) {
      const fitting = this.fitting(condition);
      if (fitting.length === 0 && !condition.list.isAbsenceFine) {
        return false;
      }
      // A value outside all arrays goes with every other, and so does the absence of a path that the event does not have.
      isSettled &&=
        fitting.some((value) => value.frame === null) || (condition.list.isAbsenceFine && this.#isEmpty(condition));
    }
    return isSettled || this.#search(conditions);
  }

  #isEmpty(condition: SlotCondition): boolean {
    return (this.found.values[condition.slot] ?? NONE).length === 0;
  }

  #search(conditions: readonly SlotCondition[]): boolean {
    let states: readonly State[] = [START];
    for (const condition of conditions) {
      const { slot, list } = condition;
      const fitting = this.fitting(condition);
      const all = this.found.values[slot] ?? NONE;
      const isLoose = this.found.hasLooseScalar[slot] === true;
      const next = new Map<string, State>();
      for (const state of states) {
        if (list.isAbsenceFine && nextConsistent(all, 0, state, isLoose) === all.length) {
          keep(next, state, null, slot);
        }
        let at = nextConsistent(fitting, 0, state, isLoose);
        while (at < fitting.length) {
          keep(next, state, fitting[at]?.frame ?? null, slot);
          at = nextConsistent(fitting, at + 1, state, isLoose);
        }
      }
      if (next.size === 0) {
        return false;
      }
      states = [...next.values()];
    }
    return true;
  }
}

/** Adds a state with a further frame, without what no later path can conflict with (S1). */
function keep(next: Map<string, State>, state: State, frame: Frame | null, slot: number): void {
  const frames: Frame[] = [];
  for (const chosen of frame === null ? state : [...state, frame]) {
    const live = liveFrame(chosen, slot);
    if (live !== null && !frames.some((other) => isWithin(other, live))) {
      frames.push(live);
    }
  }
  const least = frames.filter((one) => !frames.some((other) => other !== one && isWithin(other, one)));
  const key = least
    .map((one) => one.start)
    .sort((one, other) => one - other)
    .join(" ");
  next.set(key, least);
}

function liveFrame(frame: Frame, slot: number): Frame | null {
  let live: Frame | null = frame;
  while (live !== null && live.array.topSlot <= slot) {
    live = live.parent;
  }
  return live;
}

/** Whether `inner` is `outer` or lies in it. */
function isWithin(inner: Frame, outer: Frame): boolean {
  return inner.start >= outer.start && inner.end <= outer.end;
}

/** Index of the first value from `from` on that is consistent with the state; the list's length if there is none. */
function nextConsistent(values: readonly FieldValue[], from: number, state: State, isLoose: boolean): number {
  let at = from;
  while (at < values.length) {
    const value = values[at];
    if (value === undefined) {
      break;
    }
    const next = state.length === 0 ? at : isLoose ? stepOverOne(value, at, state) : jump(values, value, at, state);
    if (next === at) {
      return at;
    }
    at = next;
  }
  return values.length;
}

/** Where to go on if the value lies in another element of a chosen element's array; `at` if it does not. */
function jump(values: readonly FieldValue[], value: FieldValue, at: number, state: State): number {
  for (const frame of state) {
    for (let chosen: Frame | null = frame; chosen !== null; chosen = chosen.parent) {
      const { array } = chosen;
      if (value.order > array.start && value.order < array.end) {
        if (value.order < chosen.start) {
          return firstBehind(values, at, chosen.start);
        }
        if (value.order > chosen.end) {
          return firstBehind(values, at, array.end);
        }
      }
    }
  }
  return at;
}

/** The same where scalars stand in the arrays directly: those lie in no element, and go with every one. */
function stepOverOne(value: FieldValue, at: number, state: State): number {
  for (let frame = value.frame; frame !== null; frame = frame.parent) {
    for (const other of state) {
      for (let chosen: Frame | null = other; chosen !== null; chosen = chosen.parent) {
        if (chosen.array === frame.array && chosen !== frame) {
          return at + 1;
        }
      }
    }
  }
  return at;
}

/** Index of the first value, from `low` on, whose order is above `order`. */
function firstBehind(values: readonly FieldValue[], low: number, order: number): number {
  let from = low;
  let to = values.length;
  while (from < to) {
    const middle = (from + to) >> 1;
    if ((values[middle]?.order ?? 0) > order) {
      to = middle;
    } else {
      from = middle + 1;
    }
  }
  return from;
}
