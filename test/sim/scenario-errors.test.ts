// Each error of a scenario file points at line, column and member, with the likely name and a line to paste.

import { expect, test } from "vitest";
import { ConfigErrors } from "../../src/config/config-errors.ts";
import { errorForm } from "../../src/cli/error-report.ts";
import { folderWith } from "../config/folder.ts";
import { parseScenario } from "../../src/wiring/scenario-file.ts";

function errorsOf(text: string, shownFile = "s.json"): readonly string[] {
  try {
    parseScenario(text, { shownFile, folder: null });
  } catch (error) {
    if (error instanceof ConfigErrors) return error.errors.map((each) => errorForm(each));
    throw error;
  }
  return [];
}

test("a misspelt member: where it stands, its likely name, and the line that was meant", () => {
  expect(errorsOf(`{\n "records": [{"label": "r1", "partitonKey": "k", "data": "{}"}]\n}`)).toEqual([
    `error[scenario-unknown-key]: \`partitonKey\` is no member of a record
  --> s.json:2:30  records[0].partitonKey
 2 |  "records": [{"label": "r1", "partitonKey": "k", "data": "{}"}]
   |                              ^^^^^^^^^^^^^ perhaps partitionKey
help: "partitionKey": "k"    (text)
`,
  ]);
});

test("in YAML the help is YAML", () => {
  expect(errorsOf("steps:\n  - do: wait\n    secnds: 5\n", "s.yaml")).toEqual([
    `error[scenario-unknown-key]: \`secnds\` is no member of the step \`wait\`
  --> s.yaml:3:5  steps[0].secnds
 3 |     secnds: 5
   |     ^^^^^^ perhaps seconds
help: seconds: 5    # seconds, 0 to 31,536,000
`,
  ]);
});

