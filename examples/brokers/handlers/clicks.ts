// A stream: Redis Streams, or embedded.

import type { KinesisStreamEvent } from "aws-lambda";

export async function handler(event: KinesisStreamEvent): Promise<void> {
  for (const { kinesis } of event.Records) {
    console.log(`click ${Buffer.from(kinesis.data, "base64").toString()} by ${kinesis.partitionKey}`);
  }
}
