// Writes to a topic of a mapping's own Kafka cluster, where its destination is one (M-424). Adapters: workers/destinations (a real
// cluster), src/destinations (embedded topics).

import type { ReportMessage } from "./reporter.ts";

export interface Produced {
  /** So many, from the first on, are seen to; trying on begins behind them. */
  readonly doneCount: number;
  /** Of those, how many the topic does not take, whatever is tried. */
  readonly tooLargeCount: number;
  /** Why it went no further; null: all are seen to. */
  readonly flaw: ProduceFlaw | null;
}

export interface ProduceFlaw {
  /** For a person. */
  readonly detail: string;
  /** Another try may fare better. */
  readonly mayPass: boolean;
}

export interface TopicProducer {
  /** One try, in order, given up after `withinMs`. Topics are never made. Never rejects. */
  produce(topic: string, messages: readonly ReportMessage[], withinMs: number): Promise<Produced>;
  close(): Promise<void>;
}
