import { describe, expect, test } from "vitest";
import { type AnswerContext, answerWord, decodeAnswer, failedCount } from "../../src/core/outcome.ts";

const three: AnswerContext = {
  kind: "streams",
  isReporting: true,
  isTumbling: false,
  recordCount: 3,
  identifier: (index) => ["a", "b", "c"][index] ?? "",
};
const queue: AnswerContext = { ...three, kind: "sqs" };

const list = (...entries: readonly unknown[]): string => JSON.stringify({ batchItemFailures: entries });
const named = (...identifiers: readonly unknown[]): string =>
  list(...identifiers.map((itemIdentifier) => ({ itemIdentifier })));

describe.each([three, queue])("answers to a mapping with reporting, $kind", (context) => {
  test.each([
    ["E-30", '{"batchItemFailures":[]}'],
    ["E-31", '{"batchItemFailures":null}'],
    ["E-32", "{}"],
    ["E-33", "null"],
    ["E-34", "[]"],
    ["E-35", '""'],
    ["E-36", ""],
    ["E-50", '{"statusCode":200}'],
    ["E-50", '{"__proto__":{"batchItemFailures":"text"}}'],
  ])("%s: %s is a success", (_rule, json) => {
    const decoded = decodeAnswer(json, context);
    expect(decoded).toEqual({
      outcome: { kind: "answered", failed: "none", state: null },
      failedCount: 0,
      failedIndexes: [],
      flaw: null,
    });
  });

  test.each([
    ["E-43", named(""), 'an `itemIdentifier` is ""'],
    ["E-44", named(null), "an `itemIdentifier` is null"],
    ["E-45", named(123), "an `itemIdentifier` is 123"],
    ["E-46", named("elsewhere"), '`itemIdentifier` "elsewhere" is not in the batch'],
    ["E-47", list({ foo: 123 }), "an `itemIdentifier` is missing"],
    ["E-47", list({ foo: null }), "an `itemIdentifier` is missing"],
    ["E-47", list({ foo: "notvalid" }), "an `itemIdentifier` is missing"],
    ["E-47", list("a"), 'an item of `batchItemFailures` is "a"'],
    ["E-47", list(null), "an item of `batchItemFailures` is null"],
    ["E-47", list(["a"]), 'an item of `batchItemFailures` is ["a"]'],
    ["E-49", '{"batchItemFailures":"text"}', '`batchItemFailures` is "text"'],
    ["E-49", '{"batchItemFailures":{"itemIdentifier":"a"}}', '`batchItemFailures` is {"itemIdentifier":"a"}'],
    ["E-49", '{"batchItemFailures":0}', "`batchItemFailures` is 0"],
    ["E-51", named("b", "elsewhere"), '`itemIdentifier` "elsewhere" is not in the batch'],
    ["E-52", '"text"', 'the answer is "text"'],
    ["E-52", "1", "the answer is 1"],
    ["E-52", "0", "the answer is 0"],
    ["E-52", "true", "the answer is true"],
    ["E-52", "false", "the answer is false"],
    ["E-52", "[1]", "the answer is a list"],
    ["E-55", "not json", "the answer is no JSON"],
    ["E-55", '{"batchItemFailures":[]', "the answer is no JSON"],
  ])("%s: %s fails the whole batch, and says why", (_rule, json, flaw) => {
    const decoded = decodeAnswer(json, context);
    expect(decoded).toEqual({
      outcome: { kind: "answered", failed: "all", state: null },
      failedCount: 3,
      failedIndexes: [],
      flaw,
    });
  });

  test("E-55: of a member that occurs twice the last one counts", () => {
    const json = '{"batchItemFailures":[{"itemIdentifier":"a"}],"batchItemFailures":[]}';
    expect(decodeAnswer(json, context).outcome.failed).toBe("none");
  });
});

