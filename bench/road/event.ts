// The event that the two loops build, member for member as the product does.

import { sequenceNumberFromEntryId } from "../../src/kinds/kinesis/sequence-number.ts";
import { REGION, ROLE_ARN } from "./record-shape.ts";

export interface KinesisEventRecord {
  readonly kinesis: {
    readonly kinesisSchemaVersion: "1.0";
    readonly partitionKey: string;
    readonly sequenceNumber: string;
    readonly data: string;
    readonly approximateArrivalTimestamp: number;
  };
  readonly eventSource: "aws:kinesis";
  readonly eventVersion: "1.0";
  readonly eventID: string;
  readonly eventName: "aws:kinesis:record";
  readonly invokeIdentityArn: string;
  readonly awsRegion: string;
  readonly eventSourceARN: string;
}

export interface KinesisEvent {
  readonly Records: readonly KinesisEventRecord[];
}

export function eventRecord(
  place: { readonly shard: string; readonly arn: string },
  entryId: string,
  partitionKey: string,
  data: string,
): KinesisEventRecord {
  const sequenceNumber = sequenceNumberFromEntryId(entryId);
  return {
    kinesis: {
      kinesisSchemaVersion: "1.0",
      partitionKey,
      sequenceNumber,
      data,
      approximateArrivalTimestamp: Number(entryId.slice(0, entryId.indexOf("-"))) / 1000,
    },
    eventSource: "aws:kinesis",
    eventVersion: "1.0",
    eventID: `${place.shard}:${sequenceNumber}`,
    eventName: "aws:kinesis:record",
    invokeIdentityArn: ROLE_ARN,
    awsRegion: REGION,
    eventSourceARN: place.arn,
  };
}
