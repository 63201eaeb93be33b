// Records of a recorded mapping as a scenario has them, called r1, r2 and so on in the order in which they came: of a Kinesis stream key
// and data, of a table's stream the change with its very keys and images. What was not recorded, or is no text, stands as the record's
// label: a script only tells it from others.

import { isUtf8 } from "node:buffer";
import { viewTypes } from "../../kinds/dynamodb/change-text.ts";
import type { ViewType } from "../../ports/item-tables.ts";
import { MillraceError } from "../../errors.ts";
import type { Position } from "../../ports/source.ts";
import {
  observe,
  type ObservedArrival,
  type ObservedMapping,
  positionOfKey,
  type RecordKey,
} from "../../recording/observed.ts";
import type { Recording } from "../../recording/read-recording.ts";
import { isObject, type JsonObject, type ScenarioRecord, type SourceSetup } from "../../sim/scenario.ts";

export type StreamSetup = SourceSetup & { readonly type: "kinesis-stream" | "dynamodb-stream" };

export interface NamedRecord {
  readonly label: string;
  readonly key: RecordKey;
}

export interface RecordedRecords {
  readonly records: readonly ScenarioRecord[];
  readonly names: readonly NamedRecord[];
  /** Without its number of shards. */
  readonly source: StreamSetup;
  /** In what records of these labels differ from the recorded ones, a sentence each. */
  readonly notesOn: (labels: ReadonlySet<string>) => readonly string[];
}

type Change = NonNullable<ScenarioRecord["change"]>;
type Item = Change["Keys"];

const ALL_IMAGES = "NEW_AND_OLD_IMAGES";

export function recordedRecords(mapping: ObservedMapping, isWithPayloads: boolean): RecordedRecords {
  const kind = mapping.spec.source.kind;
  const isTable = kind === "embeddedDynamodb" || kind === "redisDynamodb";
  const named = namedArrivals(mapping);
  const arrivals = named.map(({ arrival }) => arrival);
  const told = named.map(({ arrival, label }) => (isTable ? changeOf(arrival, label, isWithPayloads) : null));
  const changes = told.filter((each) => each !== null);
  const records = named.map(({ arrival, label }, index): ScenarioRecord => {
    const atS = (arrival.atMs - mapping.beganAtMs) / 1_000;
    const change = told[index]?.change;
    return {
      label,
      ...(change === undefined ? contentOf(arrival, label, isWithPayloads) : { change }),
      ...(atS > 0 ? { at_s: atS } : {}),
    };
  });
  const source: StreamSetup = isTable ? tableSetup(changes) : { type: "kinesis-stream" };
  return {
    records,
    names: named.map(({ arrival, label }) => ({ label, key: arrival.key })),
    source,
    notesOn(labels) {
      const isThere = (_: unknown, index: number): boolean => labels.has(named[index]?.label ?? "");
      const kept = told.filter(isThere);
      const isOfAggregate = arrivals
        .filter(isThere)
        .some(({ key, record }) => record.isFollowed === true || key.includes("#"));
      const isOfConsumer = !isTable && mapping.spec.eventSourceArn.includes("/consumer/");
      const isOtherView = kept.some((each) => each !== null && each.viewType !== source.view);
      return [
        ...(isOfAggregate ? ["records of one aggregate stand as records of their own"] : []),
        ...(isOfConsumer ? ["the registered consumer's records are read from the stream itself"] : []),
        ...(isOtherView ? [`changes of several view types stand under ${ALL_IMAGES}, with their own images`] : []),
        ...(kept.some((each) => each?.isByTimeToLive === true)
          ? ["deletions by time to live stand as deletions by a client: without userIdentity"]
          : []),
      ];
    },
  };
}

/** r1, r2 and so on, in the order in which they came. */
function namedArrivals({ units }: ObservedMapping) {
  const arrivals = units.flatMap((unit) => unit.arrivals).toSorted((a, b) => a.atMs - b.atMs);
  return arrivals.map((arrival, index) => ({ arrival, label: `r${index + 1}` }));
}

