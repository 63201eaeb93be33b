// A failing batch's tree as the page shows it: the moment of the terminal's own picture, attempt 3 of record 7 pending.

import { expect, test } from "vitest";
import { explainCommand, saveAsTestCommand } from "../../src/page/dashboard/parts/commands.ts";
import { treeRows } from "../../src/page/dashboard/parts/trees.ts";
import { aFamily, aNode } from "./support/frames.ts";

const nowMs = 1_000_000;
const facts = { nowMs, retries: 2, isPaused: false, family: "stream" };

const retrying = aNode({
  name: "29.2.1.2",
  from: 7,
  to: 7,
  state: "retrying",
  outcome: "threw",
  attempt: 2,
  tookMs: 2,
  retryAtMs: nowMs + 300,
});
const family = aFamily(
  aNode({
    state: "split",
    outcome: "threw",
    attempt: 1,
    children: [
      aNode({ name: "29.1", from: 1, to: 5, state: "done", checkpoint: "018405" }),
      aNode({
        name: "29.2",
        from: 6,
        to: 10,
        state: "split",
        children: [
          aNode({
            name: "29.2.1",
            from: 6,
            to: 7,
            state: "split",
            children: [aNode({ name: "29.2.1.1", from: 6, to: 6, state: "done" }), retrying],
          }),
          aNode({ name: "29.2.2", from: 8, to: 10 }),
        ],
      }),
    ],
  }),
);

test("each part says what comes next, and an attempt stands beside its limit (E-10, E-15, E-18)", () => {
  const rows = treeRows(family, new Set(), facts);
  expect(rows.map(({ node, level, sign, text }) => [node.name, level, sign, text])).toEqual([
    ["29", 1, "✗", "split 5 + 5"],
    ["29.1", 2, "✓", "checkpoint → 018405"],
    ["29.2", 2, "✗", "split 2 + 3"],
    ["29.2.1", 3, "✗", "split 1 + 1"],
    ["29.2.1.1", 4, "✓", "ok"],
    ["29.2.1.2", 4, "✗✗", "attempt 3 of 3 in 0.30 s"],
    ["29.2.2", 3, "·", "waits for record 7"],
  ]);
});

test("a part that is closed keeps its own parts to itself", () => {
  const rows = treeRows(family, new Set(["29.2"]), facts);
  expect(rows.map(({ node, isOpen }) => [node.name, isOpen])).toEqual([
    ["29", true],
    ["29.1", null],
    ["29.2", false],
  ]);
});

test("a throttle is not counted, and a give-up names where its record went (E-4, O-5)", () => {
  const refused = aNode({ state: "refused", outcome: "throttled", retryAtMs: nowMs + 400 });
  expect(treeRows(aFamily(refused), new Set(), facts)[0]).toMatchObject({
    sign: "≈",
    text: "throttled, again in 0.40 s, not counted",
  });
  const given = aNode({
    state: "gave-up",
    attempt: 3,
    condition: "RetryAttemptsExhausted",
    destination: "arn:aws:sqs:us-east-1:000000000000:orders-failed",
  });
  const [row] = treeRows(aFamily(given), new Set(), facts);
  expect(row).toMatchObject({ sign: "■", text: "given up after 3 of 3 → sqs:orders-failed" });
  const dropped = treeRows(aFamily({ ...given, destination: null }), new Set(), facts);
  expect(dropped[0]?.text).toBe("given up after 3 of 3, dropped: no destination");
});

test("without a limit an attempt says so", () => {
  const [row] = treeRows(aFamily({ ...retrying, name: "29" }), new Set(), { ...facts, retries: -1 });
  expect(row?.text).toBe("attempt 3, no limit, in 0.30 s");
});

test("a story is saved as a test once a record of it was given up, until then as a recording", () => {
  expect(saveAsTestCommand(family)).toBe("millrace record --batch 5e1f09c2/29 batch-29.mrec");
  const over = aFamily(
    aNode({ state: "split", children: [aNode({ name: "29.1", from: 4, to: 4, state: "gave-up" })] }),
  );
  expect(saveAsTestCommand(over)).toContain('--shrink "given-up r4" --out batch-29.test.ts');
});

test.for([
  ["run.mrec", "millrace explain 29 --journal run.mrec"],
  ["journal.jsonl", "millrace explain 29 --journal journal.jsonl"],
  [".millrace", "millrace explain 29 --state .millrace"],
  ["state", "millrace explain 29 --state state"],
  [
    "a.scenario.json",
    "millrace simulate a.scenario.json --journal story.jsonl && millrace explain 29 --journal story.jsonl",
  ],
] as const)("of %s a batch is explained by %j", ([name, command]) => {
  const origin = { kind: "file", version: "test", name, fromMs: 0, toMs: 1, isReadOnly: true } as const;
  expect(explainCommand("29", origin)).toBe(command);
});

test("what a shell would read otherwise is quoted", () => {
  const origin = { kind: "server", version: "test", store: "embedded", isReadOnly: false } as const;
  expect(explainCommand("it's $HOME", origin)).toBe("millrace explain 'it'\\''s $HOME'");
});
