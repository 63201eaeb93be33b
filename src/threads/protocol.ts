// The messages between main and a poller thread: two tagged unions, plain data only, parsed on arrival by both sides
// (src/threads/parse-message.ts). The store's messages are in src/stores/store-protocol.ts.

import type { MessagePort } from "node:worker_threads";
import type { DeployedFunction } from "../ports/functions.ts";
import type { FunctionThreadReport } from "../ports/function-threads.ts";
import type { Answer, DirectCall } from "../ports/invoker.ts";
import type { Entry } from "../ports/journal.ts";
import type { MappingSpec } from "../ports/mapping-spec.ts";
import type { DisablingReason, SourceProblem } from "../ports/source.ts";
import type { PublishAnswer, TopicMessage } from "../ports/topics.ts";
import type { Steer } from "../ports/steer.ts";
import type { LaneReport, PartitionReport } from "../runtime/lane-report.ts";
import type { RunnerSummary } from "../runtime/runner-summary.ts";

/** Changes with any change of this file that an older thread would not understand. */
export const PROTOCOL_VERSION = 1;

/** Redis as configured; passwords are never logged. */
export interface RedisAddress {
  /** `redis://` or `rediss://`, user and password included. */
  readonly url: string;
  /** Prefix of every key but those of queues, default `millrace:`. */
  readonly keyPrefix: string;
  /** BullMQ's prefix of queues, without the colon behind it. */
  readonly queuePrefix: string;
  /** PEM text of a private CA, or null. */
  readonly caPem: string | null;
}

/** A service behind an endpoint; its keys are never logged. */
export interface DestinationEndpoint {
  readonly endpoint: string;
  readonly region: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken: string | null;
}

/** Null: the embedded service. */
export type DestinationEndpoints = Readonly<Record<"sqs" | "sns" | "s3", DestinationEndpoint | null>>;

export interface PollerBoot {
  readonly kind: "boot";
  readonly protocolVersion: number;
  readonly threadName: string;
  /** Index of this poller, also its row in the shared permits. */
  readonly pollerIndex: number;
  readonly stateDir: string;
  readonly storePort: MessagePort;
  readonly permits: SharedArrayBuffer;
  readonly redis: RedisAddress | null;
  readonly destinations: DestinationEndpoints;
  /** Given to the user's code: where its own AWS calls go. */
  readonly endpointUrl: string;
  readonly region: string;
  readonly accountId: string;
  readonly functions: readonly DeployedFunction[];
  /** Most function threads of this poller that may be idle or running. */
  readonly maxFunctionThreads: number;
  /** Bound of the journal's files, per thread. */
  readonly journalBytes: number;
  /** Bound of the log files of each function. */
  readonly logBytes: number;
  /** A debugger may hold functions for long: no time-out, memory limit or record age counts. */
  readonly isDebugged: boolean;
}

export type ToPoller =
  | PollerBoot
  | { readonly kind: "function"; readonly deployed: DeployedFunction }
  | { readonly kind: "function-removed"; readonly name: string }
  /** A stream's consumer has been deregistered: who reads by it looks whether it is there. */
  | { readonly kind: "consumer-gone"; readonly consumerArn: string }
  | { readonly kind: "start"; readonly spec: MappingSpec }
  | { readonly kind: "update"; readonly spec: MappingSpec }
  /** Let invocations in flight end (their outcome is checkpointed unless `isDelete`), then stop. */
  | { readonly kind: "stop"; readonly uuid: string; readonly isDelete: boolean; readonly graceMs: number }
  | { readonly kind: "steer"; readonly uuid: string; readonly command: Steer }
  /**
   * Whether journal entries are wanted on main as they happen (a terminal or a listener is there), and with each summary what
   * the lanes assemble (somebody looks at it).
   */
  | { readonly kind: "watch"; readonly isWatched: boolean; readonly areLanesWatched: boolean }
  /** An invocation that main asks for; the call's payload is transferred. */
  | { readonly kind: "invoke"; readonly id: number; readonly call: DirectCall }
  /** What is fed to the lanes of a mapping, null: of all, is wanted on main from now on, until `record-end`. */
  | {
      readonly kind: "record";
      readonly id: number;
      readonly mapping: string | null;
      readonly isWithPayloads: boolean;
    }
  | { readonly kind: "record-end"; readonly id: number }
  /** Null: there is no such secret. Never logged. */
  | { readonly kind: "secret-text"; readonly id: number; readonly text: string | null }
  | { readonly kind: "published"; readonly id: number; readonly answer: PublishAnswer }
  | { readonly kind: "shutdown"; readonly graceMs: number };

/** Of one start of a mapping, counted since then; main adds up over generations. */
export interface MappingSummary extends RunnerSummary {
  readonly uuid: string;
  readonly generation: number;
  /** Empty unless lanes are watched. */
  readonly lanes: readonly LaneReport[];
  /** Where the units stand; absent unless lanes are watched. */
  readonly units?: readonly PartitionReport[];
}

export type FromPoller =
  | { readonly kind: "ready"; readonly protocolVersion: number }
  /** The mapping has its positions, stored: it may be shown Enabled. */
  | { readonly kind: "positioned"; readonly uuid: string; readonly generation: number }
  /** New settings are in use from the next decision on. */
  | { readonly kind: "updated"; readonly uuid: string; readonly generation: number }
  | { readonly kind: "stopped"; readonly uuid: string; readonly generation: number; readonly errors: readonly string[] }
  /** The source cannot be read; the mapping keeps trying. Null: it can again. */
  | {
      readonly kind: "problem";
      readonly uuid: string;
      readonly generation: number;
      readonly problem: SourceProblem | null;
    }
  | { readonly kind: "fenced"; readonly uuid: string; readonly generation: number }
  | { readonly kind: "invoked"; readonly id: number; readonly answer: Answer }
  /** A fault of the source has lasted too long: the mapping is to be disabled (M-705). */
  | {
      readonly kind: "unrecoverable";
      readonly uuid: string;
      readonly generation: number;
      readonly reason: DisablingReason;
    }
  /** A secret is wanted as it is now; main answers `secret-text`. The thread numbers them. */
  | { readonly kind: "secret"; readonly id: number; readonly secretArn: string }
  /** A document for a topic; main answers `published`. The thread numbers them. */
  | { readonly kind: "publish"; readonly id: number; readonly topic: string; readonly message: TopicMessage }
  | { readonly kind: "summary"; readonly mappings: readonly MappingSummary[] }
  /** What the threads of functions do, while lanes are watched; left out where nothing is new. */
  | { readonly kind: "threads"; readonly threads: readonly FunctionThreadReport[] }
  /** A bounded share of what happened; `droppedCount` says how many entries were left out. */
  | { readonly kind: "entries"; readonly entries: readonly Entry[]; readonly droppedCount: number }
  /** Whole lines of a recording. `behind`: it has fallen behind and is over; `over`: it has ended as asked, these are the last. */
  | {
      readonly kind: "recorded";
      readonly id: number;
      readonly text: string;
      readonly state: "going" | "behind" | "over";
    }
  | { readonly kind: "shut-down"; readonly errors: readonly string[] };
