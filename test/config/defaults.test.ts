// What a configuration comes to: defaults, names in full, paths, and what wins over what.

import { availableParallelism } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { folderWith, load } from "./folder.ts";

describe("defaults", () => {
  test("without a file everything is its default, and nothing is configured", async () => {
    const cwd = folderWith({});

    expect(await load(cwd)).toEqual({
      file: null,
      account: "000000000000",
      region: "us-east-1",
      host: "127.0.0.1",
      port: 4566,
      stateDir: join(cwd, ".millrace"),
      allowedHosts: [],
      pollers: Math.max(1, Math.min(4, availableParallelism() - 1)),
      maxFunctionThreads: 16,
      journalBytes: 268_435_456,
      logBytes: 10_485_760,
      filtersPerMapping: 5,
      windowIdleMs: 120_000,
      transitionsMs: 0,
      functions: [],
      streams: [],
      plainStreams: [],
      tables: [],
      queues: [],
      queuePace: {
        idlePollerCount: 5,
        growthPerMinute: 300,
        mostPollerCount: 1_250,
        provisionedGrowthPerMinute: 1_000,
        isHidingLonger: false,
        isMixingGroups: false,
      },
      topics: [],
      buckets: [],
      destinations: { sqs: null, sns: null, s3: null },
      secrets: [],
      sources: [],
      kafkaClusters: [],
      documentDbs: [],
      schemaRegistries: [],
      mappings: [],
      redis: null,
    });
  });

  test("an empty file configures nothing either", async () => {
    const cwd = folderWith({ "millrace.config.yaml": "# nothing yet\n" });

    const config = await load(cwd);

    expect(config.file).toBe(join(cwd, "millrace.config.yaml"));
    expect(config.port).toBe(4566);
  });

  test("a function has AWS's defaults, and an ARN and a role of the account and region", async () => {
    const cwd = folderWith({
      "millrace.config.json":
        '{"account": "123456789012", "region": "eu-west-1", "functions": {"f": {"Handler": "a/b.c"}}}',
    });

    expect((await load(cwd)).functions).toEqual([
      {
        settings: {
          name: "f",
          arn: "arn:aws:lambda:eu-west-1:123456789012:function:f",
          timeoutMs: 3_000,
          memoryMb: 128,
          environment: {},
          reservedConcurrency: null,
          runtime: "nodejs24.x",
          roleArn: "arn:aws:iam::123456789012:role/f",
        },
        handler: "a/b.c",
        baseDir: cwd,
        endpoint: null,
        isBundled: true,
      },
    ]);
  });

  test("a stream has one shard and a day of retention, a topic no queues and the envelope", async () => {
    const cwd = folderWith({ "millrace.config.yaml": "streams: { orders: {} }\ntopics: { news: {} }\n" });

    const config = await load(cwd);

    expect(config.streams).toEqual([{ name: "orders", shardCount: 1, retentionHours: 24 }]);
    expect(config.topics).toEqual([{ name: "news", queues: [], isRaw: false }]);
  });

  test("Redis has the key prefix millrace:, and no CA of its own", async () => {
    const cwd = folderWith({ "millrace.config.yaml": "brokers: { redis: { url: 'redis://localhost:6379' } }\n" });

    expect((await load(cwd)).redis).toEqual({
      url: "redis://localhost:6379",
      keyPrefix: "millrace:",
      queuePrefix: "bull",
      caPem: null,
    });
  });
});

