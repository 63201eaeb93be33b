// What both families of streams write alike into an event and a document: the window part (W-1) and instants.

import { javaInstant } from "../core/instant.ts";
import type { WindowPart } from "../core/tumbling.ts";
import type { UnitId } from "../ports/source.ts";

/** What follows the records of a windowed event, from the comma on (W-1). */
export function windowText(
  { eventSourceArn }: { readonly eventSourceArn: string },
  unit: UnitId,
  window: WindowPart,
): string {
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
