// The DocumentDB kind: what a change event is to the pipeline. A packed batch is the event's own text in UTF-8.

import { MillraceError } from "../../errors.ts";
import type { PackedBatch, SourceKind } from "../../ports/source-kind.ts";
import type { ChangeRecord } from "./change-record.ts";

/** Name of the kind, and of its unpacker. */
const DOCUMENTDB = "documentdb";

export function createChangeKind({ eventSourceArn }: { readonly eventSourceArn: string }): SourceKind<ChangeRecord> {
  const opening = `{"eventSourceArn":${JSON.stringify(eventSourceArn)},"events":[`;
  const closing = '],"eventSource":"aws:docdb"}';

  function text(records: readonly ChangeRecord[]): string {
    return `${opening}${records.map(({ eventText }) => `{"event":${eventText}}`).join(",")}${closing}`;
  }

  return {
    name: DOCUMENTDB,
    envelopeBytes: Buffer.byteLength(opening + closing, "utf8"),
    windowBytes: () => 0,
    laneKey: () => new Uint8Array(0),
    identifier: ({ position }) => position,
    position: ({ position }) => position,
    filterView() {
      throw new MillraceError("protocol-broken", "a mapping on DocumentDB has no filters");
    },
    pack(_unit, records): PackedBatch {
      // Not from the pool of small buffers: it is given away.
      const bytes = new TextEncoder().encode(text(records));
      return { kind: DOCUMENTDB, buffer: bytes.buffer, constants: {} };
    },
    text: (_unit, records) => text(records),
    batchInfo() {
      throw new MillraceError("protocol-broken", "a mapping on DocumentDB has no destination for failures");
    },
  };
}
