// One run of one contestant on a change stream: a collection that has been filled, read from before that to its last change, from the first
// change that is seen to the last.

export interface ChangeRunRequest {
  /** With user and password where there are any. */
  readonly url: string;
  readonly database: string;
  readonly collection: string;
  /** Before the first insert, epoch seconds. */
  readonly fromSeconds: number;
  readonly batchSize: number;
  readonly documentCount: number;
}

export const DOCUMENTDB_ARN = "arn:aws:rds:us-east-1:000000000000:cluster:bench";
const TEXT_BYTES = 800;

export interface BenchDocument {
  readonly _id: number;
  readonly isFirst: boolean;
  readonly isLast: boolean;
  readonly text: string;
}

export function documentOf(number: number, documentCount: number): BenchDocument {
  const text = `order-${number} `.padEnd(TEXT_BYTES, "x");
  return { _id: number, isFirst: number === 0, isLast: number === documentCount - 1, text };
}
