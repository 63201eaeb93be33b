// A batch of a broker's messages in one buffer: the event's JSON text with an empty `data` in each message, and the bodies as they came. Their
// base64 is made where the event is needed. A function thread imports this, so it imports next to nothing.
//
// Layout: u32 count of messages, u32 bytes of the text, u32 bytes of each body; the text in UTF-8; the bodies.

import type { PackedBatch } from "../../ports/source-kind.ts";

/** Name of the unpacker. */
export const BROKER_MESSAGES = "brokerMessages";
const CELL_BYTES = 4;

/** `text`: the event, its messages under `messages`, or as the one list in `rmqMessagesByQueue`; as many as there are bodies, in their order. */
export function packMessages(text: string, bodies: readonly Uint8Array[]): PackedBatch {
  const textBytes = Buffer.byteLength(text, "utf8");
  const tableCells = 2 + bodies.length;
  const buffer = new ArrayBuffer(bodies.reduce((sum, body) => sum + body.length, tableCells * CELL_BYTES + textBytes));
  const table = new Uint32Array(buffer, 0, tableCells);
  const bytes = Buffer.from(buffer);
  table[0] = bodies.length;
  table[1] = textBytes;
  let at = tableCells * CELL_BYTES;
  bytes.write(text, at, "utf8");
  at += textBytes;
  for (const [index, body] of bodies.entries()) {
    table[2 + index] = body.length;
    bytes.set(body, at);
    at += body.length;
  }
  return { kind: BROKER_MESSAGES, buffer, constants: {} };
}

interface Message {
  data: string;
}

/** As the text says, each `data` filled in. */
export function unpackMessages({ buffer }: PackedBatch): unknown {
  const [count = 0, textBytes = 0] = new Uint32Array(buffer, 0, 2);
  const lengths = new Uint32Array(buffer, 2 * CELL_BYTES, count);
  const bytes = Buffer.from(buffer);
  let at = (2 + count) * CELL_BYTES;
  const event: {
    readonly messages?: readonly Message[];
    readonly rmqMessagesByQueue?: Readonly<Record<string, readonly Message[]>>;
  } = JSON.parse(bytes.toString("utf8", at, at + textBytes));
  at += textBytes;
  const messages = event.messages ?? Object.values(event.rmqMessagesByQueue ?? {})[0] ?? [];
  for (const [index, message] of messages.entries()) {
    const end = at + (lengths[index] ?? 0);
    message.data = bytes.toString("base64", at, end);
    at = end;
  }
  return event;
}
