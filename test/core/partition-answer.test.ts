import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { decodeAnswer, type PartitionPlace, type PartitionsAnswerContext } from "../../src/core/outcome.ts";

const places = (...all: readonly (readonly [string, ...(number | bigint)[]])[]): readonly PartitionPlace[] =>
  all.flatMap(([unit, ...offsets]) => offsets.map((offset) => ({ unit, offset: String(offset) })));

function contextOf(
  batch: readonly PartitionPlace[],
  more: Partial<PartitionsAnswerContext> = {},
): PartitionsAnswerContext {
  return {
    kind: "kafka",
    isReporting: true,
    isTumbling: false,
    recordCount: batch.length,
    partialAnswers: "checkpoint",
    identifierOf: (index) => batch[index] ?? { unit: "", offset: "" },
    ...more,
  };
}

const two = places(["t-0", 0, 1, 2], ["t-1", 0, 1, 2]);
const context = contextOf(two);
const items = contextOf(two, { partialAnswers: "items" });
const named = (...identifiers: readonly unknown[]): string =>
  JSON.stringify({ batchItemFailures: identifiers.map((itemIdentifier) => ({ itemIdentifier })) });
const failedOf = (json: string | null, given = context) => decodeAnswer(json, given).outcome.failed;

describe("answers to a mapping on Kafka with reporting", () => {
  test.each(["null", "{}", '{"batchItemFailures":[]}', '{"batchItemFailures":null}', "", '""', '{"statusCode":200}'])(
    "TM-28, M-410: %s is a success",
    (json) => {
      expect(failedOf(json)).toBe("none");
    },
  );

  const at = (offset: unknown, partition: unknown = "t-0"): string => named({ partition, offset });
  test.each([
    ["TM-29", at(99), "t-0, offset 99 is not in the batch"],
    ["TM-29", at(0, "t-9"), "t-9, offset 0 is not in the batch"],
    [
      "TM-29",
      named({ partition: "t-0", offset: 1 }, { partition: "t-9", offset: 1 }),
      "t-9, offset 1 is not in the batch",
    ],
    ["TM-30", named("t-0:1"), 'an `itemIdentifier` is "t-0:1", not an object with `partition` and `offset`'],
    ["M-410", named(null), "an `itemIdentifier` is null, not an object with `partition` and `offset`"],
    ["M-410", named([1]), "an `itemIdentifier` is [1], not an object with `partition` and `offset`"],
    ["M-410", '{"batchItemFailures":[{}]}', "an `itemIdentifier` is missing"],
    ["M-410", '{"batchItemFailures":["t-0"]}', 'an item of `batchItemFailures` is "t-0"'],
    ["M-410", named({ offset: 1 }), "a `partition` is missing"],
    ["M-410", at(1, 0), "a `partition` is 0"],
    ["M-410", named({ partition: "t-0" }), "an `offset` is missing"],
    ["M-410", at(null), "an `offset` is null"],
    ["M-410", at(1.5), "an `offset` is 1.5"],
    ["M-410", at("one"), 'an `offset` is "one"'],
    ["M-410", at(""), 'an `offset` is ""'],
    ["M-410", at(-1), "t-0, offset -1 is not in the batch"],
    ["M-410", at(true), "an `offset` is true"],
    ["M-410", at("01"), "t-0, offset 01 is not in the batch"],
    ["M-410", '{"batchItemFailures":"t-0"}', '`batchItemFailures` is "t-0"'],
    ["M-410", '"text"', 'the answer is "text"'],
    ["M-410", "1", "the answer is 1"],
    ["M-410", "[1]", "the answer is a list"],
    ["M-410", "not json", "the answer is no JSON"],
  ])("%s: %s fails the whole batch, and says why", (_rule, json, flaw) => {
    expect(decodeAnswer(json, context)).toEqual({
      outcome: { kind: "answered", failed: "all", state: null },
      failedCount: 6,
      failedIndexes: [],
      flaw,
    });
  });

  test("TM-26, M-411: from the lowest listed record of a partition on, or what is listed alone", () => {
    const json = named({ partition: "t-0", offset: 1 });
    expect(decodeAnswer(json, context)).toMatchObject({ outcome: { failed: { kept: [1, 2] } }, failedCount: 2 });
    expect(decodeAnswer(json, items)).toMatchObject({ outcome: { failed: { kept: [1] } }, failedCount: 1 });
  });

  test("TM-27: of several listed records of a partition the lowest decides; listed twice is once", () => {
    const json = named(
      { partition: "t-0", offset: 2 },
      { partition: "t-0", offset: 1 },
      { partition: "t-0", offset: 2 },
    );
    expect(failedOf(json)).toEqual({ kept: [1, 2] });
    expect(failedOf(json, items)).toEqual({ kept: [1, 2] });
  });

  test("TM-30, M-409: the older name of the member counts where the newer one is missing", () => {
    expect(failedOf(named({ "topic-partition": "t-1", offset: 2 }))).toEqual({ kept: [5] });
    expect(failedOf(named({ partition: "t-0", "topic-partition": "t-1", offset: 2 }))).toEqual({ kept: [2] });
    expect(failedOf(named({ partition: null, "topic-partition": "t-1", offset: 2 }))).toEqual({ kept: [5] });
  });

  test("M-412: where each partition's first record is listed nothing is done, and nothing is wrong with the answer", () => {
    const json = named({ partition: "t-0", offset: 0 }, { partition: "t-1", offset: 0 });
    expect(decodeAnswer(json, context)).toMatchObject({ outcome: { failed: "all" }, failedCount: 6, flaw: null });
    expect(failedOf(json, items)).toEqual({ kept: [0, 3] });
    expect(failedOf(named(...two.map(({ unit, offset }) => ({ partition: unit, offset }))), items)).toBe("all");
  });

  test("TM-31, M-413: without reporting nobody looks at the answer", () => {
    expect(failedOf(named({ partition: "t-0", offset: 0 }), contextOf(two, { isReporting: false }))).toBe("none");
    expect(failedOf("not json", contextOf(two, { isReporting: false }))).toBe("none");
  });
});

