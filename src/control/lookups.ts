// What the control plane asks of the rest of the house, in its own words: functions by name, streams by name, and what the
// local pages show. Wiring (src/main.ts, the simulator's runner) answers them.

import type { Cancel } from "../ports/clock.ts";
import type { FunctionSettings } from "../ports/functions.ts";
import type { Entry } from "../ports/journal.ts";
import type { QueueAddress, StreamAddress } from "../ports/mapping-spec.ts";
import type { SourceProblem } from "../ports/source.ts";

export interface FunctionLookup {
  /** By bare name: as `$LATEST` is, or the version that the qualifier names. Null: no such function, version or alias. */
  find(name: string, qualifier?: string | null): FunctionSettings | null;
}

export type StreamFinding =
  | { readonly kind: "found"; readonly address: StreamAddress }
  | { readonly kind: "missing" }
  | { readonly kind: "problem"; readonly problem: SourceProblem };

export interface StreamLookup {
  /** Whether the stream is there now (V15), and where its records are. */
  find(streamName: string): Promise<StreamFinding>;
  /** Whether this is a registered consumer of a stream that is there (P-5). Left out: every consumer of such a stream is one. */
  hasConsumer?(consumerArn: string): Promise<boolean>;
  /** Where the stream's records are or would be, without asking: a mapping outlives its stream (section 3). */
  addressOf(streamName: string): StreamAddress;
}

/** The queues that a mapping may name. */
export interface QueueLookup {
  /** Null: no such queue here. */
  find(queueName: string): Promise<{ readonly visibilityMs: number } | null>;
  /** Where the queue's messages are or would be, without asking: a mapping outlives its queue. */
  addressOf(queueName: string): QueueAddress;
}

/** The last entries of the journal, and those to come. `src/journal/journal-feed.ts` has this shape. */
export interface JournalFeed {
  recent(): readonly Entry[];
  subscribe(listener: (entries: readonly Entry[], droppedCount: number) => void): Cancel;
}

export interface PeekedMessage {
  readonly messageId: string;
  readonly body: string;
  readonly sentAtMs: number;
  readonly receiveCount: number;
}

/** Reading queues without taking anything from them. */
export interface QueueReader {
  listQueues(): Promise<readonly { readonly name: string; readonly messageCount: number }[]>;
  /** Oldest first, hidden ones included, at most `max`; changes nothing. Null: no such queue. */
  peek(name: string, max: number): Promise<readonly PeekedMessage[] | null>;
}

/** Where the server stands: account and region of every ARN that it makes, default `aws` / `us-east-1` / `000000000000`. */
export interface Surroundings {
  readonly partition: string;
  readonly region: string;
  readonly accountId: string;
}
