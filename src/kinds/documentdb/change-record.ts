// A change event as the pipeline carries it: its text in the event is made once, where it is read.

import type { Rec } from "../../core/record.ts";

export interface ChangeRecord extends Rec {
  /** Where a stream goes on behind it: what its source can resume from, as text. */
  readonly position: string;
  /** The change event as Extended JSON, without the `event` member around it. `arrivedAtMs` is its cluster time. */
  readonly eventText: string;
}

/** `{"event":}` */
const WRAPPER_BYTES = 10;

export function changeRecord(given: Omit<ChangeRecord, "sizeBytes">): ChangeRecord {
  return { ...given, sizeBytes: WRAPPER_BYTES + Buffer.byteLength(given.eventText, "utf8") };
}