describe("offsets of many digits", () => {
  const large = 2n ** 53n + 1n;
  const batch = places(["t-0", large - 1n, large, large + 1n, large + 2n, 2n ** 63n - 1n]);
  const own = contextOf(batch, { partialAnswers: "items" });
  const written = (offset: string): string =>
    `{"batchItemFailures":[ {"itemIdentifier":{"partition":"t-0","offset":${offset} }}]}`;

  test("M-106, M-409: digits count as they are written, as a number and as a text", () => {
    expect(failedOf(written(String(large)), own)).toEqual({ kept: [1] });
    expect(failedOf(written(`"${large}"`), own)).toEqual({ kept: [1] });
    expect(failedOf(written("9223372036854775807"), own)).toEqual({ kept: [4] });
    expect(failedOf(written("9223372036854775000"), own)).toBe("all");
  });

  test("M-106, M-409: a function in JavaScript names by the rounded number that it got; all that round to it are meant", () => {
    expect(failedOf(written(JSON.stringify(Number(large + 2n))), own)).toEqual({ kept: [3] });
    expect(failedOf(written("9223372036854775808"), own)).toEqual({ kept: [4] });
    const twins = contextOf(places(["t-0", 2n ** 60n - 1n, 2n ** 60n + 1n, 2n ** 61n]), { partialAnswers: "items" });
    expect(failedOf(written(JSON.stringify(2 ** 60)), twins)).toEqual({ kept: [0, 1] });
  });
});

test("M-411, M-412: for any batch and any listed records both readings keep what they have to", () => {
  const someBatch = fc
    .uniqueArray(fc.tuple(fc.nat(3), fc.nat(9)), { minLength: 1, maxLength: 12, selector: String })
    .map((all) =>
      [...new Set(all.map(([partition]) => partition))].flatMap((partition) =>
        all
          .filter(([each]) => each === partition)
          .map(([, offset]) => offset)
          .sort((a, b) => a - b)
          .map((offset) => ({ unit: `t-${partition}`, offset: String(offset) })),
      ),
    );
  fc.assert(
    fc.property(someBatch, fc.array(fc.nat(), { minLength: 1, maxLength: 6 }), (batch, drawn) => {
      const listed = [...new Set(drawn.map((each) => each % batch.length))];
      const json = named(
        ...listed.map((index) => ({ partition: batch[index]?.unit, offset: Number(batch[index]?.offset) })),
      );
      const kept = (own: PartitionsAnswerContext): readonly number[] => {
        const failed = failedOf(json, own);
        return typeof failed === "object" ? failed.kept : failed === "all" ? batch.map((_, index) => index) : [];
      };
      expect(kept(contextOf(batch, { partialAnswers: "items" }))).toEqual([...listed].sort((a, b) => a - b));
      const isBehind = (index: number): boolean =>
        listed.some((each) => batch[each]?.unit === batch[index]?.unit && each <= index);
      expect(kept(contextOf(batch))).toEqual(batch.map((_, index) => index).filter(isBehind));
    }),
  );
});
