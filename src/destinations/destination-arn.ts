// Which place an on-failure destination's ARN names (O-1). What the control plane accepts is its own; this is for delivery.

export interface DestinationAddress {
  readonly kind: "queue" | "topic" | "bucket";
  readonly name: string;
  /** Of a queue or topic; a bucket's ARN says none: both are empty. */
  readonly region: string;
  readonly accountId: string;
}

const ARN = /^arn:(?:aws[a-z-]*):(sqs|sns|s3):([a-z0-9-]*):([0-9]*):([^:]+)$/;
const kinds = { sqs: "queue", sns: "topic", s3: "bucket" } as const;

/** Null where the ARN names neither a queue nor a topic nor a bucket. */
export function destinationFromArn(arn: string): DestinationAddress | null {
  const [, service, region = "", accountId = "", name] = ARN.exec(arn) ?? [];
  if (name === undefined || (service !== "sqs" && service !== "sns" && service !== "s3")) return null;
  if (service === "s3" && `${region}${accountId}` !== "") return null;
  return { kind: kinds[service], name, region, accountId };
}