describe("what wins", () => {
  const file = { "millrace.config.yaml": "port: 5001\nhost: file.test\nregion: eu-west-1\n" };

  test("a flag wins over a variable, a variable over the file, the file over the default", async () => {
    const cwd = folderWith(file);
    const env = { MILLRACE_PORT: "5002", MILLRACE_HOST: "env.test" };

    const config = await load(cwd, { env, cli: { port: 5003 } });

    expect(config).toMatchObject({ port: 5003, host: "env.test", region: "eu-west-1", account: "000000000000" });
    expect((await load(cwd, { env })).port).toBe(5002);
    expect((await load(cwd)).port).toBe(5001);
  });

  test("every variable of the environment counts", async () => {
    const cwd = folderWith({});

    const config = await load(cwd, {
      env: {
        MILLRACE_ACCOUNT: "012345678901",
        MILLRACE_REGION: "eu-central-1",
        MILLRACE_HOST: "0.0.0.0",
        MILLRACE_PORT: "0",
        MILLRACE_STATE_DIR: "state",
        MILLRACE_ALLOWED_HOSTS: "a.test, *.b.test",
        MILLRACE_POLLERS: "2",
        MILLRACE_MAX_FUNCTION_THREADS: "3",
        MILLRACE_JOURNAL_BYTES: "2000000",
        MILLRACE_LOG_BYTES: "3000000",
        MILLRACE_FILTERS_PER_MAPPING: "10",
        MILLRACE_WINDOW_IDLE_SECONDS: "7",
        MILLRACE_REDIS_URL: "redis://r:1",
      },
    });

    expect(config).toMatchObject({
      account: "012345678901",
      region: "eu-central-1",
      host: "0.0.0.0",
      port: 0,
      stateDir: join(cwd, "state"),
      allowedHosts: ["a.test", "*.b.test"],
      pollers: 2,
      maxFunctionThreads: 3,
      journalBytes: 2_000_000,
      logBytes: 3_000_000,
      filtersPerMapping: 10,
      windowIdleMs: 7_000,
      redis: { url: "redis://r:1", keyPrefix: "millrace:", queuePrefix: "bull", caPem: null },
    });
  });

  test("the file that a flag names wins over the one that a variable names", async () => {
    const cwd = folderWith({ "a.json": '{"port": 1}', "b.json": '{"port": 2}' });

    expect((await load(cwd, { env: { MILLRACE_CONFIG: "b.json" } })).port).toBe(2);
    expect((await load(cwd, { file: "a.json", env: { MILLRACE_CONFIG: "b.json" } })).port).toBe(1);
  });
});

describe("paths", () => {
  test("a path in the file is relative to the file, one outside of it to the current folder", async () => {
    const cwd = folderWith({
      "app/millrace.config.yaml": "stateDir: kept\nfunctions: { f: { Handler: h.x } }\n",
      "app/bare.yaml": "{}\n",
    });

    const config = await load(cwd, { file: "app/millrace.config.yaml" });

    expect(config.stateDir).toBe(join(cwd, "app", "kept"));
    expect(config.functions[0]?.baseDir).toBe(join(cwd, "app"));
    expect((await load(cwd, { file: "app/millrace.config.yaml", env: { MILLRACE_STATE_DIR: "s" } })).stateDir).toBe(
      join(cwd, "s"),
    );
    expect((await load(cwd, { file: "app/bare.yaml" })).stateDir).toBe(join(cwd, ".millrace"));
  });
});

