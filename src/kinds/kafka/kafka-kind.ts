// The Kafka kind: what a record of a topic is to the pipeline. It joins size, packing, text, the filter's view and the documents; who
// reads the records, and from where, is left to the adapters.

import type { FilterView, SourceKind } from "../../ports/source-kind.ts";
import { batchInfo, recordInfo } from "./batch-info.ts";
import { CLOSING_TEXT, eventText, type KafkaEventContext, openingText, signed } from "./event-text.ts";
import type { AttributeSchema, KafkaRecord } from "./kafka-record.ts";
import { KAFKA, packKafka } from "./pack-kafka.ts";

const noBytes = new Uint8Array();
const strictUtf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

export function createKafkaKind(context: KafkaEventContext): SourceKind<KafkaRecord> {
  const envelopeBytes = Buffer.byteLength(openingText(context) + CLOSING_TEXT, "utf8");
  return {
    name: KAFKA,
    envelopeBytes,
    windowBytes: () => 0,
    // Order is a partition's: nothing is hashed.
    laneKey: () => noBytes,
    identifier: ({ offset }) => offset,
    position: ({ offset }) => offset,
    fault: ({ schema }) => schema?.fault ?? null,
    filterView: (record) => filterView(context, record),
    pack: (_unit, records) => packKafka(context, records),
    text: (_unit, records) => eventText(context, records),
    batchInfo: (_unit, records) => batchInfo(context, envelopeBytes, records),
    recordInfo: (record) => ({ batchInfo: recordInfo(context, envelopeBytes, record), key: record.key }),
  };
}

/** F-69, M-311 to M-316. A tombstone has no value, and a record without a key has no key: they are absent, not empty. */
function filterView({ topic }: KafkaEventContext, record: KafkaRecord): FilterView {
  const { key, value, schema } = record;
  return {
    get metadata() {
      return {
        topic,
        partition: record.partitionNumber,
        offset: BigInt(record.offset),
        timestamp: record.arrivedAtMs,
        timestampType: record.timestampType,
        headers: record.headers.map(([name, bytes]) => Object.fromEntries([[name, signedOf(bytes)]])),
        ...metadataOf("keySchemaMetadata", schema?.key ?? null),
        ...metadataOf("valueSchemaMetadata", schema?.value ?? null),
      };
    },
    dataMember: "value",
    ...(value === null ? {} : { dataText: schema?.value?.json ?? textOf(value) }),
    ...(key === null ? {} : { secondData: { member: "key", text: schema?.key?.json ?? textOf(key) } }),
  };
}

const signedOf = (bytes: Uint8Array | null): readonly number[] | null => {
  const numbers = signed(bytes);
  return numbers === null ? null : [...numbers];
};

function metadataOf(name: string, schema: AttributeSchema | null): Readonly<Record<string, unknown>> {
  if (schema === null) return {};
  const { dataFormat, schemaId } = schema;
  return { [name]: { dataFormat, schemaId } };
}

/** Null: not UTF-8 (F-79). */
function textOf(bytes: Uint8Array): string | null {
  try {
    return strictUtf8.decode(bytes);
  } catch {
    // The bytes are no text; the filter has a rule for that (F-75).
    return null;
  }
}
