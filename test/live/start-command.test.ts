// `millrace start` from the first line to the last, in a process of its own: ready, records in and out, Ctrl-C, and on from the
// checkpoints.

import { writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { expect, test } from "vitest";
import { runCommand, startCommand } from "../cli/run-command.ts";
import { folderWith } from "../config/folder.ts";

const files = {
  "millrace.config.yaml": `
streams: { orders: {} }
functions: { f: { Handler: handler.main } }
mappings:
  - { EventSourceArn: kinesis:orders, FunctionName: f, StartingPosition: TRIM_HORIZON, BatchSize: 10 }
`,
  "handler.js": `
export const main = async (event) => {
  console.log("seen", event.Records.map(({ kinesis }) => Buffer.from(kinesis.data, "base64").toString()).join(" "));
};
`,
};

const urlOf = (line: string): string => line.replace(/^ready /, "");

test("ready is a line of its own; records reach the handler; Ctrl-C ends it; the next start goes on from the checkpoint", async () => {
  const cwd = folderWith(files);
  const first = startCommand(cwd, ["start", "--port", "0"]);
  const ready = await first.line(/^ready http:\/\/127\.0\.0\.1:\d+$/);

  const sent = await runCommand(cwd, ["send", "orders", "--data", "one", "--endpoint", urlOf(ready)]);
  expect(sent).toMatchObject({ code: 0, error: "" });
  expect(sent.out).toMatch(/^sent 1 record to orders: 1 to shard 0; last \.\.\.\d{6}/);
  await first.line(/ log {6}f \w{8} seen one$/);
  await first.line(/ ok {7}batch 1 /);
  first.signal("SIGINT");
  const ended = await first.ended;
  expect(ended).toMatchObject({ code: 0, error: "" });
  // The call may have ended already, and its checkpoint not be written yet.
  expect(ended.out).toMatch(
    /^stopping: (\d+ invocations? running|waits for commits and documents), up to 30 s; Ctrl-C again forces it$/m,
  );

  const second = startCommand(cwd, ["start", "--port", "0"]);
  const again = await second.line(/^ready http/);
  await second.line(/ reads {4}\w{8} shard 0 on from its checkpoint, after \.\.\.\d{6}/);
  await runCommand(cwd, ["send", "orders", "--data", "two", "--endpoint", urlOf(again)]);
  await second.line(/ seen two$/);
  second.signal("SIGTERM");
  const last = await second.ended;
  expect(last.code).toBe(0);
  expect(last.out).not.toContain("seen one");
});

test("what is there otherwise than configured stays, and the start says what to do", async () => {
  const cwd = folderWith({ "millrace.config.yaml": "streams: { orders: { shards: 2 } }\n" });
  const first = startCommand(cwd, ["start", "--port", "0"]);
  await first.line(/^ready http/);
  first.signal("SIGTERM");
  expect((await first.ended).out).not.toMatch(/ config /);
  writeFileSync(
    join(cwd, "millrace.config.yaml"),
    "streams: { orders: { shards: 3, retentionHours: 48 } }\ntables: { items: { key: id } }\n",
  );

  const second = startCommand(cwd, ["start", "--port", "0"]);
  const ready = await second.line(/^ready http/);
  await second.line(
    / config {3}the stream orders has 2 open shards, not 3 as configured, and keeps them: millrace reshard orders --count 3 changes that$/,
  );
  await second.line(
    / config {3}the stream orders keeps records for 24 h, not 48 as configured, and goes on so: IncreaseStreamRetentionPeriod changes that$/,
  );
  const reshard = ["reshard", "orders", "--count", "3", "--endpoint", urlOf(ready)];
  expect(await runCommand(cwd, reshard)).toMatchObject({ code: 0 });
  second.signal("SIGTERM");
  await second.ended;

  const third = startCommand(cwd, ["start", "--port", "0"]);
  await third.line(/ config {3}the stream orders keeps/);
  third.signal("SIGTERM");
  expect((await third.ended).out).not.toContain("open shards");
});

test("with nothing configured the server runs alone; with --json every line is an object", async () => {
  const server = startCommand(folderWith({}), ["start", "--port", "0", "--json"]);

  const ready = JSON.parse(await server.line(/"kind":"ready"/)) as { readonly url: string };
  expect((await fetch(`${ready.url}/_millrace/ready`)).status).toBe(200);
  server.signal("SIGINT");

  const { code, out } = await server.ended;
  expect(code).toBe(0);
  for (const line of out.trimEnd().split("\n")) expect(JSON.parse(line)).toHaveProperty("kind");
});

test("a port that is taken is told with what to do, and ends with 3", async () => {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;

  const { code, error } = await runCommand(folderWith({}), ["start", "--port", String(port)]);
  await new Promise((resolve) => server.close(resolve));

  expect(code).toBe(3);
  expect(error).toContain(`error[port-taken]: 127.0.0.1:${port} is held by`);
  expect(error).toMatch(
    /^help: npm run --silent millrace -- start --port \d+ {4}# 0 takes any free port and prints it$/m,
  );
});

test("what only the start finds wrong with the configuration is told with its place", async () => {
  const yaml = files["millrace.config.yaml"];
  const told = async (text: string): Promise<string> => {
    const cwd = folderWith({ ...files, "millrace.config.yaml": text });
    const { code, error } = await runCommand(cwd, ["start", "--port", "0"]);
    expect(code).toBe(2);
    return error;
  };

  expect(await told(yaml.replace("handler.main", "handler.mian"))).toBe(`\
error[handler-not-found]: function \`f\`: handler.js has no export \`mian\`
  --> millrace.config.yaml:3:28
 3 | functions: { f: { Handler: handler.mian } }
   |                            ^^^^^^^^^^^^
help: Handler: handler.main
`);
  expect(await told(yaml.replace("kinesis:orders", "kinesis:orderz"))).toContain(
    "mappings[0] is refused: Stream not found: arn:aws:kinesis:us-east-1:000000000000:stream/orderz\n  --> millrace.config.yaml:5:23\n",
  );
});

test.for([
  ["streams", ""],
  ["queues", "queues: [jobs]\n"],
])(
  "a Redis that is not there is told with its address and what to start, and ends with 3: %s",
  async ([what, more]) => {
    const yaml = `${files["millrace.config.yaml"]}brokers: { redis: { url: "redis://127.0.0.1:1" } }\n${more}`;
    const cwd = folderWith({ ...files, "millrace.config.yaml": yaml });

    const { code, error } = await runCommand(cwd, ["start", "--port", "0"]);

    expect(code).toBe(3);
    expect(error).toContain(`error[source-unreachable]: the configured ${what} cannot be made: Redis at 127.0.0.1:1`);
    expect(error).toMatch(/^help: redis-server --port 1 {4}# or: docker compose up redis/m);
  },
);

test("a second start on the same state is refused", async () => {
  const cwd = folderWith({});
  const first = startCommand(cwd, ["start", "--port", "0", "--quiet"]);
  await first.line(/^ready http/);

  const { code, error } = await runCommand(cwd, ["start", "--port", "0"]);
  first.signal("SIGINT");

  expect(code).toBe(3);
  expect(error).toContain("error[state-locked]");
  // Quiet: the first line is the only one.
  expect((await first.ended).out).toMatch(/^ready http:\S+\n$/);
});
