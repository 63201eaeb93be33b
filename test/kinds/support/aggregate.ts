// Makes KPL aggregates as a producer's library does: magic, message, MD5 of the message. Keys go as bytes: pbf's own writer of texts
// knows no characters beyond U+FFFF as they are.

import { createHash } from "node:crypto";
import { PbfWriter } from "pbf";

export interface Inner {
  readonly key: string;
  readonly data: Uint8Array;
  readonly explicitHashKey?: string;
}

export const MAGIC = Buffer.from("f3899ac2", "hex");

export function messageOf(records: readonly Inner[]): Buffer {
  const keys = [...new Set(records.map(({ key }) => key))];
  const hashKeys = [
    ...new Set(records.map(({ explicitHashKey }) => explicitHashKey).filter((each) => each !== undefined)),
  ];
  const pbf = new PbfWriter();
  for (const key of keys) pbf.writeBytesField(1, Buffer.from(key, "utf8"));
  for (const hashKey of hashKeys) pbf.writeStringField(2, hashKey);
  for (const record of records) {
    pbf.writeMessage(
      3,
      (each: Inner, inner: PbfWriter) => {
        inner.writeVarintField(1, keys.indexOf(each.key));
        if (each.explicitHashKey !== undefined) inner.writeVarintField(2, hashKeys.indexOf(each.explicitHashKey));
        inner.writeBytesField(3, each.data);
      },
      record,
    );
  }
  return Buffer.from(pbf.finish());
}

export function framed(message: Uint8Array): Buffer {
  return Buffer.concat([MAGIC, message, createHash("md5").update(message).digest()]);
}

export const aggregateOf = (records: readonly Inner[]): Buffer => framed(messageOf(records));
