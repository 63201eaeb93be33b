// One run of one contestant on a broker: a queue that lies full, read by one consumer, from the handler's first call to its last.

import { prefetchOf } from "../../src/core/prefetch.ts";
import { recordBytes } from "../road/record-shape.ts";

export type Engine = "rabbitMq" | "activeMq";

export interface BrokerRunRequest {
  readonly engine: Engine;
  /** With a login. */
  readonly url: string;
  readonly queue: string;
  readonly batchSize: number;
  readonly messageCount: number;
}

export const BROKER_ARN = "arn:aws:mq:us-east-1:000000000000:broker:bench:b-1";
const FIRST_TEXT = '{"orderId":"order-0",';
const LAST_TEXT = '{"orderId":"order-last",';
/** What `data` of the first and of the last message begins with. */
export const FIRST_DATA = base64(FIRST_TEXT);
export const LAST_DATA = base64(LAST_TEXT);

export function isFirst(body: Buffer): boolean {
  return body.toString("latin1", 0, FIRST_TEXT.length) === FIRST_TEXT;
}

/** `messageCount` bodies, the last of which tells that it is. */
export function bodiesOf(messageCount: number): readonly Buffer[] {
  return Array.from({ length: messageCount }, (_, number) =>
    number === messageCount - 1 ? recordBytes(number, "last") : recordBytes(number),
  );
}

/** What every contestant is handed without settling: as a mapping is. */
export const benchPrefetch = (batchSize: number): number =>
  prefetchOf({ batchSize, consumerCount: 1, onFailure: "hold" });

function base64(text: string): string {
  // Whole groups of three bytes: it stays the beginning, whatever follows.
  return Buffer.from(text.slice(0, text.length - (text.length % 3))).toString("base64");
}
