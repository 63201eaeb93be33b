// What both families of streams write alike into an event and a document: the envelope, the window part (W-1) and instants.

import { javaInstant } from "../core/instant.ts";
import type { WindowPart } from "../core/tumbling.ts";
import type { UnitId } from "../ports/source.ts";

/** Bytes of `{"Records":[]}`. */
export const ENVELOPE_BYTES = 14;

/** The window part takes as many bytes whatever its edges are. */
const noWindow: WindowPart = { startMs: 0, endMs: 0, stateJson: "", isFinal: false, isTerminatedEarly: false };

/** Bytes that a window adds to an event, beside those of its state. */
export function windowBytes(context: WindowContext, unit: UnitId): number {
  return Buffer.byteLength(windowText(context, unit, noWindow), "utf8");
}

interface WindowContext {
  readonly eventSourceArn: string;
}

/** What follows the records of a windowed event, from the comma on (W-1). */
export function windowText({ eventSourceArn }: WindowContext, unit: UnitId, window: WindowPart): string {
  return (
    `,"shardId":${JSON.stringify(unit)},"eventSourceARN":${JSON.stringify(eventSourceArn)},` +
    `"window":{"start":"${windowEdgeText(window.startMs)}","end":"${windowEdgeText(window.endMs)}"},` +
    `"state":${window.stateJson},"isFinalInvokeForWindow":${window.isFinal},` +
    `"isWindowTerminatedEarly":${window.isTerminatedEarly}`
  );
}

/** A window's edge: UTC, whole seconds (W-2). */
export function windowEdgeText(atMs: number): string {
  return arrivalText(atMs);
}

/** Greatest instant that a date can have; entry ids chosen by a client may lie beyond. */
const GREATEST_DATE_MS = 8.64e15;

/** An arrival as an on-failure document has it (O-4). */
export function arrivalText(atMs: number): string {
  return javaInstant(Math.min(atMs, GREATEST_DATE_MS));
}