test.each([
  ['{"records": [{"label": "r", "change": 5}]}', '"change": {"eventName":"INSERT","Keys":{"id":{"S":"a"}}'],
  ['{"records": [{"label": "r", "item": 5}]}', '"item": {"id":{"S":"a"}}'],
  ['{"records": [{"label": "r", "data": {"total": 1}}]}', String.raw`"data": "{\"total\":1}"`],
  ['{"starts_at": "yesterday"}', '"starts_at": "2026-11-29T12:00:00Z"'],
  ['{"handler": 5}', '"handler": {"do":"return"}'],
  ['{"mapping": 5}', '"mapping": {}'],
  ['{"setup": {"source": 5}}', '"source": {"type":"kinesis-stream"}'],
  ['{"steps": [{"do": "merge-shards"}]}', '"shards": ["0","1"]'],
  ['{"handler": {"do": "throw", "when": 5}}', '"when": {"data_field":"poison","equals":true}'],
  ['{"setup": {"functions": [{}]}}', '"name": "text"'],
])("the help is text to paste, which is valid as it stands: %s", (text, help) => {
  const [told = ""] = errorsOf(text);
  expect(told).toContain(`help: ${help}`);
  expect(told).not.toContain("…");
  const [, member = ""] = /\nhelp: (.*?)(?: {4}\(.*)?\n$/.exec(told) ?? [];
  expect(() => JSON.parse(`{${member}}`)).not.toThrow();
});

const cases: readonly (readonly [name: string, text: string, first: RegExp, place: string, more?: RegExp])[] = [
  ["broken JSON", '{"id": "a",, }', /^error\[scenario-syntax\]/, "s.json:1:12"],
  ["a member that is there twice", '{"id": "a", "id": "b"}', /`id` is there twice/, "s.json:1:13"],
  [
    "a setting that no mapping has",
    '{"mapping": {"BatchSiz": 10}}',
    /`BatchSiz` is no setting of a mapping/,
    "s.json:1:14  mapping.BatchSiz",
    /perhaps BatchSize/,
  ],
  [
    "a setting that no update has",
    '{"steps": [{"do": "update-mapping", "set": {"Batch": 10}}]}',
    /`Batch` is no setting of a mapping/,
    "s.json:1:45  steps[0].set.Batch",
  ],
  [
    "a step of no kind",
    '{"steps": [{"do": "sendd"}]}',
    /there is no step `sendd`/,
    "s.json:1:19  steps[0].do",
    /"do": "send"/,
  ],
  [
    "a script of no kind",
    '{"handler": {"do": "trow"}}',
    /there is no script `trow`/,
    "s.json:1:20  handler.do",
    /perhaps throw/,
  ],
  [
    "a step without what it needs",
    '{"steps": [{"do": "wait"}]}',
    /`seconds` is missing in the step `wait`/,
    "s.json:1:12  steps[0]",
    /help: "seconds": 1 {4}\(seconds, 0 to 31,536,000\)/,
  ],
  [
    "a number out of its bounds",
    '{"setup": {"source": {"type": "kinesis-stream", "shards": 0}}}',
    /`shards` is 0, below 1/,
    "s.json:1:59  setup.source.shards",
    /"shards": 1 {4}\(whole shards, 1 to 1,000\)/,
  ],
  [
    "a text where a number stands",
    '{"records": [{"generate": {"label": "r", "count": "many"}}]}',
    /`count` is the text `many`, and has to be whole records/,
    "s.json:1:51  records[0].generate.count",
  ],
  [
    "a misspelt member of a generator",
    '{"records": [{"generate": {"label": "r", "count": 5, "every": 5}}]}',
    /`every` is no member of `records\[0\]\.generate`/,
    "s.json:1:54  records[0].generate.every",
    /"every_ms": 5/,
  ],
  [
    "one of several forms, none of which fits",
    '{"handler": {"do": "return", "delay_s": "long"}}',
    /`delay_s` is the text `long`, and has to be seconds, \{ min, max \} or \{ mean, deviation \}/,
    "s.json:1:41  handler.delay_s",
  ],
  [
    "a wrong mode",
    '{"expect": {"invocations": {"mode": "sequense", "list": []}}}',
    /there is no mode `sequense`/,
    "s.json:1:37  expect.invocations.mode",
    /perhaps sequence/,
  ],
  [
    "a misspelt matcher",
    '{"expect": {"event_record": {"kinesis": {"$anny": "uuid"}}}}',
    /there is no matcher `\$anny`/,
    "s.json:1:42  expect.event_record.kinesis.$anny",
    /perhaps \$any/,
  ],
  [
    "an unknown kind of value",
    '{"expect": {"event_record": {"$any": "uid"}}}',
    /there is no kind of value `uid`/,
    "s.json:1:38  expect.event_record.$any",
  ],
  [
    "a mapping of no name",
    '{"steps": [{"do": "create-mapping", "mapping": "second"}]}',
    /there is no mapping `second` in this file/,
    "s.json:1:48  steps[0].mapping",
    /known here: mapping/,
  ],
  [
    "an answer of no step",
    '{"steps": [{"do": "create-mapping", "name": "create"}], "expect": {"responses": {"crate": {"status": 202}}}}',
    /no step is named `crate`/,
    "s.json:1:82  expect.responses.crate",
    /perhaps create/,
  ],
  [
    "a label that is expected and is not there",
    '{"records": [{"label": "r1"}], "expect": {"given_up": ["r2"]}}',
    /^error\[scenario-unknown-label\]: `r2` is not in `records`, which has r1/,
    "s.json:1:56  expect.given_up[0]",
  ],
  [
    "two paces",
    '{"records": [{"generate": {"label": "r", "count": 5, "rate": 5, "every_ms": 5}}]}',
    /`every_ms` stands beside `rate`/,
    "s.json:1:65  records[0].generate.every_ms",
  ],
  [
    "a member of another kind of source",
    '{"records": [{"label": "r1", "body": "x"}]}',
    /`body` is no member of a record for a source of type kinesis-stream/,
    "s.json:1:30  records[0].body",
    /known here: label, partitionKey, data, at_s/,
  ],
  [
    "a fault of no kind",
    '{"faults": [{"kind": "read-fail"}]}',
    /there is no fault `read-fail`/,
    "s.json:1:22  faults[0].kind",
    /perhaps read-fails/,
  ],
];

test.for(cases)("%s", ([, text, first, place, more = /./]) => {
  const [error = "", ...others] = errorsOf(text);
  expect(others).toEqual([]);
  expect(error.split("\n")[0]).toMatch(first);
  expect(error.split("\n")[1]).toBe(`  --> ${place}`);
  expect(error).toMatch(more);
});

test("all that is wrong is told, in the order of the file; a name that is only misspelt is not missing besides", () => {
  const errors = errorsOf(`{
 "records": [{"lable": "r1"}],
 "steps": [{"do": "observe", "seconds": -1}, {"do": "crash", "down": 1}],
 "expct": {}
}`);
  expect(errors.map((each) => /--> s\.json:(\d+:\d+)/.exec(each)?.[1])).toEqual(["2:15", "3:41", "3:62", "4:2"]);
});

test("a handler's file that is not there: its place, and the one that may have been meant", () => {
  const folder = folderWith({ "handlers/orders.ts": "" });
  const text = '{"handler": {"file": "handlers/order.ts"}}';
  const read = (): unknown => parseScenario(text, { shownFile: "s.json", folder });
  expect(read).toThrow("there is no file `handlers/order.ts` from this file's folder");
  expect(read).toThrow(
    expect.objectContaining({
      code: "handler-not-found",
      place: expect.objectContaining({ line: 1, column: 22, path: "handler.file", label: "perhaps orders.ts" }),
      help: '"file": "handlers/orders.ts"',
    }),
  );
});

test("what may be left out has a meaning: one stream, one function, all records, and all of them end", () => {
  const scenario = parseScenario('{"records": [{"label": "r1"}]}', {
    shownFile: "dir/poison.scenario.json",
    folder: null,
  });
  expect(scenario).toMatchObject({
    id: "poison",
    source: "kinesis",
    mapping: { StartingPosition: "TRIM_HORIZON" },
    steps: [{ do: "create-mapping" }, { do: "wait-state" }, { do: "send", records: ["r1"] }, { do: "wait-drained" }],
  });
});

test.each([
  [
    "an empty key",
    '{"records": [{"label": "a", "partitionKey": "", "data": "d"}]}',
    /`partitionKey` is empty/,
    "records[0].partitionKey",
    /1 to 256/,
  ],
  [
    "an item without its table's key",
    '{"setup": {"source": {"type": "dynamodb-stream", "key": "id"}}, "records": [{"label": "a", "op": "put", "item": {"idd": {"S": "1"}}}]}',
    /`id`, the table's key, is missing in the item/,
    "records[0].item",
    /help: "id": \{"S": "k1"\}/,
  ],
  [
    "a label that a generator gives as well",
    '{"records": [{"generate": {"label": "r", "count": 2}}, {"label": "r2", "partitionKey": "k", "data": "d"}]}',
    /`r2` is the label of another record too/,
    "records[1].label",
    /there twice/,
  ],
  [
    "a kind of fault that there is not, to be drawn",
    '{"faults": {"draw": ["crush"]}}',
    /`draw\[0\]` is the text `crush`, and has to be one of slow-read, .*crash/,
    "faults.draw[0]",
    /help: "draw": \["crash"\]/,
  ],
  [
    "a checker that there is not",
    '{"expect": {"checkers": ["nothing lots"]}}',
    /there is no checker `nothing lots`/,
    "expect.checkers[0]",
    /help: "checkers": \["nothing lost"\]/,
  ],
  [
    "a name in generated data that nothing fills in",
    '{"records": [{"generate": {"label": "r", "count": 2, "data": {"x": ["${nn}"]}}}]}',
    /nothing is filled in for `\$\{nn\}`/,
    "records[0].generate.data.x[0]",
    /known here: \$\{n\}/,
  ],
])("%s is told", (_name, text, what, place, more) => {
  const [first = "", ...others] = errorsOf(text);
  expect(others).toEqual([]);
  expect(first).toMatch(what);
  expect(first).toContain(place);
  expect(first).toMatch(more);
});

test("a shard is named by its number, as a number or as text", () => {
  const steps = '[{"do": "split-shard", "shard": 0}, {"do": "merge-shards", "shards": [1, "2"]}]';
  expect(errorsOf(`{"records": [], "steps": ${steps}}`)).toEqual([]);
});
