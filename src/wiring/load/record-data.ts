// The data of a plan's records: JSON of the plan's own form, filled up to the size that a record is to have. How long a text is, is known
// without its being made, as a model of a function never reads it.

import type { PlannedSends } from "../../load/plan/plan.ts";
import { isObject, type Json } from "../../sim/scenario.ts";
import { remembered } from "../../sim/remembered.ts";
import { textTemplate } from "../../sim/text-template.ts";

export interface RecordData {
  /** Bytes of the text in UTF-8. */
  bytes(n: number, key: string): number;
  text(n: number, key: string): string;
}

const PAD_FRAME = ',"pad":""';

/** JSON text as `data` has it; with a poisoned record's mark, where it is one. */
export function createRecordData(data: PlannedSends["data"], isPoison: boolean): RecordData {
  const members = asJson(isPoison ? { ...data, poison: true } : data);
  const template = textTemplate(members);
  const made = (n: number, key: string): string => template({ n, label: String(n), key });
  const length = (n: number, key: string): number => Buffer.byteLength(made(n, key));
  const frameBytes = length(1, "");
  // Each place of the number grows by a byte with a digit more, each of the key with its first letter.
  const numberPlaces = length(10, "") - frameBytes;
  const keyPlaces = length(1, "k") - frameBytes;
  const keyBytes = remembered((key: string) => Buffer.byteLength(JSON.stringify(key)) - 2);
  return {
    bytes: (n, key) =>
      frameBytes + numberPlaces * (digitsOf(n) - 1) + (keyPlaces === 0 ? 0 : keyPlaces * keyBytes(key)),
    text: made,
  };
}

function digitsOf(n: number): number {
  let digits = 1;
  for (let power = 10; n >= power; power *= 10) digits += 1;
  return digits;
}

/** JSON text of an object, of exactly so many bytes: what is missing is a member `pad`, or blanks behind where it has no room. */
export function filledUp(text: string, bytes: number): string {
  const missing = bytes - Buffer.byteLength(text);
  if (missing <= 0) return text;
  const frame = text === "{}" ? PAD_FRAME.slice(1) : PAD_FRAME;
  if (missing < frame.length) return text.padEnd(text.length + missing);
  return `${text.slice(0, -1)}${frame.slice(0, -1)}${"x".repeat(missing - frame.length)}"}`;
}

function asJson(data: PlannedSends["data"]): Json {
  const json: unknown = JSON.parse(JSON.stringify(data));
  return isObject(json) ? json : {};
}
