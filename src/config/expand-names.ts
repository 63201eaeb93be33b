// Short names in mappings: `kinesis:orders` for a stream's ARN, `dynamodb:orders` for that of a table's latest stream, `sqs:orders` for a
// queue's; `sqs:orders-failed`, `sns:topic` and `s3:bucket` for a destination's. What is no short name stays as it is; the control plane judges it.

export interface Home {
  readonly account: string;
  readonly region: string;
}

/** Stands for a label that only a start can tell: that of the stream which the table has then. */
export const LATEST_LABEL = "latest";

export function expandSource(text: string, { account, region }: Home): string {
  const [, service, name] = /^(kinesis|dynamodb|sqs):([^:/]+)$/.exec(text) ?? [];
  if (name === undefined) return text;
  if (service === "sqs") return `arn:aws:sqs:${region}:${account}:${name}`;
  return service === "kinesis"
    ? `arn:aws:kinesis:${region}:${account}:stream/${name}`
    : `arn:aws:dynamodb:${region}:${account}:table/${name}/stream/${LATEST_LABEL}`;
}

export interface ShortDestination {
  readonly service: "sqs" | "sns" | "s3";
  readonly name: string;
}

/** Null: not in the short form. */
export function shortDestination(text: string): ShortDestination | null {
  const [, service, name] = /^(sqs|sns|s3):([^:/]+)$/.exec(text) ?? [];
  if (name === undefined || (service !== "sqs" && service !== "sns" && service !== "s3")) return null;
  return { service, name };
}

export function expandDestination(text: string, { account, region }: Home): string {
  const short = shortDestination(text);
  if (short === null) return text;
  return short.service === "s3"
    ? `arn:aws:s3:::${short.name}`
    : `arn:aws:${short.service}:${region}:${account}:${short.name}`;
}

/** Whose stream a source is, in either form; null: another kind of source. */
export function streamKindOf(source: string): "kinesis" | "dynamodb" | null {
  if (/^(?:kinesis:|arn:[a-z-]+:kinesis:[a-z0-9-]*:\d*:stream\/)[^:/]+$/.test(source)) return "kinesis";
  return /^(?:dynamodb:[^:/]+|arn:[a-z-]+:dynamodb:[a-z0-9-]*:\d*:table\/[^/]+\/stream\/.+)$/.test(source)
    ? "dynamodb"
    : null;
}
