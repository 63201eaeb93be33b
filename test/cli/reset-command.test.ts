// `millrace reset MAPPING` on a state that a server has left: the mapping begins at its starting position again, and nothing else goes.

import { expect, test } from "vitest";
import { folderWith } from "../config/folder.ts";
import { runCommand, startCommand } from "./run-command.ts";

const files = {
  "millrace.config.yaml": `
streams: { orders: {} }
queues: [jobs]
functions: { f: { Handler: handler.main }, g: { Handler: handler.main }, h: { Handler: handler.main } }
mappings:
  - { EventSourceArn: kinesis:orders, FunctionName: f, StartingPosition: TRIM_HORIZON }
  - { EventSourceArn: kinesis:orders, FunctionName: g, StartingPosition: TRIM_HORIZON }
  - { EventSourceArn: sqs:jobs, FunctionName: h }
`,
  "handler.js": `
export const main = async (event, { functionName }) => {
  const texts = event.Records.map(({ kinesis }) => Buffer.from(kinesis.data, "base64").toString());
  console.log("seen", functionName, texts.join(" "));
};
`,
};

test("a known mapping, by its function's name or the beginning of its id, reads its stream from the beginning again; the other one goes on", async () => {
  const cwd = folderWith(files);
  const first = startCommand(cwd, ["start", "--port", "0"]);
  const url = (await first.line(/^ready http/)).replace("ready ", "");
  const [, mapping = ""] = / mapping {2}(\w{8}) .* -> f Creating/.exec(await first.line(/ -> f Creating/)) ?? [];
  const ended = (name: string, text: string) => new RegExp(` log {6}${name} \\w{8} seen ${name} ${text}$`);
  await runCommand(cwd, ["send", "orders", "--data", "one", "--endpoint", url]);
  await Promise.all([first.line(ended("f", "one")), first.line(ended("g", "one"))]);
  first.signal("SIGINT");
  expect((await first.ended).code).toBe(0);

  const unknown = await runCommand(cwd, ["reset", "zzzz"]);
  expect(unknown).toMatchObject({ code: 2, out: "" });
  // What forgets is never offered for a mapping that nobody named.
  expect(unknown.error).toMatch(
    /^error\[bad-argument\]: there is no mapping `zzzz`; there are (?:\w{8} \((?:kinesis:orders -> [fg]|sqs:jobs -> h)\)(?:, |\n)){3}$/,
  );
  const onQueue = await runCommand(cwd, ["reset", "h"]);
  expect(onQueue).toMatchObject({ code: 2, out: "" });
  expect(onQueue.error).toContain(
    "(sqs:jobs -> h) polls a queue: it keeps no checkpoint, so there is nothing to reset",
  );
  for (const called of ["f", mapping.slice(0, 6)]) {
    expect(await runCommand(cwd, ["reset", called])).toEqual({
      code: 0,
      out: `mapping ${mapping} (kinesis:orders -> f) starts anew at its starting position\n`,
      error: "",
    });
  }

  const second = startCommand(cwd, ["start", "--port", "0"]);
  const again = (await second.line(/^ready http/)).replace("ready ", "");
  await second.line(ended("f", "one"));
  await runCommand(cwd, ["send", "orders", "--data", "two", "--endpoint", again]);
  await Promise.all([second.line(ended("f", "two")), second.line(ended("g", "two"))]);
  second.signal("SIGINT");
  const last = await second.ended;
  expect(last.code).toBe(0);
  expect(last.out).not.toMatch(/seen g .*one/);
});
