// Which topic a name stands for: its id, which a topic that is made anew under the name has not (M-707). The client speaks no version of
// the request for metadata that has it, so this is that request in its version 10, by hand (Kafka's documentation, "Metadata API").

import type { ByteReader } from "./kafka-bytes.ts";

const NO_TAGS = 0;
const NO_ID = "0".repeat(32);

/** What follows the client's head of a request. Never makes the topic (M-706). */
export function topicIdRequest(topic: string): Buffer {
  const name = Buffer.from(topic);
  const oneTopic = [...uvarintBytes(2), ...Buffer.alloc(16), ...uvarintBytes(name.length + 1), ...name, NO_TAGS];
  const mayMakeIt = 0;
  const withRights = [0, 0];
  // The head's own tags come first.
  return Buffer.from([NO_TAGS, ...oneTopic, mayMakeIt, ...withRights, NO_TAGS]);
}

/** Of the one topic that was asked for; null: the broker knows none. */
export function topicIdAnswered(reader: ByteReader): string | null {
  skipTags(reader);
  // The throttling.
  reader.int32();
  for (let left = reader.uvarint() - 1; left > 0; left -= 1) skipBroker(reader);
  // The cluster's id and its controller.
  compactBytes(reader);
  reader.int32();
  if (reader.uvarint() < 2) return null;
  // Its error, which whoever asks has heard of already, and its name.
  reader.int16();
  compactBytes(reader);
  const id = reader.bytes(16).toString("hex");
  return id === NO_ID ? null : id;
}

function skipBroker(reader: ByteReader): void {
  reader.int32();
  compactBytes(reader);
  reader.int32();
  compactBytes(reader);
  skipTags(reader);
}

function skipTags(reader: ByteReader): void {
  for (let left = reader.uvarint(); left > 0; left -= 1) {
    reader.uvarint();
    reader.bytes(reader.uvarint());
  }
}

/** Behind one more than their number; 0 for none. */
const compactBytes = (reader: ByteReader): Buffer => reader.bytes(Math.max(0, reader.uvarint() - 1));

function uvarintBytes(value: number): readonly number[] {
  return value < 128 ? [value] : [(value % 128) + 128, ...uvarintBytes(Math.floor(value / 128))];
}
