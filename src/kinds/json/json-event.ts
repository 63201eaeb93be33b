// An event that is given as JSON text, as Invoke takes it: its bytes go over as they are, and the function thread parses them.

import type { PackedBatch } from "../../ports/source-kind.ts";

/** Name of the kind, and of its unpacker. */
const JSON_EVENT = "json";

/** `payload` is UTF-8 and JSON; its buffer is given away. */
export function packJsonEvent(payload: ArrayBuffer): PackedBatch {
  return { kind: JSON_EVENT, buffer: payload, constants: {} };
}

export function unpackJsonEvent(packed: PackedBatch): unknown {
  return JSON.parse(Buffer.from(packed.buffer).toString("utf8"));
}
