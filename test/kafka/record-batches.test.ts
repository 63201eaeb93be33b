// Record batches as a broker sends them, written here by hand where no producer of ours can write them.

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { readBatches } from "../../workers/kafka/record-batches.ts";

interface WrittenBatch {
  readonly firstOffset?: bigint;
  readonly lastOffset?: bigint;
  readonly producerId?: bigint;
  readonly attributes?: number;
  readonly records?: readonly {
    readonly offset: bigint;
    readonly key?: string | Buffer;
    readonly headers?: readonly (readonly [string, string | null])[];
  }[];
}

const TRANSACTIONAL = 0x10;
const CONTROL = 0x30;
const abortKey = Buffer.from([0, 0, 0, 0]);
const commitKey = Buffer.from([0, 0, 0, 1]);
const unpacked = (_codec: number, bytes: Buffer) => Promise.resolve(bytes);

const read = (batches: readonly WrittenBatch[], from = 0n, aborted: Parameters<typeof readBatches>[2] = []) =>
  readBatches(Buffer.concat(batches.map(batchBytes)), from, aborted, unpacked);
const offsetsOf = ({ records }: Awaited<ReturnType<typeof readBatches>>) => records.map(({ offset }) => Number(offset));

describe("record batches", () => {
  test("M-109, M-814: headers in their order, also where names lie between one another", async () => {
    const headers = [
      ["h", "1"],
      ["7", "2"],
      ["h", "3"],
      ["constructor", null],
    ] as const;
    const { records } = await read([{ records: [{ offset: 0n, headers }] }]);
    expect(
      records[0]?.headers.map(([name, value]) => [name, value === null ? null : Buffer.from(value).toString()]),
    ).toEqual(headers);
  });

  test("M-804: a batch that compaction has emptied is passed, and no further", async () => {
    const answer = await read([{ firstOffset: 0n, lastOffset: 4n }, { records: [{ offset: 7n }] }]);
    expect([offsetsOf(answer), answer.next]).toEqual([[7], 8n]);
    expect((await read([{ firstOffset: 0n, lastOffset: 4n }])).next).toBe(5n);
  });

  test("records before the asked offset are not handed out, and a batch that is cut off is left for the next fetch", async () => {
    const whole = batchBytes({ records: [{ offset: 0n }, { offset: 1n }, { offset: 2n }] });
    const cut = batchBytes({ records: [{ offset: 3n }] }).subarray(0, 40);
    const answer = await readBatches(Buffer.concat([whole, cut]), 1n, [], unpacked);
    expect([offsetsOf(answer), answer.next]).toEqual([[1, 2], 3n]);
    expect(await readBatches(cut, 3n, [], unpacked)).toEqual({ records: [], next: 3n });
  });

  test("a record that is longer than it says is no record", async () => {
    const bytes = batchBytes({ records: [{ offset: 0n }, { offset: 1n }] });
    const lengthAt = 61;
    bytes.writeUInt8(bytes.readUInt8(lengthAt) - 2, lengthAt);
    await expect(readBatches(bytes, 0n, [], unpacked)).rejects.toThrow(RangeError);
  });

  test("what a record has behind its headers is passed", async () => {
    const bytes = batchBytes({ records: [{ offset: 0n }, { offset: 1n }] });
    const [head, [first, ...others]] = [bytes.subarray(0, 61), bytes.subarray(61)];
    const longer = Buffer.concat([
      head,
      varint((first ?? 0) / 2 + 1),
      Buffer.from(others.slice(0, (first ?? 0) / 2)),
      varint(0),
    ]);
    const all = Buffer.concat([longer, Buffer.from(others.slice((first ?? 0) / 2))]);
    all.writeInt32BE(all.length - 12, 8);
    expect(offsetsOf(await readBatches(all, 0n, [], unpacked))).toEqual([0, 1]);
  });

  test("M-804: what a producer wrote before it aborted is left out, what it wrote behind, and what others wrote, is not", async () => {
    const batches: readonly WrittenBatch[] = [
      { producerId: 1n, attributes: TRANSACTIONAL, records: [{ offset: 0n }] },
      { producerId: 2n, attributes: TRANSACTIONAL, records: [{ offset: 1n }] },
      { records: [{ offset: 2n }] },
      { producerId: 1n, attributes: CONTROL, records: [{ offset: 3n, key: abortKey }] },
      { producerId: 1n, attributes: TRANSACTIONAL, records: [{ offset: 4n }] },
      { producerId: 2n, attributes: CONTROL, records: [{ offset: 5n, key: commitKey }] },
      { producerId: 1n, attributes: CONTROL, records: [{ offset: 6n, key: commitKey }] },
    ];
    const answer = await read(batches, 0n, [{ producerId: 1n, firstOffset: 0n }]);
    expect([offsetsOf(answer), answer.next]).toEqual([[1, 2, 4], 7n]);
  });

  test("an offset of more digits than a number has keeps them all (M-106)", async () => {
    const { records, next } = await read([{ records: [{ offset: 9_007_199_254_740_993n }] }]);
    expect([records[0]?.offset, next]).toEqual([9_007_199_254_740_993n, 9_007_199_254_740_994n]);
  });

  test("records in the format before Kafka 0.11 are refused", async () => {
    const old = batchBytes({ records: [{ offset: 0n }] });
    old.writeInt8(1, 16);
    await expect(readBatches(old, 0n, [], unpacked)).rejects.toThrow("before Kafka 0.11");
  });

  test("whatever is asked from, records ascend, none lies before, and the next place is never before what was asked", async () => {
    const runs = fc.array(fc.record({ gap: fc.nat(5), count: fc.nat(4), tail: fc.nat(3) }), { maxLength: 6 });
    await fc.assert(
      fc.asyncProperty(runs, fc.nat(40), async (given, from) => {
        const answer = await read(batchesOf(given), BigInt(from));
        const offsets = offsetsOf(answer);
        expect(offsets).toEqual([...new Set(offsets)].sort((a, b) => a - b));
        expect(offsets.every((offset) => offset >= from && BigInt(offset) < answer.next)).toBe(true);
        expect(answer.next).toBeGreaterThanOrEqual(BigInt(from));
      }),
    );
  });
});