describe("partial answers", () => {
  test("E-40: one known identifier is the lowest failed record", () => {
    expect(decodeAnswer(named("b"), three)).toMatchObject({ outcome: { failed: 1 }, failedCount: 2 });
  });

  test("E-41, M-5: on streams all from the lowest on count as failed, on SQS exactly the listed ones", () => {
    expect(decodeAnswer(named("c", "a"), three)).toMatchObject({ outcome: { failed: 0 }, failedCount: 3 });
    expect(decodeAnswer(named("c", "a"), queue)).toMatchObject({ failedCount: 2, failedIndexes: [0, 2] });
  });

  test("E-42: an identifier that is listed twice counts once", () => {
    expect(decodeAnswer(named("b", "b"), queue)).toMatchObject({ failedCount: 1, failedIndexes: [1] });
  });

  test("E-48: an entry without any key fails a stream's batch and is let pass on SQS", () => {
    expect(decodeAnswer(list({}), three).outcome.failed).toBe("all");
    expect(decodeAnswer(list({}), queue).outcome.failed).toBe("none");
    expect(decodeAnswer(list({}, { itemIdentifier: "c" }), queue).failedIndexes).toEqual([2]);
  });

  test("E-56: a number that spells an identifier is no identifier", () => {
    const numbered = { ...three, identifier: (index: number) => String(index) };
    expect(decodeAnswer(named(1), numbered).outcome.failed).toBe("all");
    expect(decodeAnswer(named("1"), numbered).outcome.failed).toBe(1);
  });

  test("Q-14: of a message that a queue's batch holds twice neither has succeeded, in short lists and in long ones", () => {
    const twice = { ...queue, recordCount: 40, identifier: (index: number) => `${index % 20}` };
    const decoded = decodeAnswer(named("3", "0"), twice);
    expect(decoded).toMatchObject({ failedIndexes: [0, 3, 20, 23], failedCount: 4 });
    const all = Array.from({ length: 20 }, (_, index) => `${index}`);
    expect(decodeAnswer(named(...all), twice).failedCount).toBe(40);
  });

  test("P-10: of records that share an identifier the first is meant, in short lists and in long ones", () => {
    const twins = { ...three, recordCount: 40, identifier: (index: number) => `id${Math.floor(index / 2)}` };
    expect(decodeAnswer(named("id3"), twins).outcome.failed).toBe(6);
    const many = Array.from({ length: 12 }, (_, index) => `id${index + 3}`);
    expect(decodeAnswer(named(...many), twins).outcome.failed).toBe(6);
  });

  test("S-1: with reporting off nothing is read, and no identifier is asked for", () => {
    const deaf: AnswerContext = {
      ...three,
      isReporting: false,
      identifier: () => {
        throw new Error("asked");
      },
    };
    expect(decodeAnswer(named("a"), deaf).outcome.failed).toBe("none");
    expect(decodeAnswer(null, deaf).outcome.failed).toBe("none");
    expect(decodeAnswer("not json", deaf).outcome.failed).toBe("none");
  });
});

describe("answers of a tumbling window", () => {
  const windowed: AnswerContext = { ...three, isTumbling: true };

  test("W-7: the state is kept as JSON text with its length in bytes", () => {
    const decoded = decodeAnswer('{"state":{"é":"😀"},"batchItemFailures":[]}', windowed);
    expect(decoded.outcome).toEqual({
      kind: "answered",
      failed: "none",
      state: { json: '{"é":"😀"}', sizeBytes: 13 },
    });
  });

  test.each([["{}"], ['{"state":null}'], ["null"], [""], ['{"batchItemFailures":[]}']])(
    "T-88, W-7: %j has no state and fails the batch, reporting or not",
    (json) => {
      expect(decodeAnswer(json, windowed).outcome.failed).toBe("all");
      expect(decodeAnswer(json, { ...windowed, isReporting: false }).outcome.failed).toBe("all");
    },
  );

  test("X-13: the final call, which has no records, need not return a state", () => {
    expect(decodeAnswer("null", { ...windowed, recordCount: 0 }).outcome.failed).toBe("none");
  });

  test("W-16: a partial answer hands on its state", () => {
    const json = '{"state":{"n":1},"batchItemFailures":[{"itemIdentifier":"b"}]}';
    expect(decodeAnswer(json, windowed).outcome).toMatchObject({ failed: 1, state: { json: '{"n":1}' } });
  });

  test("W-7: without reporting only the state is read", () => {
    const json = '{"state":{"n":1},"batchItemFailures":"text"}';
    expect(decodeAnswer(json, { ...windowed, isReporting: false }).outcome.failed).toBe("none");
  });
});

describe("what an outcome counts for", () => {
  test("M-5: throttles and errors count every record, a partial answer the rest, a success none", () => {
    expect(failedCount({ kind: "refused" }, 3)).toBe(3);
    expect(failedCount({ kind: "functionError" }, 3)).toBe(3);
    expect(failedCount({ kind: "answered", failed: 1, state: null }, 3)).toBe(2);
    expect(failedCount({ kind: "answered", failed: "none", state: null }, 3)).toBe(0);
  });

  test("E-40: an answer is called partial only where there was progress", () => {
    expect(answerWord({ kind: "answered", failed: "none", state: null })).toBe("ok");
    expect(answerWord({ kind: "answered", failed: 1, state: null })).toBe("partial");
    expect(answerWord({ kind: "answered", failed: 0, state: null })).toBe("reported");
    expect(answerWord({ kind: "answered", failed: "all", state: null })).toBe("reported");
  });
});

test.each([
  '{"10":1,"2":12345678901234567890}',
  String.raw`"\u00e9 \ud83d\ude00 😀 \ud800 \/"`,
  "1e400",
  "-0",
  '{ "spaced" : [ 1 ] }',
])("W-7: a state is handed on as it was written, to the byte: %s", (text) => {
  const { outcome } = decodeAnswer(`{"batchItemFailures":[],"state":${text} }`, {
    kind: "streams",
    isReporting: true,
    isTumbling: true,
    recordCount: 1,
    identifier: () => "a",
  });
  expect(outcome.state).toEqual({ json: text, sizeBytes: Buffer.byteLength(text) });
});
