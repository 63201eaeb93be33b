// What differs between the families of streams, in one interface: a source of the stores (embedded log, Redis Streams, virtual
// stream) is handed the kind of the mapping that reads it and asks nothing else.

import type { Position, UnitId } from "../ports/source.ts";
import type { SourceKind } from "../ports/source-kind.ts";
import type { EventSizing } from "./event-sizing.ts";
import type { KinesisRecord } from "./kinesis/kinesis-record.ts";

export interface StreamKind extends SourceKind<KinesisRecord> {
  /** How records of this unit are sized; asked once a reader. */
  sizing(unit: UnitId): EventSizing;
  positionOf(entryId: string): Position;
  /** The data as records of this kind carry them: the stored bytes themselves, unless another program wrote what the kind cannot use. */
  admitted(data: Uint8Array, entryId: string | Uint8Array): Uint8Array;
}
