// An on-failure document read back: which records it names, and those that it has with it. Whatever else lies in a destination is told as
// what it is.

/** A run of a stream's shard, both ends included. */
export interface StreamRange {
  readonly kind: "stream";
  readonly streamArn: string;
  readonly shardId: string;
  readonly first: string;
  readonly last: string;
  readonly recordCount: number;
}

/** Runs of a topic's partitions, both ends included. */
export interface TopicRange {
  readonly kind: "topic";
  /** The cluster's ARN; of a cluster of one's own `kafka://` and its servers. */
  readonly cluster: string;
  readonly runs: readonly {
    readonly topic: string;
    readonly partition: number;
    readonly first: number;
    readonly last: number;
  }[];
  readonly recordCount: number;
}

/** An invocation by Invoke, with what it was given. */
export interface AsyncCall {
  readonly kind: "invocation";
  readonly functionArn: string;
  readonly payload: string;
}

export type Named = StreamRange | TopicRange | AsyncCall;

export interface ReadDocument {
  readonly named: Named;
  readonly functionArn: string;
  readonly requestId: string;
  /** The event that the function was given, where the document has it with it (O-10, M-424). */
  readonly event: Members | null;
}

export type Members = Readonly<Record<string, unknown>>;

/** A text: why it is none that names records. */
export function readDocument(body: string): ReadDocument | string {
  const members = objectFrom(body);
  const context = objectOf(members["requestContext"]);
  const functionArn = textOf(context["functionArn"]);
  const requestId = textOf(context["requestId"]);
  if (functionArn === "" || requestId === "") return "it is no document of a batch that was given up";
  const { requestPayload } = members;
  if (requestPayload !== undefined) {
    const named: AsyncCall = { kind: "invocation", functionArn, payload: JSON.stringify(requestPayload) };
    return { named, functionArn, requestId, event: null };
  }
  const payload = members["payload"];
  const event = typeof payload === "string" ? objectFrom(payload) : payload === undefined ? null : objectOf(payload);
  const named = streamRange(members) ?? topicRange(members, event);
  if (named === null) return "it names no records: the final call of a window has none";
  return { named, functionArn, requestId, event };
}

function streamRange(members: Members): StreamRange | null {
  const info = objectOf(members["KinesisBatchInfo"] ?? members["DDBStreamBatchInfo"]);
  const [first, last] = [textOf(info["startSequenceNumber"]), textOf(info["endSequenceNumber"])];
  const [streamArn, shardId] = [textOf(info["streamArn"]), textOf(info["shardId"])];
  if (first === "" || last === "" || streamArn === "" || shardId === "") return null;
  return { kind: "stream", streamArn, shardId, first, last, recordCount: Number(info["batchSize"]) };
}

function topicRange(members: Members, event: Members | null): TopicRange | null {
  const info = objectOf(members["KafkaBatchInfo"]);
  const cluster = textOf(info["eventSourceArn"]) || `kafka://${textOf(info["bootstrapServers"])}`;
  // A message of one record says its offset alone; its partition is in the event (M-424).
  const one = objectOf(info["recordInfo"]);
  const runs =
    one["offset"] === undefined
      ? Object.entries(objectOf(info["recordsInfo"])).flatMap(([unit, run]) => {
          const { firstRecordOffset, lastRecordOffset } = objectOf(run);
          return runOf(unit, firstRecordOffset, lastRecordOffset);
        })
      : Object.keys(objectOf(event?.["records"])).flatMap((unit) => runOf(unit, one["offset"], one["offset"]));
  return runs.length === 0 ? null : { kind: "topic", cluster, runs, recordCount: Number(info["batchSize"]) };
}

function runOf(unit: string, first: unknown, last: unknown): TopicRange["runs"] {
  const [, topic, partition] = /^(.+)-(\d+)$/.exec(unit) ?? [];
  if (topic === undefined) return [];
  return [{ topic, partition: Number(partition), first: Number(first), last: Number(last) }];
}

function objectFrom(text: string): Members {
  try {
    return objectOf(JSON.parse(text));
  } catch {
    return {}; // Any text may lie in a queue.
  }
}

export const objectOf = (value: unknown): Members =>
  typeof value === "object" && value !== null && !Array.isArray(value) ? { ...value } : {};

const textOf = (value: unknown): string => (typeof value === "string" ? value : "");
