// Records of a running server, whatever store it has: by its Kinesis calls, or by those of DynamoDB Streams where the source is a
// table's stream.

import { parseArn, streamNameOfArn } from "../../control/mapping/source-kinds.ts";
import { MillraceError } from "../../errors.ts";
import type { Item } from "../../kinds/dynamodb/attribute-value.ts";
import { laneKeyOfItem } from "../../kinds/dynamodb/change-text.ts";
import { entryIdFromPosition } from "../../kinds/stream-family.ts";
import type { Position, UnitId } from "../../ports/source.ts";
import {
  createChangesEndpoint,
  createKinesisEndpoint,
  createQueueEndpoint,
  type Fetch,
  type KinesisEndpoint,
  textAt,
} from "../kinesis-endpoint.ts";
import type { QueueFacts } from "./queue-why.ts";
import type { From, SourceRecord, SourceRecords } from "./source-records.ts";

type Members = Readonly<Record<string, unknown>>;

export function createServedRecords(url: string, fetchFrom: Fetch): SourceRecords {
  let silence: string | null = null;

  function telling(endpoint: KinesisEndpoint): KinesisEndpoint["call"] {
    return async (operation, body) => {
      try {
        return await endpoint.call(operation, body);
      } catch (error) {
        if (error instanceof MillraceError)
          silence = error.code === "server-unreachable" ? error.message : `the server at ${url} says ${error.message}`;
        throw error;
      }
    };
  }

  const kinesis = telling(createKinesisEndpoint(url, fetchFrom));
  const changes = telling(createChangesEndpoint(url, fetchFrom));

  return {
    silence: () => silence,
    page: (streamArn, unit, from) =>
      parseArn(streamArn)?.service === "dynamodb"
        ? changesPage(changes, { streamArn, unit, from })
        : kinesisPage(kinesis, { streamArn, unit, from }),
  };
}

interface Asked {
  readonly streamArn: string;
  readonly unit: UnitId;
  readonly from: From | null;
}

const iteratorType = (from: From | null): string => {
  if (from === null) return "TRIM_HORIZON";
  return from.isIncluded ? "AT_SEQUENCE_NUMBER" : "AFTER_SEQUENCE_NUMBER";
};

async function kinesisPage(
  call: KinesisEndpoint["call"],
  { streamArn, unit, from }: Asked,
): Promise<readonly SourceRecord[]> {
  const opened = await call("GetShardIterator", {
    StreamName: streamNameOfArn(streamArn) ?? "",
    ShardId: unit,
    ShardIteratorType: iteratorType(from),
    ...(from === null ? {} : { StartingSequenceNumber: from.position }),
  });
  return recordsIn(await call("GetRecords", { ShardIterator: textAt(opened, "ShardIterator") })).map((members) => {
    const position = textAt(members, "SequenceNumber") ?? "";
    return {
      position,
      arrivedAtMs: arrivedAtMsOf(members["ApproximateArrivalTimestamp"], position),
      partitionKey: textAt(members, "PartitionKey") ?? "",
      data: Buffer.from(textAt(members, "Data") ?? "", "base64"),
    };
  });
}

async function changesPage(
  call: KinesisEndpoint["call"],
  { streamArn, unit, from }: Asked,
): Promise<readonly SourceRecord[]> {
  const opened = await call("GetShardIterator", {
    StreamArn: streamArn,
    ShardId: unit,
    ShardIteratorType: iteratorType(from),
    ...(from === null ? {} : { SequenceNumber: from.position }),
  });
  return recordsIn(await call("GetRecords", { ShardIterator: textAt(opened, "ShardIterator") })).map((members) => {
    const { ApproximateCreationDateTime: _, SequenceNumber: number, ...change } = objectIn(members["dynamodb"]);
    const identity = objectIn(members["userIdentity"]);
    const { Type: type, PrincipalId: principalId } = identity;
    const position = String(number);
    const text = JSON.stringify({
      eventID: members["eventID"],
      eventName: members["eventName"],
      dynamodb: change,
      ...(type === undefined ? {} : { userIdentity: { type, principalId } }),
    });
    return {
      position,
      arrivedAtMs: arrivedAtMsOf(null, position),
      partitionKey: laneKeyOfItem(objectIn(change["Keys"]) as Item),
      data: Buffer.from(text),
    };
  });
}

function recordsIn(answer: Members): readonly Members[] {
  return Array.isArray(answer["Records"]) ? answer["Records"].map(objectIn) : [];
}

function objectIn(value: unknown): Members {
  return typeof value === "object" && value !== null ? { ...value } : {};
}

/** On the wire a number of seconds, whole ones where a table's stream tells it: the position has the millisecond. */
function arrivedAtMsOf(value: unknown, position: Position): number {
  if (typeof value === "number") return Math.round(value * 1_000);
  return Number(entryIdFromPosition(position)?.split("-")[0] ?? 0);
}

/** What lies in a queue of a running server. */
export function createServedQueues(url: string, fetchFrom: Fetch): (queueName: string) => Promise<QueueFacts | null> {
  const endpoint = createQueueEndpoint(url, fetchFrom);
  return async (queueName) => {
    const { QueueUrl } = await endpoint.call("GetQueueUrl", { QueueName: queueName });
    const { Attributes } = await endpoint.call("GetQueueAttributes", { QueueUrl, AttributeNames: ["All"] });
    const attributes = objectIn(Attributes);
    const count = (name: string): number => Number(attributes[name] ?? 0);
    return {
      visibleCount: count("ApproximateNumberOfMessages"),
      hiddenCount: count("ApproximateNumberOfMessagesNotVisible"),
      delayedCount: count("ApproximateNumberOfMessagesDelayed"),
    };
  };
}
