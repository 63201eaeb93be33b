// Delivers the messages of a mapping on Kafka whose destination is a topic of its own cluster (M-424); other destinations are another
// reporter's. Three tries within ten seconds, then what is left is lost and counted, and the partition goes on (M-427).

import type { Clock } from "../ports/clock.ts";
import { kafkaTopicOf, type ReportAnswer, type Reporter, type ReportMessage } from "../ports/reporter.ts";
import type { ProduceFlaw, TopicProducer } from "../ports/topic-producer.ts";

/** Before each further try. */
const PAUSES_MS: readonly number[] = [500, 1_500];
const ALL_WITHIN_MS = 10_000;

export interface TopicReporterOptions {
  readonly producer: TopicProducer;
  readonly others: Reporter;
  readonly clock: Clock;
}

export interface TopicReporter extends Reporter {
  /** Once no report is on its way. */
  close(): Promise<void>;
}

export function createTopicReporter({ producer, others, clock }: TopicReporterOptions): TopicReporter {
  async function deliver(topic: string, messages: readonly ReportMessage[]): Promise<ReportAnswer> {
    const beganAtMs = clock.monotonicMs();
    const leftMs = (): number => ALL_WITHIN_MS - (clock.monotonicMs() - beganAtMs);
    let doneCount = 0;
    let tooLargeCount = 0;
    for (let triesCount = 1; ; triesCount += 1) {
      const produced = await producer.produce(topic, messages.slice(doneCount), leftMs());
      doneCount += produced.doneCount;
      tooLargeCount += produced.tooLargeCount;
      const { flaw } = produced;
      if (flaw === null) return tooLargeCount === 0 ? { kind: "delivered" } : refusal(tooLargeCount, tooLarge(topic));
      const pauseMs = flaw.mayPass ? PAUSES_MS[triesCount - 1] : undefined;
      if (pauseMs === undefined || leftMs() <= pauseMs) {
        return refusal(tooLargeCount + messages.length - doneCount, tried(flaw, triesCount));
      }
      await new Promise<void>((resolve) => void clock.wakeAt(clock.nowMs() + pauseMs, resolve));
    }

    function refusal(lostCount: number, why: string): ReportAnswer {
      const { length } = messages;
      return { kind: "refused", detail: lostCount === length ? why : `${lostCount} of ${length} messages: ${why}` };
    }
  }

  return {
    async send(report) {
      const topic = kafkaTopicOf(report.destinationArn);
      return topic === null ? await others.send(report) : await deliver(topic, report.messages ?? []);
    },
    close: () => producer.close(),
  };
}

const tooLarge = (topic: string): string => `the topic ${topic} takes no message so large (max.message.bytes)`;

function tried({ detail }: ProduceFlaw, triesCount: number): string {
  return triesCount === 1 ? detail : `${detail}, after ${triesCount} tries`;
}
