// `millrace explain` and `millrace logs` beside a real server and after it: a poison record, its key and place from the store, the
// function's own lines, and why nothing arrives.

import { expect, test } from "vitest";
import { runCommand, startCommand } from "../cli/run-command.ts";
import { folderWith } from "../config/folder.ts";

const files = {
  "millrace.config.yaml": `
streams: { orders: {}, quiet: {} }
queues: [failed]
functions: { f: { Handler: handler.main }, g: { Handler: handler.main } }
mappings:
  - EventSourceArn: kinesis:orders
    FunctionName: f
    StartingPosition: TRIM_HORIZON
    BatchSize: 4
    MaximumBatchingWindowInSeconds: 60
    MaximumRetryAttempts: 1
    BisectBatchOnFunctionError: true
    FilterCriteria: { Filters: [{ Pattern: { data: { type: [order] } } }] }
    DestinationConfig: { OnFailure: { Destination: sqs:failed } }
  - { EventSourceArn: kinesis:quiet, FunctionName: g, StartingPosition: LATEST }
`,
  "handler.js": `
export const main = async (event) => {
  const orders = event.Records.map(({ kinesis }) => JSON.parse(Buffer.from(kinesis.data, "base64").toString()));
  console.log("orders", orders.map(({ id }) => id).join(" "));
  if (orders.some(({ id }) => id === "bad")) throw new TypeError("no total");
};
`,
};

test("a record's story, by position and key, while the server runs and after it; logs by request id", async () => {
  const cwd = folderWith(files);
  const server = startCommand(cwd, ["start", "--port", "0"]);
  const url = (await server.line(/^ready http/)).replace("ready ", "");
  await server.line(/ -> f Creating -> Enabled/);
  const send = (data: object, key: string): Promise<unknown> =>
    runCommand(cwd, ["send", "orders", "--data", JSON.stringify(data), "--partition-key", key, "--endpoint", url]);
  await send({ type: "view" }, "passed-by");
  await send({ type: "order", id: "a" }, "customer-1");
  await send({ type: "order", id: "bad" }, "customer-2");
  await send({ type: "order", id: "b" }, "customer-3");
  await send({ type: "order", id: "c" }, "customer-4");
  const reported = await server.line(/ reported .*batch /);
  const [, request = ""] = /request (\w+)$/.exec(reported) ?? [];

  // The server of the same folder is found, whatever port it has.
  const running = await runCommand(cwd, ["explain", "customer-2"]);
  expect(running).toMatchObject({ code: 0, error: "" });
  const [title = "", , batch = ""] = running.out.split("\n");
  expect(title).toMatch(/^record (…|\.\.\.)\S+ {2}key customer-2 {2}kinesis:orders, shard 0 +GIVEN UP$/);
  expect(batch).toMatch(/^ {2}batch {5}1, place 2 of 4, .* closed by size/);
  expect(running.out).toContain("passed pattern 1 of 1");
  expect(running.out).toContain("the other\n         3 each succeeded without it");
  expect(
    Math.max(
      ...running.out
        .split("\n")
        .filter((line) => !/^next|^ {9}npm/.test(line))
        .map((line) => line.length),
    ),
  ).toBeLessThanOrEqual(80);

  // Where another port is told, that one is asked, and what does not answer is said.
  const elsewhere = await runCommand(cwd, ["explain", "customer-2", "--port", "1"]);
  expect(elsewhere.code).toBe(2);
  expect(elsewhere.error.replace(/\s+/g, " ")).toContain(
    "the source could not be asked for a key: no Millrace answers at http://127.0.0.1:1/; mappings",
  );
  expect(elsewhere.error).toContain("help: --port or --endpoint tells where its server is");
  const keyless = await runCommand(cwd, ["explain", "f/1.1.2", "--port", "1"]);
  expect(keyless.out).toMatch(/ GIVEN UP$/m);
  const { port } = new URL(url);
  expect((await runCommand(cwd, ["explain", "customer-2", "--port", port])).out.split("\n")[0]).toBe(title);

  const passedBy = await runCommand(cwd, ["explain", "passed-by", "--endpoint", url]);
  expect(passedBy.out).toMatch(/ PASSED OVER$/m);
  const quiet = await runCommand(cwd, ["explain", "g", "--endpoint", url, "--json"]);
  expect(JSON.parse(quiet.out)).toMatchObject({ kind: "mapping", why: { code: "latest", isFine: false } });

  const logs = await runCommand(cwd, ["logs", "f", "--request", request, "--json"]);
  const lines = logs.out
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as { readonly level: string; readonly text: string });
  expect(lines.filter(({ level }) => level === "INFO").map(({ text }) => text)).toEqual(["orders bad", "orders bad"]);
  expect(
    lines.filter(({ level }) => level === "ERROR").every(({ text }) => text.includes('"errorMessage":"no total"')),
  ).toBe(true);
  const none = await runCommand(cwd, ["logs", "f", "--request", "ffffffff-none"]);
  expect(none).toMatchObject({ code: 1, out: "" });

  server.signal("SIGINT");
  await server.ended;
  const stopped = await runCommand(cwd, ["explain", "customer-2"]);
  expect(stopped.out).toBe(running.out);
  const unknown = await runCommand(cwd, ["explain", "nobody"]);
  expect(unknown.code).toBe(2);
  expect(unknown.error).toContain("nothing in the journal is called `nobody`");
});

test("without a state directory there is nothing to explain; a function that wrote nothing has no log", async () => {
  const cwd = folderWith({});
  const { code, error } = await runCommand(cwd, ["explain", "f"]);
  expect(code).toBe(2);
  expect(error).toContain("error[bad-argument]: there is no journal in .millrace: nothing has run there");
  const logs = await runCommand(cwd, ["logs", "f"]);
  expect(logs.code).toBe(2);
  expect(logs.error).toContain("no function has written anything yet");
  const since = await runCommand(cwd, ["logs", "--since", "5 parsecs"]);
  expect(since.code).toBe(2);
  expect(since.error).toContain("30s, 5m, 2h or 1d");
});
