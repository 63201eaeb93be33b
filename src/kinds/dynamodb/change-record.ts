// A change's place in the event: what is spliced into its stored text so that it becomes the record (D-1). Nothing is parsed, and
// typed JSON stays byte for byte what was stored.
//
// R1  Every text here is a canonical one (T1), as admitted-change.ts lets in; the three places of splicing follow from its form: names
//     of changes have six letters, and what follows the images is found from the end.

import type { DynamodbEventContext } from "./dynamodb-context.ts";
import { secondText } from "./change-size.ts";

/** `{"eventID":"<32>","eventName":"<6>",`. */
const HEAD_BYTES = 67;
/** `"dynamodb":{`. */
const OPENING_BYTES = 12;
/** Ends what a change's images take; SequenceNumber goes before it. */
export const TAIL_MARK = ',"SizeBytes":';
const tailMark = Buffer.from(TAIL_MARK);

const DIGITS_OF_CHANGE_NUMBER = 40;

interface Constants {
  readonly metadata: string;
  readonly end: string;
}

function constantsOf({ region, eventSourceArn }: DynamodbEventContext): Constants {
  return {
    metadata: `"eventVersion":"1.1","eventSource":"aws:dynamodb","awsRegion":${JSON.stringify(region)},`,
    end: `,"eventSourceARN":${JSON.stringify(eventSourceArn)}}`,
  };
}

/** What a record takes beside its stored text and the digits of its second. */
export function changeConstantBytes(context: DynamodbEventContext): number {
  const { metadata, end } = constantsOf(context);
  // The stored text's last brace gives way to the end.
  return (
    Buffer.byteLength(metadata + creationText("") + numberText("")) +
    DIGITS_OF_CHANGE_NUMBER +
    Buffer.byteLength(end) -
    1
  );
}

const creationText = (second: string): string => `"ApproximateCreationDateTime":${second},`;
const numberText = (changeNumber: string): string => `,"SequenceNumber":"${changeNumber}"`;

export interface ChangePieces {
  readonly data: Uint8Array;
  readonly changeNumber: string;
  readonly arrivedAtMs: number;
}

/** The record's text in UTF-8, in pieces, of which those of the stored text are no copies. */
export function createChangeSplicer(context: DynamodbEventContext): (change: ChangePieces) => readonly Uint8Array[] {
  const constants = constantsOf(context);
  const metadata = Buffer.from(constants.metadata);
  const end = Buffer.from(constants.end);
  return ({ data, changeNumber, arrivedAtMs }) => {
    const bytes = bufferOf(data);
    const tailAt = bytes.lastIndexOf(tailMark);
    const imagesAt = HEAD_BYTES + OPENING_BYTES;
    return [
      bytes.subarray(0, HEAD_BYTES),
      metadata,
      bytes.subarray(HEAD_BYTES, imagesAt),
      Buffer.from(creationText(secondText(arrivedAtMs))),
      bytes.subarray(imagesAt, tailAt),
      Buffer.from(numberText(changeNumber)),
      bytes.subarray(tailAt, -1),
      end,
    ];
  };
}

/** The parts of a change that a filter reads: the `dynamodb` member's text, and the members beside it. */
export function filterParts(change: ChangePieces): {
  readonly eventId: string;
  readonly eventName: string;
  readonly dynamodbText: string;
  /** JSON text, or null. */
  readonly userIdentity: string | null;
} {
  const text = bufferOf(change.data).toString("utf8");
  const tailAt = text.lastIndexOf(TAIL_MARK);
  // No string of the tail holds a brace: those of canonical texts are plain.
  const closedAt = text.indexOf("}", tailAt) + 1;
  const identityAt = closedAt + ',"userIdentity":'.length;
  return {
    eventId: text.slice(EVENT_ID_AT, EVENT_ID_AT + 32),
    eventName: text.slice(EVENT_NAME_AT, EVENT_NAME_AT + 6),
    dynamodbText:
      `{${creationText(secondText(change.arrivedAtMs))}${text.slice(HEAD_BYTES + OPENING_BYTES, tailAt)}` +
      `${numberText(change.changeNumber)}${text.slice(tailAt, closedAt)}`,
    userIdentity: closedAt === text.length - 1 ? null : text.slice(identityAt, -1),
  };
}

const EVENT_ID_AT = 12;
const EVENT_NAME_AT = 59;

function bufferOf(data: Uint8Array): Buffer {
  return Buffer.from(data.buffer, data.byteOffset, data.byteLength);
}
