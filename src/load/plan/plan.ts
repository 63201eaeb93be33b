// A load plan as it is carried out: checked, every default filled in, times in ms. What a file may say is plan-schema.ts, what flags may say
// src/cli/load/plan-flags.ts; both end here.

import type { Prices } from "../report.ts";

export interface LoadPlan {
  /** The file's name without its endings; of a plan of flags alone `load`. */
  readonly name: string;
  readonly run: "simulated" | "live";
  /** All chance of the plan, and of a simulated run. 0 to 4,294,967,295; default 1. Repetition n is run with seed + n - 1. */
  readonly seed: number;
  /** Runs of each setting; 1 to 1,000; default 1. */
  readonly repetitions: number;
  /** How long nothing may end, after the last record was sent, before what is left is given up. Default 60,000. */
  readonly waitMs: number;
  readonly source: PlannedSource;
  /** Members of CreateEventSourceMapping, as AWS has them, but for those that the source and the function make. */
  readonly mapping: Readonly<Record<string, unknown>>;
  readonly function: PlannedFunction;
  readonly send: PlannedSends;
  /** The first member changes slowest; none: an empty list. */
  readonly sweep: readonly SweptMember[];
  /** Expectations as texts: `iteratorAge.p99 < 2s`. */
  readonly expect: readonly string[];
  readonly prices: Prices;
}

/** Where the records go. `text`: as it was written, `kinesis:orders`. */
export type PlannedSource =
  | { readonly kind: "kinesis"; readonly text: string; readonly stream: string; readonly shards: number }
  | {
      readonly kind: "dynamodb";
      readonly text: string;
      readonly table: string;
      /** The table's partition key, a text: what keys of the plan are put under. Default `id`. */
      readonly keyName: string;
      readonly view: "NEW_AND_OLD_IMAGES" | "NEW_IMAGE" | "OLD_IMAGE" | "KEYS_ONLY";
    }
  | {
      readonly kind: "sqs";
      readonly text: string;
      readonly queue: string;
      /** Its name ends in `.fifo`. */
      readonly isFifo: boolean;
      /** Default 30,000, as AWS's. */
      readonly visibilityMs: number;
      /** Null: no dead-letter queue. */
      readonly deadLetters: { readonly maxReceiveCount: number } | null;
    }
  | {
      readonly kind: "rabbitmq" | "activemq";
      readonly text: string;
      readonly broker: string;
      readonly queue: string;
    }
  | {
      readonly kind: "kafka";
      readonly text: string;
      readonly cluster: string;
      readonly topic: string;
      readonly partitions: number;
    }
  | {
      readonly kind: "documentdb";
      readonly text: string;
      readonly cluster: string;
      readonly database: string;
      readonly collection: string;
    };

export interface PlannedFunction {
  readonly name: string;
  /** 1,000 to 900,000; default 3,000, as AWS's. */
  readonly timeoutMs: number;
  /** 128 to 10,240; default 128, as AWS's. What costs are reckoned with. */
  readonly memoryMb: number;
  /** Null: none reserved. */
  readonly reservedConcurrency: number | null;
  readonly does: HandlerModel | HandlerFile;
}

/** A function that is only a model: it takes its time, and fails as often as it is told to. */
export interface HandlerModel {
  readonly kind: "model";
  readonly took: Latency;
  /** Added for each record of the event. Default 0. */
  readonly perRecordMs: number;
  /** Added where no environment is free that has run before. Default 0. */
  readonly coldStartMs: number;
  /** Part of the invocations that throws. Default 0. */
  readonly errorShare: number;
  /** Part of the calls that is throttled instead of run. Default 0. */
  readonly throttleShare: number;
  /** What follows a poisoned record in the event: the invocation throws, or its answer names the record (ReportBatchItemFailures). */
  readonly onPoison: "throw" | "report";
}

/** The user's own handler. */
export interface HandlerFile {
  readonly kind: "file";
  /** Absolute, with its ending. */
  readonly file: string;
  /** `process`. */
  readonly exportName: string;
  readonly environment: Readonly<Record<string, string>>;
  /** False: Node loads the file as it is. Default true. */
  readonly isBundled: boolean;
}

/** How long an invocation takes, above 0; drawn from the seed. */
export type Latency =
  | { readonly kind: "fixed"; readonly ms: number }
  /** Each as likely as another. */
  | { readonly kind: "between"; readonly minMs: number; readonly maxMs: number }
  /** Normally distributed, at least 0. */
  | { readonly kind: "normal"; readonly meanMs: number; readonly deviationMs: number }
  /** Lognormally distributed, so that half take up to p50 and 99 of 100 up to p99. */
  | { readonly kind: "lognormal"; readonly p50Ms: number; readonly p99Ms: number };

export interface PlannedSends {
  /** One after another; at least one that sends. */
  readonly phases: readonly Phase[];
  /** Even: each at its instant to the digit. Poisson: the same rate, and every arrival by chance. */
  readonly arrivals: "even" | "poisson";
  /** Each arrival is one record on every shard or partition, at one instant: rates and bursts are then of each of them. */
  readonly isPerShard: boolean;
  /** Partition keys, record keys, a table's keys or a FIFO queue's message groups; null: the source has none. */
  readonly keys: PlannedKeys | null;
  /** Of each record's data; null: as long as `data` is. */
  readonly size: PlannedSize | null;
  /** Part of the records whose data has `poison: true`. Default 0. */
  readonly poisonShare: number;
  /** The data, as JSON; `${n}` and `${key}` are filled in, a lone `${n}` as a number. Default `{ n: "${n}" }`. */
  readonly data: Readonly<Record<string, unknown>>;
}

export type Phase =
  /** Records a second. */
  | { readonly kind: "rate"; readonly perSecond: number; readonly forMs: number }
  /** The rate goes from one to another in a straight line. */
  | { readonly kind: "ramp"; readonly from: number; readonly to: number; readonly forMs: number }
  /** So many at one instant. */
  | { readonly kind: "burst"; readonly count: number }
  | { readonly kind: "pause"; readonly forMs: number };

export interface PlannedKeys {
  readonly count: number;
  readonly prefix: string;
  readonly distribution: "uniform" | "zipf" | "round-robin";
  /** Part of the records that has the first key; null: as the distribution has it. */
  readonly hotShare: number | null;
}

/** Bytes. */
export type PlannedSize =
  | { readonly kind: "fixed"; readonly bytes: number }
  | { readonly kind: "between"; readonly min: number; readonly max: number }
  | { readonly kind: "choices"; readonly choices: readonly { readonly bytes: number; readonly share: number }[] };

export type SweptValue = number | string | boolean;

export interface SweptMember {
  /** A mapping's member, `ScalingConfig.MaximumConcurrency` for one inside another; or `shards`, `partitions`, `reservedConcurrency`. */
  readonly member: string;
  readonly values: readonly SweptValue[];
}

/** One run of the plan. */
export interface PlannedRun {
  /** `as planned`, or `BatchSize=10 MaximumBatchingWindowInSeconds=1`. */
  readonly name: string;
  readonly swept: Readonly<Record<string, SweptValue>>;
  /** From 1. */
  readonly repetition: number;
  /** The plan with what is swept set, the seed of this repetition and no sweep. */
  readonly plan: LoadPlan;
}
