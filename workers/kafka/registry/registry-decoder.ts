// What a schema registry makes of a record before the filter sees it (M-615): keys and values that are to be validated are decoded, or
// lose their prefix; one that does not fit is told as its record's fault (M-414). Where the registry cannot say, nothing is decided: the
// source holds the partition and asks again.

import type { AttributeSchema, SchemaReading } from "../../../src/kinds/kafka/kafka-record.ts";
import type { RegistryReading } from "../../../src/ports/mapping-spec.ts";
import type { SourceProblem } from "../../../src/ports/source.ts";
import type { SecretText } from "../kafka-login.ts";
import { unprefixed } from "./confluent-bytes.ts";
import { createRegistryClient } from "./registry-client.ts";
import { createSchemaShelf, type SchemaShelf } from "./schema-shelf.ts";

export interface RawRecord {
  readonly key: Uint8Array | null;
  readonly value: Uint8Array | null;
}

/** Key and value as they are delivered (M-113); with a fault, as they came. */
export interface DecodedRecord extends RawRecord {
  readonly schema: SchemaReading;
}

export interface RegistryDecoder {
  /** Never rejects. After a problem the same record may be asked again. */
  decode(record: RawRecord): Promise<DecodedRecord | { readonly problem: SourceProblem }>;
}

export function createRegistryDecoder(reading: RegistryReading, secretText: SecretText): RegistryDecoder {
  const shelf = createSchemaShelf(createRegistryClient(reading, secretText));
  const isWanted = (attribute: "KEY" | "VALUE"): boolean => reading.attributes.includes(attribute);
  return {
    async decode({ key, value }) {
      const decodedKey = isWanted("KEY") ? await decoded(shelf, reading.format, key) : asItCame(key);
      if ("problem" in decodedKey) return decodedKey;
      const decodedValue = isWanted("VALUE") ? await decoded(shelf, reading.format, value) : asItCame(value);
      if ("problem" in decodedValue) return decodedValue;
      const fault = decodedKey.fault ?? decodedValue.fault;
      const schema = { key: decodedKey.schema, value: decodedValue.schema, fault };
      if (fault !== null) return { key, value, schema };
      return { key: decodedKey.bytes, value: decodedValue.bytes, schema };
    },
  };
}

interface Decoded {
  readonly bytes: Uint8Array | null;
  readonly schema: AttributeSchema | null;
  readonly fault: SchemaReading["fault"];
}

const asItCame = (bytes: Uint8Array | null): Decoded => ({ bytes, schema: null, fault: null });

async function decoded(
  shelf: SchemaShelf,
  format: RegistryReading["format"],
  bytes: Uint8Array | null,
): Promise<Decoded | { readonly problem: SourceProblem }> {
  if (bytes === null) return asItCame(null);
  const parts = unprefixed(bytes);
  if (parts === null) return { ...asItCame(bytes), fault: "DESERIALIZATION_ERROR" };
  const answer = await shelf.get(parts.schemaId);
  if (answer.kind === "problem") return answer;
  if (answer.kind === "unknown") return { ...asItCame(bytes), fault: "SCHEMA_NOT_FOUND" };
  const { dataFormat, jsonOf } = answer.schema;
  try {
    const json = jsonOf(parts.data);
    const schema = { dataFormat, schemaId: String(parts.schemaId), json };
    return { bytes: format === "JSON" ? Buffer.from(json) : parts.data, schema, fault: null };
  } catch {
    return { ...asItCame(bytes), fault: "DESERIALIZATION_ERROR" };
  }
}
