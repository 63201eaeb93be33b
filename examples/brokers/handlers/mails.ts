// A queue: Redis with BullMQ's layout, or embedded.

import type { SQSEvent } from "aws-lambda";

export async function handler(event: SQSEvent): Promise<void> {
  for (const { body } of event.Records) console.log(`mail ${body}`);
}
