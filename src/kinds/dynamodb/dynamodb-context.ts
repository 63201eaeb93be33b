// What the event of a mapping's shard needs beside its records (D-1).

export interface DynamodbEventContext {
  readonly eventSourceArn: string;
  readonly region: string;
}
