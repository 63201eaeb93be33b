// `millrace filter` as a person meets it: what it prints, and with which exit code it ends.

import { describe, expect, test } from "vitest";
import { reportError } from "../../src/cli/error-report.ts";
import { type FilterCommandOptions, type FilterCommandPort, runFilterCommand } from "../../src/cli/filter-command.ts";
import { MillraceError } from "../../src/errors.ts";

interface Run {
  readonly exit: number;
  readonly out: string;
  readonly error: string;
}

function run(options: FilterCommandOptions, files: Readonly<Record<string, string>> = {}): Run {
  let out = "";
  let error = "";
  const port: FilterCommandPort = {
    columns: 80,
    isUnicode: true,
    write: (text) => {
      out += text;
    },
    writeError: (text) => {
      error += text;
    },
    readText: (file) => {
      const text = files[file];
      if (text === undefined) {
        throw new MillraceError("bad-argument", `cannot read ${file}`);
      }
      return text;
    },
  };
  const exit = endOf(() => runFilterCommand(options, port), port);
  return { exit, out, error };
}

/** What the command line ends with, which reports what a command throws. */
function endOf(command: () => number, port: FilterCommandPort): number {
  try {
    return command();
  } catch (error) {
    return reportError(error, { isJson: false, command: "millrace", write: (text) => port.writeError(text) });
  }
}

const VIP = JSON.stringify({
  data: { type: ["order"], total: [{ numeric: [">=", 100] }], customer: { tier: [{ "anything-but": "test" }] } },
});

describe("one event", () => {
  test("F-49, F-67: a non-match on Kinesis names the member that fails, why, the remedy and what a mapping does", () => {
    const { exit, out } = run(
      { source: "kinesis", pattern: ["@vip.json"], event: "@order.json" },
      { "vip.json": VIP, "order.json": '{"type":"order","total":"129.90","customer":{"tier":"gold"}}' },
    );

    expect(exit).toBe(1);
    expect(out).toBe(`no match: 2 of 3 members fit
  ✓ data.type           "order"    "order"
  ✗ data.total          "129.90"   numeric >= 100: the value is text, and
                                   numeric compares JSON numbers only
  ✓ data.customer.tier  "gold"     anything-but "test"
help: it fits once the producer writes "total": 129.90, without quotes
then: a mapping on Kinesis passes it over: no place in a batch, no invocation,
      no destination; the checkpoint moves past it
`);
  });

  test("F-65: record, document and payload of one Kinesis record give the same answer", () => {
    const payload = '{"type":"order","total":129.90,"customer":{"tier":"gold"}}';
    const record = JSON.stringify({
      kinesis: { partitionKey: "k", data: Buffer.from(payload).toString("base64") },
      eventSource: "aws:kinesis",
    });

    expect(
      [payload, `{"data":${payload}}`, record].map((event) => run({ source: "kinesis", pattern: [VIP], event }).exit),
    ).toEqual([0, 0, 0]);
  });

  test("F-6: an invalid pattern ends with 2, its place and AWS's one text", () => {
    const { exit, error, out } = run({ pattern: ['{"a": [],\n "b": ["x"]}'], event: "{}" });

    expect(exit).toBe(2);
    expect(out).toBe("");
    expect(error).toBe(`error[filter-invalid]: an empty list fits nothing and is not allowed
  --> --pattern:1:7
 1 | {"a": [],
   |       ^ F-13
AWS's answer: Invalid filter pattern definition.    # InvalidParameterValueException, 400; it never says why
`);
  });

  test("F-24: members that fit only in different elements are told so", () => {
    const { exit, out } = run({ pattern: ['{"i":{"a":[1],"b":[2]}}'], event: '{"i":[{"a":1},{"b":2}]}' });

    expect(exit).toBe(1);
    expect(out).toContain("never all in one element of the same array");
  });

  test("F-75: on Kafka a member is left out where the forms differ, and the rest decides", () => {
    const { exit, out } = run({
      source: "kafka",
      pattern: ['{"value":{"a":["x"]},"topic":["t"]}'],
      event: '{"topic":"t","value":"cGxhaW4=","offset":1}',
    });

    expect(exit).toBe(0);
    expect(out).toContain("match: 1 of 2 members fit, 1 left out");
  });

  test("F-2: of several patterns one is enough", () => {
    expect(run({ pattern: ['{"a":["x"]}', '{"a":["y"]}'], event: '{"a":"y"}' }).exit).toBe(0);
  });

  test("F-63: strict refuses an operator that Lambda's guide does not list", () => {
    expect(run({ pattern: ['{"a":[{"wildcard":"x*"}]}'], event: '{"a":"xy"}' }).exit).toBe(0);
    expect(run({ pattern: ['{"a":[{"wildcard":"x*"}]}'], event: '{"a":"xy"}', strict: true }).exit).toBe(2);
  });

  test("the answer in JSON holds the same, and the invalid pattern's too", () => {
    const answer = JSON.parse(run({ pattern: ['{"a":[1]}'], event: '{"a":1.50}', json: true }).out) as unknown;
    const invalid = JSON.parse(run({ pattern: ["{"], event: "{}", json: true }).out) as unknown;

    expect(answer).toMatchObject({
      verdict: "no-match",
      fitCount: 0,
      members: [
        {
          path: "a",
          verdict: "fails",
          found: [{ kind: "number", text: "1.50" }],
          condition: "1",
          why: "it is another number",
          rule: "F-30",
        },
      ],
    });
    expect(invalid).toMatchObject({
      verdict: "invalid",
      rule: "F-17",
      line: 1,
      column: 2,
      message: "Invalid filter pattern definition.",
    });
  });

  test("an event that is no JSON, a file that is not there, and a missing option end with 2", () => {
    expect(run({ pattern: ['{"a":[1]}'], event: "plain" })).toMatchObject({ exit: 2, out: "" });
    expect(run({ pattern: ["@gone.json"], event: "{}" })).toMatchObject({
      exit: 2,
      error: "error[bad-argument]: cannot read gone.json\n",
    });
    expect(run({ pattern: ['{"a":[1]}'] }).exit).toBe(2);
  });
});