/**
 * The position of the record that a scenario made of the recording calls so; null: none does, or a record has this text as its own key,
 * which goes before names that nobody gave. Throws bad-argument where mappings of the
 * recording call different ones so.
 */
export async function recordedPosition(recording: Recording, label: string): Promise<Position | null> {
  if (!/^r[1-9]\d*$/.test(label)) return null;
  const { mappings } = await observe(recording);
  const arrivals = mappings.flatMap(({ units }) => units.flatMap((unit) => unit.arrivals));
  if (arrivals.some(({ record }) => Buffer.from(record.partitionKey).toString("utf8") === label)) return null;
  const named = mappings.flatMap((mapping) => namedArrivals(mapping).filter((each) => each.label === label));
  const positions = [...new Set(named.map(({ arrival }) => positionOfKey(arrival.key)))];
  const [first, second] = positions;
  if (second !== undefined)
    throw new MillraceError(
      "bad-argument",
      `mappings of the recording call different records \`${label}\`: ${positions.join(", ")}`,
      { help: `millrace explain ${first}` },
    );
  return first ?? null;
}

function contentOf({ record }: ObservedArrival, label: string, isWithPayloads: boolean) {
  const partitionKey = Buffer.from(record.partitionKey).toString("utf8");
  const isText = isWithPayloads && isUtf8(record.data);
  return {
    // Streams that other programs fill may have records without a key.
    partitionKey: partitionKey === "" ? label : partitionKey,
    data: isText ? Buffer.from(record.data).toString("utf8") : label,
  };
}

interface ToldChange {
  readonly change: Change;
  readonly viewType: ViewType;
  readonly isByTimeToLive: boolean;
}

/** Keys are in every recording: they are what a change's lane is chosen by (E-62). */
function changeOf({ record }: ObservedArrival, label: string, isWithPayloads: boolean): ToldChange {
  if (!isWithPayloads) {
    const Keys = itemOf(parsed(record.partitionKey));
    const change = { eventName: "INSERT" as const, Keys, NewImage: { ...Keys, record: { S: label } } };
    return { change, viewType: ALL_IMAGES, isByTimeToLive: false };
  }
  const told = parsed(record.data);
  const dynamodb = isObject(told["dynamodb"]) ? told["dynamodb"] : {};
  const { Keys, NewImage, OldImage, StreamViewType } = dynamodb;
  const change: Change = {
    eventName: (["MODIFY", "REMOVE"] as const).find((name) => name === told["eventName"]) ?? "INSERT",
    Keys: itemOf(Keys),
    ...(NewImage === undefined ? {} : { NewImage: itemOf(NewImage) }),
    ...(OldImage === undefined ? {} : { OldImage: itemOf(OldImage) }),
  };
  return {
    change,
    viewType: viewTypes.find((each) => each === StreamViewType) ?? ALL_IMAGES,
    isByTimeToLive: told["userIdentity"] !== undefined,
  };
}

function tableSetup(changes: readonly ToldChange[]): StreamSetup {
  const [first] = changes;
  const isOneView = changes.every(({ viewType }) => viewType === first?.viewType);
  const [key, ...others] = Object.keys(first?.change.Keys ?? {});
  const view = isOneView && first !== undefined ? first.viewType : ALL_IMAGES;
  // A scenario's table has one key; of two the changes themselves tell.
  return { type: "dynamodb-stream", ...(key === undefined || others.length > 0 ? {} : { key }), view };
}

function parsed(bytes: Uint8Array): JsonObject {
  const value: unknown = JSON.parse(Buffer.from(bytes).toString("utf8"));
  return isObject(value) ? value : {};
}

const itemOf = (value: unknown): Item =>
  isObject(value)
    ? Object.fromEntries(Object.entries(value).map(([name, each]) => [name, isObject(each) ? { ...each } : {}]))
    : {};