describe("mappings", () => {
  const base = `
functions: { process: { Handler: h.x } }
queues: [failed]
topics: { news: { queues: [failed], raw: true } }
buckets: [failed-batches]
`;

  test("short names become ARNs of the account and region, and a pattern as an object becomes its text", async () => {
    const cwd = folderWith({
      "millrace.config.yaml": `${base}
account: 123456789012
region: eu-west-1
mappings:
  - EventSourceArn: kinesis:orders
    FunctionName: process
    StartingPosition: LATEST
    FilterCriteria:
      Filters: [{ Pattern: { data: { type: [order] } } }, { Pattern: '{"data": {"n": [1.0]}}' }]
    DestinationConfig: { OnFailure: { Destination: "sqs:failed" } }
`,
    });

    expect((await load(cwd)).mappings).toEqual([
      {
        EventSourceArn: "arn:aws:kinesis:eu-west-1:123456789012:stream/orders",
        FunctionName: "process",
        StartingPosition: "LATEST",
        FilterCriteria: {
          Filters: [{ Pattern: '{"data":{"type":["order"]}}' }, { Pattern: '{"data": {"n": [1.0]}}' }],
        },
        DestinationConfig: { OnFailure: { Destination: "arn:aws:sqs:eu-west-1:123456789012:failed" } },
      },
    ]);
  });

  test("a topic's and a bucket's short name become their ARNs; ARNs stay, and absent members stay absent", async () => {
    const destination = async (text: string): Promise<unknown> => {
      const mapping = {
        EventSourceArn: "arn:aws:kinesis:us-east-1:000000000000:stream/orders",
        FunctionName: "process",
        StartingPosition: "TRIM_HORIZON",
        DestinationConfig: { OnFailure: { Destination: text } },
      };
      const cwd = folderWith({ "millrace.config.yaml": `${base}mappings: [${JSON.stringify(mapping)}]\n` });
      const [body] = (await load(cwd)).mappings;
      expect(Object.keys(body ?? {}).toSorted()).toEqual(Object.keys(mapping).toSorted());
      return body?.["DestinationConfig"];
    };

    expect(await destination("sns:news")).toEqual({
      OnFailure: { Destination: "arn:aws:sns:us-east-1:000000000000:news" },
    });
    expect(await destination("s3:failed-batches")).toEqual({
      OnFailure: { Destination: "arn:aws:s3:::failed-batches" },
    });
    expect(await destination("arn:aws:sqs:us-east-1:000000000000:any")).toEqual({
      OnFailure: { Destination: "arn:aws:sqs:us-east-1:000000000000:any" },
    });
  });

  test("StartingPositionTimestamp may be a date; it goes over as epoch seconds", async () => {
    const cwd = folderWith({
      "millrace.config.yaml": `${base}
mappings:
  - EventSourceArn: kinesis:orders
    FunctionName: process
    StartingPosition: AT_TIMESTAMP
    StartingPositionTimestamp: 2026-01-31T12:00:00Z
`,
    });

    expect((await load(cwd)).mappings[0]?.["StartingPositionTimestamp"]).toBe(1_769_860_800);
  });
});

test("a plain Redis stream is apart from those that are made, and variables fill in the address", async () => {
  const cwd = folderWith({
    "millrace.config.yaml": `
brokers: { redis: { url: "redis://user:\${PASSWORD}@host:6380/1", keyPrefix: "", caFile: ca.pem } }
streams: { clicks: { redisKey: app:clicks, dataField: body }, orders: { shards: 3, retentionHours: 48 } }
`,
    "ca.pem": "CERTIFICATE",
  });

  const config = await load(cwd, { env: { PASSWORD: "secret" } });

  expect(config.redis).toEqual({
    url: "redis://user:secret@host:6380/1",
    keyPrefix: "",
    queuePrefix: "bull",
    caPem: "CERTIFICATE",
  });
  expect(config.plainStreams).toEqual([
    { kind: "plain", name: "clicks", redisKey: "app:clicks", dataField: "body", partitionKeyField: null },
  ]);
  expect(config.streams).toEqual([{ name: "orders", shardCount: 3, retentionHours: 48 }]);
});

test("the same settings come to the same in JSON with comments, YAML, a module and a function of a module", async () => {
  const json = '{ // a comment\n  "port": 7000, "queues": ["a", "b",], }';
  const forms = {
    "c.json": json,
    "c.yaml": "port: 7000\nqueues: [a, b]\n",
    "c.mjs": 'export default { port: 7000, queues: ["a", "b"] };\n',
    "c.ts": 'const port: number = 7000;\nexport default async () => ({ port, queues: ["a", "b"] });\n',
  };
  const cwd = folderWith(forms);

  for (const file of Object.keys(forms)) {
    expect(await load(cwd, { file })).toMatchObject({ port: 7000, queues: [{ name: "a" }, { name: "b" }] });
  }
});

test("L2: the configuration is frozen all through", async () => {
  const cwd = folderWith({ "millrace.config.yaml": "functions: { f: { Handler: a.b } }\n" });

  const config = await load(cwd);

  expect(Object.isFrozen(config)).toBe(true);
  expect(Object.isFrozen(config.functions[0]?.settings.environment)).toBe(true);
});
