// Writes down what has changed in a table, and when it was told.

import type { DynamoDBStreamEvent } from "aws-lambda";

export async function handler(event: DynamoDBStreamEvent): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, 1_500));
  for (const { eventName, dynamodb } of event.Records)
    console.log(`${new Date().toISOString()} ${eventName} ${dynamodb?.Keys?.["id"]?.S}`);
}
