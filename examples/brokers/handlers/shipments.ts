// A Kafka topic. Keys and values are base64; a record of one key keeps its order among those of that key.

import type { MSKEvent } from "aws-lambda";

export async function handler(event: MSKEvent): Promise<void> {
  for (const { key, value, partition, offset } of Object.values(event.records).flat()) {
    const [order, shipment] = [key, value].map((text) => Buffer.from(text, "base64").toString());
    console.log(`shipment ${shipment} of ${order}, partition ${partition}, offset ${offset}`);
  }
}
