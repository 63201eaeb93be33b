// Avro by avsc: data as plain JSON, without the wrapping that Avro's own JSON has around values of unions (M-113). Bytes are text with a
// character for each byte, as in Avro's JSON. A 64-bit integer has all its digits.

import type { Type, types } from "avsc";
import { doubleJson, floatJson, integerDigits } from "./json-numbers.ts";
import type { ReadySchema, RegistrySchema } from "./schema.ts";

/** Throws where the schema is of no use. */
export async function avroSchema({ text, references }: RegistrySchema): Promise<ReadySchema> {
  const { default: avsc } = await import("avsc");
  // One table of names for all: what is referred to is in it before the schema that refers.
  const registry = { long: exactLong(avsc.types) };
  const typeOf = (schemaText: string): Type =>
    avsc.Type.forSchema(JSON.parse(schemaText), { registry, wrapUnions: true, omitRecordMethods: true });
  for (const reference of references) typeOf(reference.text);
  const type = typeOf(text);
  return { dataFormat: "AVRO", jsonOf: (data) => jsonText(avsc.types, type, type.fromBuffer(data)) };
}

type Types = typeof types;

function exactLong({ LongType }: Types): Type {
  return LongType.__with({
    fromBuffer: (bytes: Buffer) => bytes.readBigInt64LE(),
    toBuffer: (value: bigint) => {
      const bytes = Buffer.alloc(8);
      bytes.writeBigInt64LE(value);
      return bytes;
    },
    // Defaults in a schema.
    fromJSON: (value: number | string) => BigInt(value),
    toJSON: Number,
    isValid: (value: unknown) => typeof value === "bigint",
    compare: (one: bigint, other: bigint) => (one === other ? 0 : one < other ? -1 : 1),
  });
}

function jsonText(known: Types, type: Type, value: unknown): string {
  if (value === null) return "null";
  if (type instanceof known.LongType) return integerDigits(value);
  if (type instanceof known.FloatType) return floatJson(Number(value));
  if (type instanceof known.DoubleType) return doubleJson(Number(value));
  if (type instanceof known.BytesType || type instanceof known.FixedType) {
    return JSON.stringify(Buffer.isBuffer(value) ? value.toString("latin1") : "");
  }
  if (type instanceof known.RecordType) {
    const members = type.fields.map(
      ({ name, type: its }) => `${JSON.stringify(name)}:${jsonText(known, its, memberOf(value, name))}`,
    );
    return `{${members.join(",")}}`;
  }
  if (type instanceof known.MapType) {
    const its = type.valuesType;
    const members = entriesOf(value).map(([name, item]) => `${JSON.stringify(name)}:${jsonText(known, its, item)}`);
    return `{${members.join(",")}}`;
  }
  if (type instanceof known.ArrayType) {
    const its = type.itemsType;
    return `[${(Array.isArray(value) ? value : []).map((item) => jsonText(known, its, item)).join(",")}]`;
  }
  if (type instanceof known.WrappedUnionType) {
    const [[branch, item] = ["", null]] = entriesOf(value);
    const its = type.types.find(({ branchName }) => branchName === branch);
    if (its === undefined) throw new Error(`a union has no branch ${branch}`);
    return jsonText(known, its, item);
  }
  // Booleans, integers of 32 bits, text, symbols of enums.
  return JSON.stringify(value);
}

function memberOf(value: unknown, name: string): unknown {
  return typeof value === "object" && value !== null ? Reflect.get(value, name) : undefined;
}

function entriesOf(value: unknown): readonly (readonly [string, unknown])[] {
  return typeof value === "object" && value !== null ? Object.entries(value) : [];
}
