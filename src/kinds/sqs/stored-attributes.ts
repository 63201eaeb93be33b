// The attributes of a message as they lie beside its body, as text, and their digest by SQS's public algorithm. What a sender may give is
// the door's to judge (src/control/sqs); what an event shows of them is the poller's.

/** Of bytes, in hex. */
export type Md5 = (bytes: Uint8Array) => string;

export interface MessageAttribute {
  readonly name: string;
  /** `String`, `Number` or `Binary`, with a label behind a dot if there is one. */
  readonly type: string;
  readonly isBinary: boolean;
  /** Base64 if it is binary. */
  readonly value: string;
}

/** Null: there are none. */
export function storedText(attributes: readonly MessageAttribute[]): string | null {
  return attributes.length === 0 ? null : JSON.stringify(attributes);
}

/** Sorted by name, as they were stored. */
export function storedAttributes(text: string | null): readonly MessageAttribute[] {
  return text === null ? [] : (JSON.parse(text) as readonly MessageAttribute[]);
}

/** Of attributes sorted by name. Null: there is nothing to digest. */
export function attributesDigest(attributes: readonly MessageAttribute[], md5: Md5): string | null {
  if (attributes.length === 0) return null;
  const parts: Uint8Array[] = [];
  const add = (bytes: Uint8Array): void => {
    const length = Buffer.alloc(4);
    length.writeUInt32BE(bytes.length);
    parts.push(length, bytes);
  };
  for (const { name, type, isBinary, value } of attributes) {
    add(Buffer.from(name));
    add(Buffer.from(type));
    parts.push(Buffer.from([isBinary ? 2 : 1]));
    add(valueBytes(value, isBinary));
  }
  return md5(Buffer.concat(parts));
}

/** What they add to a message's size. */
export function attributeBytes(attributes: readonly MessageAttribute[]): number {
  return attributes.reduce(
    (sum, { name, type, isBinary, value }) =>
      sum + Buffer.byteLength(name) + Buffer.byteLength(type) + valueBytes(value, isBinary).length,
    0,
  );
}

const valueBytes = (value: string, isBinary: boolean): Buffer => Buffer.from(value, isBinary ? "base64" : "utf8");
