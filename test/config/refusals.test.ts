// What is wrong with a configuration, as a person reads it: what, where, what may stand there, and what to paste instead.

import { describe, expect, test } from "vitest";
import { folderWith, load, refusal } from "./folder.ts";

const yaml = (text: string): string => folderWith({ "millrace.config.yaml": text });

const MAPPING = "EventSourceArn: kinesis:orders, FunctionName: f, StartingPosition: LATEST";

describe("L1: an unknown name is refused with its place and the likely spelling", () => {
  test("in YAML", async () => {
    const cwd = yaml(`functions: { f: { Handler: a.b } }
mappings:
  - EventSourceArn: kinesis:orders
    FunctionName: f
    StartingPosition: LATEST
    MaximumBatchingWindow: 5
`);

    expect(await refusal(cwd)).toBe(`error[config-unknown-key]: \`MaximumBatchingWindow\` is no setting of a mapping
  --> millrace.config.yaml:6:5
 6 |     MaximumBatchingWindow: 5
   |     ^^^^^^^^^^^^^^^^^^^^^ in mappings[0]
help: MaximumBatchingWindowInSeconds: 5    # whole seconds, 0 to 300
`);
  });

  test("in a structure of a mapping too", async () => {
    const mapping = `{ ${MAPPING}, MetricsConfig: { Metric: [EventCount] } }`;

    expect(await refusal(yaml(`functions: { f: { Handler: a.b } }\nmappings: [${mapping}]\n`))).toContain(
      "error[config-unknown-key]: `Metric` is no setting of `MetricsConfig`\n",
    );
  });

  test("in JSON, where the help is JSON", async () => {
    const cwd = folderWith({
      "millrace.config.json": '{\n  "functions": { "f": { "Handler": "a.b", "Timout": 7 } }\n}\n',
    });

    expect(await refusal(cwd)).toBe(`error[config-unknown-key]: \`Timout\` is no setting of a function
  --> millrace.config.json:2:43
 2 |   "functions": { "f": { "Handler": "a.b", "Timout": 7 } }
   |                                           ^^^^^^^^ in functions.f
help: "Timeout": 7    // whole seconds, 1 to 900
`);
  });

  test("in a module, where its text has the name once", async () => {
    const cwd = folderWith({
      "millrace.config.ts": `// Prot: a slip in a comment is none
export default {
  prot: 80,
};
`,
    });

    expect(await refusal(cwd)).toBe(`error[config-unknown-key]: \`prot\` is no setting of the configuration
  --> millrace.config.ts:3:3
 3 |   prot: 80,
   |   ^^^^
help: port: 80    // whole numbers, 0 to 65,535
`);
  });

  test.each([
    ["throws", 'const a = 1;\nconst b = 2;\nthrow new Error("no luck");\n', "Error: no luck", "3:7"],
    [
      "throws when it is called",
      'export default () => {\n  throw new Error("no luck");\n};\n',
      "Error: no luck",
      "2:9",
    ],
    ["does not parse", "export default {\n  port: 80\n  host: 1,\n};\n", "SyntaxError", "3"],
    ["lacks an import", 'import "./elsewhere.ts";\nexport default {};\n', "Cannot find module", "1:1"],
  ])("a module that %s is told at its place", async (_what, text, told, place) => {
    const shown = await refusal(folderWith({ "millrace.config.ts": text }));

    expect(shown).toContain(told);
    expect(shown).toContain(`--> millrace.config.ts:${place}`);
  });

  test("YAML whose aliases stand for more than a file can mean is refused", async () => {
    const levels = Array.from(
      { length: 8 },
      (_, index) => `  l${index + 1}: &l${index + 1} [${Array(9).fill(`*l${index}`).join(", ")}]`,
    );

    expect(await refusal(yaml(`streams:\n  l0: &l0 [x]\n${levels.join("\n")}\n`))).toContain(
      "error[config-syntax]: Excessive alias count",
    );
  });

  test("in a module whose text has the name twice no place is claimed", async () => {
    const cwd = folderWith({
      "millrace.config.mjs": `const f = { Handler: "a.b", bundel: true };
export default { functions: { f, g: { ...f, bundel: false } } };
`,
    });

    expect(
      await refusal(cwd),
    ).toBe(`error[config-unknown-key]: \`bundel\` is no setting of a function (millrace.config.mjs, functions.f.bundel)
help: bundle: true    // true or false
error[config-unknown-key]: \`bundel\` is no setting of a function (millrace.config.mjs, functions.g.bundel)
help: bundle: false    // true or false
`);
  });

  test("without a likely one the names that are known there are told", async () => {
    expect(await refusal(yaml("streams: { orders: { colour: red } }\n"))).toContain(
      "help: known here: shards, retentionHours, redisKey, dataField, partitionKeyField\n",
    );
  });

  test("a name in another case is one slip, and the needed name is not called missing besides", async () => {
    expect(await refusal(yaml("functions:\n  f:\n    handler: a.b\n"))).toBe(
      `error[config-unknown-key]: \`handler\` is no setting of a function
  --> millrace.config.yaml:3:5
 3 |     handler: a.b
   |     ^^^^^^^ in functions.f
help: Handler: a.b    # dir/file.export, without the extension
`,
    );
  });
});

