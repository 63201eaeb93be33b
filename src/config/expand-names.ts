// Short names in mappings: `kinesis:orders` for a stream's ARN, `sqs:orders-failed`, `sns:topic` and `s3:bucket` for a
// destination's. What is no short name stays as it is; the control plane judges it.

export interface Home {
  readonly account: string;
  readonly region: string;
}

export function expandSource(text: string, { account, region }: Home): string {
  const [, name] = /^kinesis:([^:/]+)$/.exec(text) ?? [];
  return name === undefined ? text : `arn:aws:kinesis:${region}:${account}:stream/${name}`;
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

/** Name of a stream in either form; null: another kind of source. */
export function streamNameOf(source: string): string | null {
  return /^(?:kinesis:|arn:[a-z-]+:kinesis:[a-z0-9-]*:\d*:stream\/)([^:/]+)$/.exec(source)?.[1] ?? null;
}
