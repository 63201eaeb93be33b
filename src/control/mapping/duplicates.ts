// Which mapping stands in the way of another (section 4.4), and how AWS says so. A mapping that is Deleting still counts.

import type { MappingRecord } from "./mapping-record.ts";
import type { MappingSettings } from "./mapping-settings.ts";
import { isKafkaKind, isQueueKind, isStreamKind, type SourceKind } from "./source-kinds.ts";

/** A mapping that there is, or would be. */
export interface Tie {
  readonly uuid: string;
  readonly kind: SourceKind;
  readonly settings: MappingSettings;
  readonly functionName: string;
  readonly functionArn: string;
}

export interface Clash {
  readonly record: MappingRecord;
  /** It ties the same of the source to the same function; false: it only has the same consumer group. */
  readonly isTwin: boolean;
  /** Of the ResourceConflictException. */
  readonly text: string;
}

/** Null: nothing stands in the way of `wanted`. Itself never does. */
export function findClash(records: Iterable<MappingRecord>, wanted: Tie): Clash | null {
  let inGroup: MappingRecord | null = null;
  for (const record of records) {
    if (record.uuid === wanted.uuid || !isSameSource(record.settings, wanted.settings)) continue;
    if (record.functionArn === wanted.functionArn && partOf(record) === partOf(wanted)) {
      return { record, isTwin: true, text: twinText(wanted, record.uuid) };
    }
    if (isKafkaKind(wanted.kind) && groupOf(record.settings) === groupOf(wanted.settings)) inGroup ??= record;
  }
  return inGroup === null ? null : { record: inGroup, isTwin: false, text: groupText(wanted, inGroup.uuid) };
}

/** One server in common makes two lists of them the same cluster. */
function isSameSource(one: MappingSettings, other: MappingSettings): boolean {
  const servers = serversOf(other);
  if (servers.length > 0) return serversOf(one).some((server) => servers.includes(server));
  return one.EventSourceArn === other.EventSourceArn;
}

/** In the order in which answers show them. */
const serversOf = (settings: MappingSettings): readonly string[] =>
  (settings.SelfManagedEventSource?.Endpoints?.KAFKA_BOOTSTRAP_SERVERS ?? [])
    .filter((server) => server !== null)
    .toSorted();

const groupOf = (settings: MappingSettings): string | undefined =>
  (settings.AmazonManagedKafkaEventSourceConfig ?? settings.SelfManagedKafkaEventSourceConfig)?.ConsumerGroupId;

/** What of the source a mapping reads, where one source has several: topic, queue, collection. */
function partOf({ settings }: Pick<Tie, "settings">): string {
  const { Topics, Queues, DocumentDBEventSourceConfig: database } = settings;
  if (database !== undefined) return [database.DatabaseName, database.CollectionName ?? ""].join(".");
  return (Topics ?? Queues)?.[0] ?? "";
}

const advice = (uuid: string): string =>
  `already exists. Please update or delete the existing mapping with UUID ${uuid}`;

/** The blanks inside the quotes of queues and streams are AWS's. The texts of brokers and DocumentDB are ours, after MSK's. */
function twinText(wanted: Tie, uuid: string): string {
  const { kind, settings, functionName, functionArn } = wanted;
  const arn = settings.EventSourceArn ?? "";
  if (isQueueKind(kind)) {
    return `An event source mapping with SQS arn (" ${arn} ") and function (" ${functionName} ") ${advice(uuid)}`;
  }
  if (isStreamKind(kind)) {
    return `The event source arn (" ${arn} ") and function (" ${functionName} ") provided mapping ${advice(uuid)}`;
  }
  if (kind === "selfManagedKafka") {
    return `An event source mapping with event source ("${serversOf(settings).join(",")}"), function ("${functionArn}"), topics ("${partOf(wanted)}") ${advice(uuid)}`;
  }
  const part = kind === "msk" ? "topics" : kind === "documentDb" ? "collection" : "queues";
  return `An event source mapping with event source arn ("${arn}"), function ("${functionArn}") and ${part} ("${partOf(wanted)}") ${advice(uuid)}`;
}

/** AWS's text was not kept by those who met it. */
function groupText({ settings }: Tie, uuid: string): string {
  const source = settings.EventSourceArn ?? serversOf(settings).join(",");
  return `An event source mapping with event source ("${source}") and consumer group ("${groupOf(settings) ?? ""}") ${advice(uuid)}`;
}
