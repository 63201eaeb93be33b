// Delivers on-failure documents to the embedded destinations: a queue, a topic with its subscribers, a bucket's directory. A missing
// or unreachable target is an answer, not an error: the document is lost and counted, the lane goes on (O-15).

import { assertNever } from "../core/assert-never.ts";
import type { Queues } from "../ports/queues.ts";
import type { Random } from "../ports/random.ts";
import type { TopicPublisher } from "../ports/topics.ts";
import type { Report, ReportAnswer, Reporter } from "../ports/reporter.ts";
import type { BucketDirectory } from "./bucket-directory.ts";
import { type DestinationAddress, destinationFromArn } from "./destination-arn.ts";

export interface EmbeddedReporterOptions {
  readonly queues: Queues;
  readonly topics: TopicPublisher;
  readonly buckets: BucketDirectory;
  readonly random: Random;
  /** Whose queues and topics are here. */
  readonly home: { readonly region: string; readonly accountId: string };
}

export function createEmbeddedReporter(options: EmbeddedReporterOptions): Reporter {
  return {
    async send(report) {
      const address = destinationFromArn(report.destinationArn);
      if (address === null) return refused(`${report.destinationArn} is neither a queue nor a topic nor a bucket`);
      const { home } = options;
      if (address.kind !== "bucket" && (address.region !== home.region || address.accountId !== home.accountId)) {
        const { kind, name, region, accountId } = address;
        return refused(
          `there is no ${kind} ${name} of account ${accountId} in ${region}: this server is account ${home.accountId} in ${home.region}`,
        );
      }
      try {
        return await deliver(options, address, report);
      } catch (error) {
        return refused(error instanceof Error ? error.message : String(error));
      }
    },
  };
}

async function deliver(
  { queues, topics, buckets, random }: EmbeddedReporterOptions,
  address: DestinationAddress,
  report: Report,
): Promise<ReportAnswer> {
  const { name } = address;
  switch (address.kind) {
    case "queue":
      return deliverToQueue(queues, name, report.body);
    case "topic":
      return deliverToTopic(topics, name, report.body);
    case "bucket": {
      if (report.objectKey === null) return refused(`the document for the bucket ${name} has no key`);
      const object = { body: report.body, temporaryName: random.uuid("destinations") };
      const answer = await buckets.put(name, report.objectKey, object);
      return answer.kind === "stored" ? delivered : answer;
    }
    default:
      return assertNever(address.kind);
  }
}

async function deliverToTopic(topics: TopicPublisher, name: string, body: string): Promise<ReportAnswer> {
  const message = { body, subject: null, attributes: [], bodies: null, groupId: null };
  const answer = await topics.publish(name, message);
  switch (answer.kind) {
    case "published":
      return delivered;
    case "missing":
      return refused(`there is no topic ${name}`);
    case "failed":
      return refused(answer.detail);
    default:
      return assertNever(answer);
  }
}

async function deliverToQueue(queues: Queues, name: string, body: string): Promise<ReportAnswer> {
  const sizeBytes = Buffer.byteLength(body);
  const answer = await queues.send(name, { body, attributes: null, sizeBytes, delayMs: null });
  switch (answer.kind) {
    case "sent":
      return delivered;
    case "missing":
      return refused(`there is no queue ${name}`);
    case "tooLong":
      return refused(`the document has ${sizeBytes} bytes, and the queue ${name} takes ${answer.maxMessageBytes}`);
    default:
      return assertNever(answer);
  }
}

const delivered: ReportAnswer = { kind: "delivered" };

function refused(detail: string): ReportAnswer {
  return { kind: "refused", detail };
}
