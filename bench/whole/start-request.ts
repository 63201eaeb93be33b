// What a bench asks of a whole Millrace, as plain data.

import type { Engine } from "../brokers/broker-run.ts";

export interface BenchFunction {
  readonly name: string;
  /** Module of `bench/road` and its export, for example `road/handler.handle`. */
  readonly handler: string;
}

export interface StartRequest {
  readonly stateDir: string;
  /** Null: streams are in the embedded store. */
  readonly redisUrl: string | null;
  readonly functions: readonly BenchFunction[];
  readonly streams: readonly { readonly name: string; readonly shardCount: number }[];
  readonly mappings: readonly Readonly<Record<string, unknown>>[];
  /** The broker `BROKER_ARN`, with one consumer a mapping; absent: none. */
  readonly broker?: { readonly engine: Engine; readonly url: string };
  /** The Kafka cluster `KAFKA_ARN`; without a server it is embedded. */
  readonly kafka?: { readonly server: string | null };
  /** The DocumentDB cluster `DOCUMENTDB_ARN`. */
  readonly mongo?: { readonly url: string; readonly login: { readonly username: string; readonly password: string } };
  /** What is written to the process's terminal; absent: nothing, and nobody watches. */
  readonly view?: "plain" | "live";
}

export function mappingBody(
  stream: string,
  functionName: string,
  batchSize: number,
): Readonly<Record<string, unknown>> {
  return {
    EventSourceArn: `arn:aws:kinesis:us-east-1:000000000000:stream/${stream}`,
    FunctionName: functionName,
    StartingPosition: "TRIM_HORIZON",
    BatchSize: batchSize,
    MaximumBatchingWindowInSeconds: 0,
  };
}
