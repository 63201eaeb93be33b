// O-1: which ARNs a mapping takes as an on-failure destination.

import { expect, test } from "vitest";
import { refuseDestination } from "../../src/control/mapping/value-rules.ts";

const answerTo = (Destination: string) =>
  refuseDestination("kinesis", { DestinationConfig: { OnFailure: { Destination } } } as never);

test.each([
  "arn:aws:sqs:us-east-1:123456789012:dead",
  "arn:aws:sqs:eu-west-1:210987654321:dead",
  "arn:aws:sns:us-east-1:123456789012:alarms",
  "arn:aws:s3:::given-up",
])("O-1: %s may be one", (arn) => {
  expect(answerTo(arn)).toBeNull();
});

test.each([
  "arn:aws:s3:us-east-1:000000000000:given-up",
  "arn:aws:s3:::Bad_Bucket",
  "arn:aws:s3:::192.168.1.1",
  "arn:aws:sqs:us-east-1:123456789012:dead/letters",
  "arn:aws:sqs::123456789012:dead",
  "arn:aws:sns:us-east-1:1:alarms",
  "arn:aws:sns:us-east-1:123456789012:alarms.fifo",
])("O-1: %s is refused", (arn) => {
  expect(answerTo(arn)?.body?.["message"]).toBe(
    `The OnFailure destination must be a standard SQS queue, a standard SNS topic or an S3 bucket; '${arn}' is none of these.`,
  );
});