describe("cases", () => {
  const FILE = [
    '{"pattern":{"a":[1]},"event":{"a":1.0},"match":true}',
    '{"patternText":"{\\"a\\":[]}","eventText":"{}","match":"invalid"}',
    "",
    '{"pattern":{"a":["x"]},"event":{"a":"y"}}',
    '{"pattern":{"a":[9007199254740993]},"event":{"a":9007199254740992},"match":true,"why":"they share a double"}',
    "",
  ].join("\n");

  test("each line gets its verdict, a missed expectation is marked, and the sum ends the output", () => {
    const { exit, out } = run({ cases: "c.jsonl" }, { "c.jsonl": FILE });

    expect(exit).toBe(1);
    expect(out).toBe(
      "match\ninvalid\nno-match\nno-match  ✗ line 5 expects match: they share a double\n3 passed, 1 failed\n",
    );
  });

  test("with every expectation met it ends with 0", () => {
    expect(run({ cases: "c.jsonl" }, { "c.jsonl": FILE.split("\n").slice(0, 4).join("\n") })).toMatchObject({
      exit: 0,
      out: "match\ninvalid\nno-match\n3 passed, 0 failed\n",
    });
  });

  test("F-18, F-31: a pattern or event given as JSON keeps repeated members and spellings", () => {
    const text =
      '{"pattern":{"d":{"a":["x"]},"d":{"b":["y"]}},"event":{"d":{"b":"y"}},"match":false}\n{"pattern":{"n":[1e400]},"event":{"n":1e400},"match":true}\n';

    expect(run({ cases: "c.jsonl" }, { "c.jsonl": text }).out).toBe("no-match\nmatch\n2 passed, 0 failed\n");
  });

  test.each([
    ['{"pattern":{"a":[1]},"event":{"a":1}}\n{"pattern"', "line 2 is no JSON"],
    ['{"pattern":{"a":[1]}}', "line 1: neither `eventText` nor `event` is there"],
    ['{"pattern":{"a":[1]},"event":{},"match":"yes"}', "line 1: `match` has to be true, false"],
    ["5", "line 1: a case has to be a JSON object"],
  ])("a line that is no case is named, fails, and ends with 2: %s", (text, message) => {
    const { exit, out } = run({ cases: "c.jsonl" }, { "c.jsonl": text });

    expect(exit).toBe(2);
    expect(out).toContain(`unreadable  ✗ ${message}`);
    expect(out).toMatch(/\d passed, 1 failed\n$/);
  });

  test("the lines after one that is no case are tried all the same", () => {
    const text = `no json\n${FILE.split("\n")[0] ?? ""}\n`;

    expect(run({ cases: "c.jsonl" }, { "c.jsonl": text }).out).toMatch(/^unreadable .*\nmatch\n1 passed, 1 failed\n$/);
  });

  test("a pattern beside a file of cases is refused, not passed over", () => {
    expect(run({ cases: "c.jsonl", pattern: ["{}"] }, { "c.jsonl": FILE })).toMatchObject({
      exit: 2,
      error: expect.stringContaining("--cases brings patterns and events of its own"),
    });
  });

  test("F-65: a line with a source, filters and a record is a mapping's decision", () => {
    const line =
      '{"source":"sqs","filters":[{"body":{"a":["x"]}}],"record":{"messageId":"m","body":"{\\"a\\":\\"x\\"}"},"outcome":"deliver"}';

    expect(run({ cases: "c.jsonl" }, { "c.jsonl": line }).out).toBe("match\n1 passed, 0 failed\n");
  });
});