function batchesOf(
  runs: readonly { readonly gap: number; readonly count: number; readonly tail: number }[],
): readonly WrittenBatch[] {
  const batches: WrittenBatch[] = [];
  let next = 0;
  for (const { gap, count, tail } of runs) {
    const first = next + gap;
    const records = Array.from({ length: count }, (_, index) => ({ offset: BigInt(first + index) }));
    next = first + count + tail;
    batches.push({ firstOffset: BigInt(first), lastOffset: BigInt(Math.max(first, next - 1)), records });
    next = Math.max(first + 1, next);
  }
  return batches;
}

function batchBytes({ records = [], producerId = -1n, attributes = 0, ...given }: WrittenBatch): Buffer {
  const first = given.firstOffset ?? records[0]?.offset ?? 0n;
  const last = given.lastOffset ?? records.at(-1)?.offset ?? first;
  const body = Buffer.concat(records.map((record) => recordBytes(record, first)));
  const head = Buffer.alloc(61);
  head.writeBigInt64BE(first, 0);
  head.writeInt32BE(head.length + body.length - 12, 8);
  head.writeInt8(2, 16);
  head.writeInt16BE(attributes, 21);
  head.writeInt32BE(Number(last - first), 23);
  head.writeBigInt64BE(producerId, 43);
  head.writeInt32BE(records.length, 57);
  return Buffer.concat([head, body]);
}

function recordBytes(
  { offset, key, headers = [] }: NonNullable<WrittenBatch["records"]>[number],
  first: bigint,
): Buffer {
  const parts = [
    Buffer.from([0]),
    varint(0),
    varint(Number(offset - first)),
    blockOf(key === undefined ? null : Buffer.from(key)),
    blockOf(null),
    varint(headers.length),
    ...headers.flatMap(([name, value]) => [
      blockOf(Buffer.from(name)),
      blockOf(value === null ? null : Buffer.from(value)),
    ]),
  ];
  const content = Buffer.concat(parts);
  return Buffer.concat([varint(content.length), content]);
}

const blockOf = (bytes: Buffer | null) => (bytes === null ? varint(-1) : Buffer.concat([varint(bytes.length), bytes]));

function varint(value: number): Buffer {
  const bytes: number[] = [];
  let left = value < 0 ? -value * 2 - 1 : value * 2;
  for (; left >= 128; left = Math.floor(left / 128)) bytes.push((left % 128) + 128);
  return Buffer.from([...bytes, left]);
}