test("a variable's name and a stream's shards are bounded as the API bounds them", async () => {
  const told = await refusal(
    yaml(`functions: { f: { Handler: a.b, Environment: { Variables: { A: x, _B: y, A1: z } } } }
streams: { few: { shards: 1000 }, many: { shards: 1001 } }
`),
  );
  expect(told.split("\n").filter((line) => line.startsWith("error"))).toEqual([
    "error[config-invalid]: `A` cannot be a name in functions.f.Environment.Variables",
    "error[config-invalid]: `_B` cannot be a name in functions.f.Environment.Variables",
    "error[config-invalid]: `shards` is 1,001, above 1,000",
  ]);
});

test("all that is wrong is told at once, in the order of the file", async () => {
  const told = await refusal(
    yaml(`acount: 012345678901
port: 70000
functions:
  f: { Handler: a.b, Timeout: "5", Environment: { Variables: { NN: 3 } } }
  "bad name": { Handler: a.b }
mappings:
  - { EventSourceArn: kinesis:o, FunctionName: f, StartingPosition: LATETS, BatchSize: 0 }
  - EventSourceArn: kinesis:o
queues: failed
`),
  );

  expect(told.split("\n").filter((line) => /^(?:error| *-->|help)/.test(line))).toEqual([
    "error[config-unknown-key]: `acount` is no setting of the configuration",
    "  --> millrace.config.yaml:1:1",
    "help: account: 012345678901    # 12 digits",
    "error[config-invalid]: `port` is 70,000, above 65,535",
    "  --> millrace.config.yaml:2:7",
    "help: port: 65535    # whole numbers, 0 to 65,535",
    "error[config-invalid]: `Timeout` is text, and has to be whole seconds, 1 to 900",
    "  --> millrace.config.yaml:4:31",
    "help: Timeout: 5    # whole seconds, 1 to 900",
    "error[config-invalid]: `NN` is the number 3, and has to be text",
    "  --> millrace.config.yaml:4:68",
    'help: NN: "3"    # text',
    "error[config-invalid]: `bad name` cannot be a name in functions",
    "  --> millrace.config.yaml:5:3",
    "help: letters, digits, - and _, at most 64",
    "error[config-invalid]: `StartingPosition` is `LATETS`, and has to be TRIM_HORIZON, LATEST or AT_TIMESTAMP",
    "  --> millrace.config.yaml:7:69",
    "help: StartingPosition: LATEST    # TRIM_HORIZON, LATEST or AT_TIMESTAMP",
    "error[config-invalid]: `BatchSize` is 0, below 1",
    "  --> millrace.config.yaml:7:88",
    "help: BatchSize: 1    # whole records, 1 to 10,000",
    "error[config-invalid]: `FunctionName` is missing in mappings[1]",
    "  --> millrace.config.yaml:8:5",
    "help: FunctionName: …    # a name of `functions`, or its ARN",
    "error[config-invalid]: `queues` is text, and has to be a list of names, or of objects with name",
    "  --> millrace.config.yaml:9:9",
    "help: queues: [failed]    # a list of names, or of objects with name",
  ]);
});

