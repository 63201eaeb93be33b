// The values that one event has on the paths of a field tree, each with the array elements that it lies in (F-22 to F-24).
// Filled by field-scanner.ts (from text) and field-walker.ts (from plain values); searched by field-search.ts.
//
// Every array of the event, nested anonymous ones included, is an ArrayInstance. An object or a list that is an element of one
// has a Frame; a scalar element has none of its own and belongs to the frame around the array. `order` counts through the event
// in reading order, so an element's values are those between its `start` and its `end`.

import type { Value, ValueKind } from "./value-test.ts";

export interface ArrayInstance {
  readonly start: number;
  end: number;
  /** Highest slot of which a value lies inside an element of this array; -1: none. */
  topSlot: number;
}

export interface Frame {
  readonly array: ArrayInstance;
  readonly parent: Frame | null;
  readonly start: number;
  end: number;
}

export interface FieldValue extends Value {
  readonly frame: Frame | null;
  readonly order: number;
}

/** Reused from event to event: one a filter, and nothing of the last event stays in it after `reset`. */
export class FoundFields {
  /** By slot. */
  readonly values: FieldValue[][];
  /** By slot: whether a scalar stands directly in an array there, so that it is in no element of it. */
  readonly hasLooseScalar: boolean[];
  /** By slot: whether an object was met where the path ends. For explanations only. */
  readonly hasObject: boolean[];
  #order = 0;

  constructor(slotCount: number) {
    this.values = Array.from({ length: slotCount }, () => []);
    this.hasLooseScalar = new Array<boolean>(slotCount).fill(false);
    this.hasObject = new Array<boolean>(slotCount).fill(false);
  }

  reset(): void {
    for (let slot = 0; slot < this.values.length; slot += 1) {
      const values = this.values[slot];
      if (values !== undefined && values.length > 0) {
        values.length = 0;
      }
      this.hasLooseScalar[slot] = false;
      this.hasObject[slot] = false;
    }
    this.#order = 0;
  }

  add(slot: number, kind: ValueKind, text: string, frame: Frame | null, isInList: boolean): void {
    this.values[slot]?.push({ kind, text, frame, order: this.#next() });
    if (isInList) {
      this.hasLooseScalar[slot] = true;
    }
    for (let around = frame; around !== null; around = around.parent) {
      if (around.array.topSlot < slot) {
        around.array.topSlot = slot;
      }
    }
  }

  meetObject(slot: number): void {
    if (slot >= 0) {
      this.hasObject[slot] = true;
    }
  }

  openArray(): ArrayInstance {
    return { start: this.#next(), end: Number.POSITIVE_INFINITY, topSlot: -1 };
  }

  openElement(array: ArrayInstance, parent: Frame | null): Frame {
    return { array, parent, start: this.#next(), end: Number.POSITIVE_INFINITY };
  }

  /** Closes an array or an element. */
  close(span: { end: number }): void {
    span.end = this.#next();
  }

  #next(): number {
    this.#order += 1;
    return this.#order;
  }
}
