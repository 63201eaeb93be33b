// Which unpacker builds the event of a packed batch: one a kind, by the kind's name. Function threads import this and nothing
// else of the kinds.

import type { PackedBatch } from "../ports/source-kind.ts";
import { BROKER_MESSAGES, unpackMessages } from "./broker/packed-messages.ts";
import { unpackJsonEvent } from "./json/json-event.ts";
import { unpackKafka } from "./kafka/unpack-kafka.ts";
import { unpackKinesis } from "./kinesis/unpack-kinesis.ts";

const unpackers: Readonly<Record<string, (packed: PackedBatch) => unknown>> = {
  [BROKER_MESSAGES]: unpackMessages,
  documentdb: unpackJsonEvent,
  dynamodb: unpackJsonEvent,
  json: unpackJsonEvent,
  kafka: unpackKafka,
  kinesis: unpackKinesis,
};

/** The event that the function receives. Throws where the kind is unknown: both threads run the same version of this file. */
export function unpack(packed: PackedBatch): unknown {
  const unpacker = Object.hasOwn(unpackers, packed.kind) ? unpackers[packed.kind] : undefined;
  if (unpacker === undefined) throw new Error(`no unpacker for kind ${packed.kind}`);
  return unpacker(packed);
}