describe("names that are not there", () => {
  const parts = "functions: { process: { Handler: a.b } }\nqueues: [orders-failed]\n";

  test("a function", async () => {
    const mapping = "{ EventSourceArn: kinesis:orders, FunctionName: proces, StartingPosition: LATEST }";

    expect(await refusal(yaml(`${parts}mappings: [${mapping}]\n`))).toBe(
      `error[config-invalid]: there is no function \`proces\`
  --> millrace.config.yaml:3:60
 3 | mappings: [{ EventSourceArn: kinesis:orders, FunctionName: proces, StartingPosition: LATEST }]
   |                                                            ^^^^^^ \`functions\` has process
help: process
`,
    );
  });

  test("a queue as a destination, and as a topic's subscriber", async () => {
    const told = await refusal(
      yaml(`${parts}topics: { t: { queues: [other] } }
mappings:
  - EventSourceArn: kinesis:orders
    FunctionName: process
    StartingPosition: LATEST
    DestinationConfig: { OnFailure: { Destination: "sqs:order-failed" } }
`),
    );

    expect(told).toContain("there is no queue `other`");
    expect(told).toContain("there is no queue `order-failed`");
    expect(told).toContain("help: orders-failed\n");
  });
});

describe("settings that do not go together", () => {
  test.each([
    ["[b-1, b-1]", "the bucket `b-1` is there twice"],
    ["[192.168.1.1]", "S3 takes no bucket named `192.168.1.1`"],
    ["[amzn-s3-demo-x]", "S3 takes no bucket named `amzn-s3-demo-x`"],
  ])("buckets that S3 would not make: %s", async (buckets, told) => {
    expect(await refusal(yaml(`buckets: ${buckets}\n`))).toContain(told);
  });

  test("a FIFO queue is no subscriber of a topic", async () => {
    const told = await refusal(yaml("queues: [a.fifo, b]\ntopics: { t: { queues: [b, a.fifo] } }\n"));
    expect(told).toContain("`a.fifo` is a FIFO queue, and topics are standard ones");
    expect(told).toContain("millrace.config.yaml:2:28");
  });

  test("V5: a mapping on a stream needs a starting position", async () => {
    const told = await refusal(
      yaml("functions: { f: { Handler: a.b } }\nmappings: [{ EventSourceArn: kinesis:o, FunctionName: f }]\n"),
    );

    expect(told).toContain("a mapping on a stream needs `StartingPosition`");
  });

  test("two mappings of one source and function", async () => {
    const told = await refusal(
      yaml(`functions: { f: { Handler: a.b } }\nmappings:\n  - { ${MAPPING} }\n  - { ${MAPPING} }\n`),
    );

    expect(told).toContain(
      "mappings[0] ties the same source to the same function already\n  --> millrace.config.yaml:4:5",
    );
  });

  test("a plain Redis stream without Redis, and its fields without its key", async () => {
    expect(await refusal(yaml("streams: { s: { redisKey: k } }\n"))).toContain("no Redis is configured");
    expect(await refusal(yaml("streams: { s: { dataField: d } }\n"))).toContain(
      "`dataField` is for plain Redis streams only",
    );
  });

  test("what a plain Redis stream cannot have is refused and not passed over", async () => {
    const told = await refusal(
      yaml(`brokers: { redis: { url: "redis://localhost" } }
streams:
  clicks: { redisKey: app:clicks, shards: 4, retentionHours: 48 }
`),
    );

    expect(told.split("\n").filter((line) => /^(?:error| *-->|help)/.test(line))).toEqual([
      "error[config-invalid]: `shards` is not for plain Redis streams",
      "  --> millrace.config.yaml:3:35",
      "help: take it away: a plain Redis stream has one shard",
      "error[config-invalid]: `retentionHours` is not for plain Redis streams",
      "  --> millrace.config.yaml:3:46",
      "help: take it away: the app that fills a plain Redis stream trims it",
    ]);
  });

  test("F-6: an invalid filter pattern is told with its reason, where AWS has one text for all", async () => {
    const told = await refusal(
      yaml(`functions: { f: { Handler: a.b } }
mappings:
  - ${MAPPING.replaceAll(", ", "\n    ")}
    FilterCriteria:
      Filters:
        - Pattern: { data: { a: 5 } }
`),
    );

    expect(told).toContain(
      'error[filter-invalid]: the value of "a" has to be an object or a list\n  --> millrace.config.yaml:8:11',
    );
  });
});

