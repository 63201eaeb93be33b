// The registered consumers of streams (enhanced fan-out), as the endpoint administers them and as a mapping on one looks it up. Rows of
// the consumers table, by ARN: main writes them, poller threads read them.

export interface StreamConsumer {
  readonly arn: string;
  readonly name: string;
  readonly streamName: string;
  /** Of the stream that it was registered with: on another of the same name it is no consumer. */
  readonly streamCreatedAtMs: number;
  readonly createdAtMs: number;
  /** Since when it is being deleted; null: it is not. */
  readonly deletedAtMs: number | null;
}

/** Null where the text is no row of ours. */
export function parseConsumer(text: string): StreamConsumer | null {
  const row: unknown = JSON.parse(text);
  if (typeof row !== "object" || row === null) return null;
  const { arn, name, streamName, streamCreatedAtMs, createdAtMs, deletedAtMs } = { ...row } as Partial<StreamConsumer>;
  if (arn === undefined || name === undefined || streamName === undefined) return null;
  if (streamCreatedAtMs === undefined || createdAtMs === undefined) return null;
  return { arn, name, streamName, streamCreatedAtMs, createdAtMs, deletedAtMs: deletedAtMs ?? null };
}

/** `stream/NAME/consumer/CONSUMER:SECONDS` behind the account; a table may well be called `consumer`. */
const CONSUMER_ARN = /^(arn:[^:]*:kinesis:[^:]*:[^:]*:stream\/[^/]+)\/consumer\//;

export const isConsumerArn = (arn: string): boolean => CONSUMER_ARN.test(arn);

/** The ARN of the stream by which a mapping's source is kept: a consumer's is its stream's, any other is its own. */
export const withoutConsumer = (arn: string): string => CONSUMER_ARN.exec(arn)?.[1] ?? arn;
