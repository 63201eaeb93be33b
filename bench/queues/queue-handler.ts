// The handler of all contestants on queues: looks at every message, and tells of the one that was sent first.

import { monotonicMs, openMarks } from "../road/marks.ts";
import type { QueueEvent } from "./queue-event.ts";

/** What the body of the first message begins with. */
export const FIRST_BODY = '{"orderId":"order-0"';

const tell = openMarks();
let characterCount = 0;

export async function handle(event: QueueEvent): Promise<void> {
  for (const { body } of event.Records) {
    characterCount += body.length;
    if (body.startsWith(FIRST_BODY)) tell({ kind: "first", atMs: monotonicMs(), tookMs: characterCount, name: "" });
  }
}
