// Which stream a call means: by name, by ARN, or by both.

import type { Surroundings } from "../lookups.ts";
import { parseArn, streamNameOfArn } from "../mapping/source-kinds.ts";
import { type KinesisAnswer, kinesisFailure, streamMissing } from "./kinesis-answer.ts";

export type StreamReference =
  | { readonly kind: "stream"; readonly name: string }
  | { readonly kind: "refused"; readonly answer: KinesisAnswer };

export function streamOf(
  request: { readonly StreamName?: string | undefined; readonly StreamARN?: string | undefined },
  settings: Surroundings,
): StreamReference {
  const { StreamName: name, StreamARN: arn } = request;
  if (arn === undefined) {
    if (name !== undefined) return { kind: "stream", name };
    return refused(kinesisFailure("InvalidArgumentException", "Either StreamName or StreamARN should be provided."));
  }
  const parsed = parseArn(arn);
  const named = streamNameOfArn(arn);
  if (parsed === null || named === null) {
    return refused(kinesisFailure("InvalidArgumentException", `StreamARN ${arn} is invalid.`));
  }
  if (name !== undefined && name !== named) {
    return refused(kinesisFailure("InvalidArgumentException", "StreamName and StreamARN name different streams."));
  }
  const isHere = parsed.region === settings.region && parsed.accountId === settings.accountId;
  return isHere ? { kind: "stream", name: named } : refused(streamMissing(named, parsed.accountId));
}

const refused = (answer: KinesisAnswer): StreamReference => ({ kind: "refused", answer });

export const streamArn = (name: string, settings: Surroundings): string =>
  `arn:${settings.partition}:kinesis:${settings.region}:${settings.accountId}:stream/${name}`;
