// The small parts of the core, each against something simpler that says the same.

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { batchName, halfPath, restPath } from "../../src/core/batch-name.ts";
import { closedByWord } from "../../src/core/closer.ts";
import { leftHalfCount } from "../../src/core/decide.ts";
import { expiredPrefixCount } from "../../src/core/expiry.ts";
import { instantWithMs, javaInstant } from "../../src/core/instant.ts";
import { laneOf } from "../../src/core/lane-key.ts";
import type { Rec } from "../../src/core/record.ts";
import { backoffMs } from "../../src/core/retry-clock.ts";
import { utf8Length } from "../../src/core/utf8-length.ts";
import { append, firstOf, nothingWaits, takeFirst, visitFrom, type Waiting } from "../../src/core/waiting.ts";

const aRecord = (ordinal: number, sizeBytes = 1, arrivedAtMs = 0): Rec => ({ ordinal, sizeBytes, arrivedAtMs });

describe("waiting records", () => {
  const actions = fc.array(
    fc.oneof(
      fc.record({ kind: fc.constant("append" as const), count: fc.integer({ min: 0, max: 40 }) }),
      fc.record({ kind: fc.constant("take" as const), share: fc.double({ min: 0, max: 1, noNaN: true }) }),
    ),
    { maxLength: 60 },
  );

  test("C1, C2: any appends and takes give what a plain array gives, in few chunks", () => {
    fc.assert(
      fc.property(actions, fc.nat(50), (list, start) => {
        let waiting: Waiting<Rec> = nothingWaits;
        let plain: Rec[] = [];
        const takenAll: Rec[] = [];
        let next = 0;
        for (const action of list) {
          if (action.kind === "append") {
            const records = Array.from({ length: action.count }, () => aRecord(next++, next % 7));
            waiting = append(waiting, records);
            plain.push(...records);
          } else {
            const count = Math.floor(plain.length * action.share);
            if (count === 0) continue;
            const { taken, rest } = takeFirst(waiting, count);
            takenAll.push(...taken);
            waiting = rest;
            plain = plain.slice(count);
          }
          expect(waiting.count).toBe(plain.length);
          expect(waiting.bytes).toBe(plain.reduce((sum, record) => sum + record.sizeBytes, 0));
          expect(firstOf(waiting)).toBe(plain[0] ?? null);
          expect(waiting.chunks.length).toBeLessThanOrEqual(Math.log2(plain.length + 1) + 2);
          const seen: Rec[] = [];
          visitFrom(waiting, start, (record) => seen.push(record) < 5);
          expect(seen).toEqual(plain.slice(start, start + 5));
          expect(takenAll.map((record) => record.ordinal)).toEqual([...takenAll.keys()]);
          expect(takenAll.length + plain.length).toBe(next);
        }
      }),
    );
  });

  test("L2: more than waits cannot be taken", () => {
    expect(() => takeFirst(append(nothingWaits, [aRecord(0)]), 2)).toThrow("L2");
  });
});

describe("small rules", () => {
  test("names: halves, rests, and rests of rests stay short", () => {
    const rest = restPath("");
    expect(batchName({ number: 29, path: halfPath(halfPath("", 2), 1) })).toBe("29.2.1");
    expect([rest, restPath(rest), restPath(restPath(rest)), restPath(halfPath(rest, 1))]).toEqual([
      "+",
      "+2",
      "+3",
      "+.1+",
    ]);
  });

  test("every closer has one of the eight words", () => {
    expect(closedByWord("caughtUp")).toBe("caught up");
    expect(closedByWord("edge")).toBe("tumbling edge");
    expect(closedByWord("paused")).toBe("broker limit");
  });

  test.each([
    [2, 1],
    [3, 1],
    [4, 2],
    [5, 2],
    [10_000, 5_000],
  ])("E-18: of %i records %i go left", (count, left) => {
    expect(leftHalfCount(count)).toBe(left);
  });

  test.each([
    [0, 0, 200],
    [1, 0, 400],
    [8, 0, 51_200],
    [9, 0, 60_000],
    [5_000, 0, 60_000],
    [0, 50, 250],
    [9, 50, 60_000],
  ])("E-20: step %i with %i ms of jitter waits %i ms", (at, jitterMs, expected) => {
    expect(backoffMs(at, jitterMs)).toBe(expected);
  });

  test("E-13: the expired beginning ends at the first fresh record, at the limit given, or nowhere without an age", () => {
    const records = [aRecord(0, 1, 0), aRecord(1, 1, 1), aRecord(2, 1, 500), aRecord(3, 1, 0)];
    expect(expiredPrefixCount(records, { maxAgeMs: 100, nowMs: 100, atMost: 10 })).toBe(1);
    expect(expiredPrefixCount(records, { maxAgeMs: 100, nowMs: 101, atMost: 10 })).toBe(2);
    expect(expiredPrefixCount(records, { maxAgeMs: 100, nowMs: 600, atMost: 3 })).toBe(3);
    expect(expiredPrefixCount(records, { maxAgeMs: -1, nowMs: 1e15, atMost: 10 })).toBe(0);
  });

  test("O-4: an instant in Java's form has a fraction only where there is one", () => {
    const atMs = Date.UTC(2026, 8, 17, 14, 11, 7, 822);
    expect(javaInstant(atMs)).toBe("2026-09-17T14:11:07.822Z");
    expect(javaInstant(atMs - 822)).toBe("2026-09-17T14:11:07Z");
    expect(instantWithMs(atMs - 822)).toBe("2026-09-17T14:11:07.000Z");
  });

  test("W-12: the length in UTF-8 is what an encoder gives, lone surrogates included", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), fc.array(fc.integer({ min: 0, max: 0xffff })), (text, units) => {
        const any = text + String.fromCharCode(...units);
        expect(utf8Length(any)).toBe(new TextEncoder().encode(any).length);
      }),
    );
  });
});

describe("lanes by key", () => {
  const encoder = new TextEncoder();

  test("E-63: same key, same lane, for ever: pinned values", () => {
    expect(["a", "b", "order-7731", ""].map((key) => laneOf(encoder.encode(key), 10))).toEqual([5, 4, 6, 3]);
  });

  test("E-62: with one lane every key is in it", () => {
    expect(laneOf(encoder.encode("any"), 1)).toBe(0);
  });

  test.each([2, 3, 10])("E-62: ten thousand keys spread over %i lanes", (factor) => {
    const counts = new Array<number>(factor).fill(0);
    for (let key = 0; key < 10_000; key += 1) {
      const lane = laneOf(encoder.encode(`order-${key}`), factor);
      counts[lane] = (counts[lane] ?? 0) + 1;
    }
    const fair = 10_000 / factor;
    expect(Math.min(...counts)).toBeGreaterThan(fair * 0.85);
    expect(Math.max(...counts)).toBeLessThan(fair * 1.15);
  });
});