describe("the text itself", () => {
  test("YAML that cannot be read", async () => {
    const told = await refusal(yaml("port: 1\nqueues: [a\nhost: b\n"));

    expect(told).toMatch(/^error\[config-syntax\]: .+\n {2}--> millrace\.config\.yaml:\d+:\d+\n/);
  });

  test("JSON that cannot be read", async () => {
    const cwd = folderWith({ "millrace.config.json": '{\n  "port": ,\n}\n' });

    expect(await refusal(cwd)).toContain(
      "error[config-syntax]: `,` cannot stand here\n  --> millrace.config.json:2:11\n",
    );
  });

  test.each([
    ["{", "1:2"],
    ['{\n  "queues": [', "2:14"],
    ['{"port":\n', "1:9"],
    ['{"port": 1,', "1:12"],
    ['{"port": 1', "1:11"],
    ['{"queues": ["a', "1:15"],
    ['{"queues": {} // and then\n', "1:26"],
  ])("JSON that ends too early is told at its end: %j", async (text, place) => {
    const told = await refusal(folderWith({ "millrace.config.json": text }));

    expect(told).toContain(
      `error[config-syntax]: the file ends too early: something that was begun is not closed\n  --> millrace.config.json:${place}\n`,
    );
  });

  test("JSON that is wrong at its last sign, or empty, is told as such", async () => {
    expect(await refusal(folderWith({ "millrace.config.json": '{"port": 1 ]' }))).toContain("`]` cannot stand here");
    expect(await refusal(folderWith({ "millrace.config.json": "" }))).toContain("the file is empty");
    expect(await refusal(folderWith({ "millrace.config.json": '{"port" 1, @' }))).toContain("a number cannot stand");
  });

  test("a name that is there twice", async () => {
    const cwd = folderWith({ "millrace.config.json": '{\n  "port": 1,\n  "port": 2\n}\n' });

    expect(await refusal(cwd)).toContain(
      "error[config-syntax]: `port` is there twice\n  --> millrace.config.json:3:3\n",
    );
    expect(await refusal(yaml("port: 1\nport: 2\n"))).toContain(
      "`port` is there twice\n  --> millrace.config.yaml:2:1\n",
    );
  });

  test("a module without a default export, and one that throws", async () => {
    const cwd = folderWith({ "a.mjs": "export const port = 1;\n", "b.mjs": 'throw new Error("no wind");\n' });

    expect(await refusal(cwd, { file: "a.mjs" })).toContain("it has no default export; write `export default { … }`");
    expect(await refusal(cwd, { file: "b.mjs" })).toContain("Error: no wind");
  });

  test("a list where the configuration should be", async () => {
    expect(await refusal(yaml("- port\n"))).toContain("the configuration is a list, and has to be an object");
  });
});

describe("outside the file", () => {
  test("variables and flags are told by their own names", async () => {
    const cwd = folderWith({});

    expect(
      await refusal(cwd, { env: { MILLRACE_PORT: "abc", MILLRACE_POLLERS: "9" } }),
    ).toBe(`error[bad-argument]: MILLRACE_PORT is \`abc\`, and has to be whole numbers, 0 to 65,535
error[bad-argument]: MILLRACE_POLLERS is \`9\`, and has to be whole threads, 1 to 4
`);
    expect(await refusal(cwd, { cli: { host: "" } })).toContain("--host is ``");
  });

  test("a file that is not there, and several that could be meant", async () => {
    const cwd = folderWith({ "millrace.config.json": "{}", "millrace.config.yaml": "{}" });

    expect(await refusal(cwd, { file: "nope.yaml" })).toContain(
      "error[config-not-found]: there is no configuration file nope.yaml",
    );
    expect(await refusal(cwd)).toContain(
      "there are several configuration files: millrace.config.json, millrace.config.yaml",
    );
    expect((await load(cwd, { file: "millrace.config.json" })).port).toBe(4566);
  });

  test("a variable of Redis's address that is not set, an address that is none, a certificate that is not there", async () => {
    const redis = (members: string): string => yaml(`brokers: { redis: { ${members} } }\n`);

    expect(await refusal(redis('url: "${NOT_SET}"'))).toContain("the variable `NOT_SET` is not set");
    expect(await refusal(redis("url: http://host"))).toContain("`url` is no address of Redis");
    expect(await refusal(redis("url: redis://host, caFile: ca.pem"))).toContain("the certificate cannot be read");
  });

  test("a password in the line of an error is hidden", async () => {
    const told = await refusal(yaml("brokers: { redis: { url: 'redis://me:sec@ret@host', keyprefix: a } }\n"));

    expect(told).toContain("error[config-unknown-key]: `keyprefix`");
    expect(told).toContain("@host");
    expect(told).not.toMatch(/me:|sec|ret/);
  });
});
