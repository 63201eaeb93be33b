// One run of one contestant on a change stream: a collection that has been filled, read from before that to its last change, from the
// handler's first call to its last.

export interface ChangeRunRequest {
  /** With a login. */
  readonly url: string;
  readonly database: string;
  readonly collection: string;
  /** Before the first insert, of the server's own clock as far as ours is right. */
  readonly fromSeconds: number;
  readonly batchSize: number;
  readonly documentCount: number;
}

export const DOCUMENTDB_ARN = "arn:aws:rds:us-east-1:000000000000:cluster:bench";
export const FIRST_ID = 0;
