// The forms in which a person is told what went wrong: `kind[code]: what`, the place, `help:`; wrapped to the terminal, whole elsewhere.

import { createServer } from "node:net";
import { expect, test } from "vitest";
import { errorForm } from "../../src/cli/error-report.ts";
import { MillraceError } from "../../src/errors.ts";
import { folderWith } from "../config/folder.ts";
import { runCommand } from "./run-command.ts";

test("a text is wrapped to the terminal, what can be pasted is not, and a label without room stands below the marks", () => {
  const error = new MillraceError("config-invalid", `the mapping ${"is not as it should be and ".repeat(4)}so on`, {
    place: {
      file: "millrace.config.yaml",
      line: 7,
      column: 60,
      source: `${" ".repeat(59)}BatchSize: 0`,
      length: 12,
      label: "whole records, 1 to 10,000",
    },
    help: `BatchSize: 100    # ${"very ".repeat(20)}long`,
  });
  const lines = errorForm(error, "millrace", 80).trimEnd().split("\n");
  const [first, second, place, source, marks, label, help] = lines;
  expect(first).toMatch(/^error\[config-invalid\]: the mapping/);
  expect(second).toMatch(/^ {2}\S/);
  expect(place).toBe("  --> millrace.config.yaml:7:60");
  expect(source).toBe(` 7 | ${" ".repeat(59)}BatchSize: 0`);
  expect(marks).toBe(`   | ${" ".repeat(59)}^^^^^^^^^^^^`);
  expect(label).toBe("   | whole records, 1 to 10,000");
  expect(help).toBe(`help: BatchSize: 100    # ${"very ".repeat(20)}long`);
  expect(lines.slice(0, -1).every((line) => line.length <= 80)).toBe(true);
  expect(errorForm(error).split("\n")[0]).toContain("so on");
});

test("scenario-unknown-label: its place with its path, and a record to paste; exit 2", async () => {
  const cwd = folderWith({
    "poison.scenario.json": `{"id": "poison", "title": "t", "source": "kinesis", "setup": {}, "expect": {},
 "records": [{"label": "r1", "partitionKey": "k", "data": "{}"}, {"label": "r2"}, {"label": "r3"}],
 "steps": [
  {"do": "send", "records": ["r1", "r7"]}
 ]}
`,
  });
  const { code, error } = await runCommand(cwd, ["scenarios", "poison.scenario.json"]);
  expect(error).toBe(`error[scenario-unknown-label]: \`r7\` is not in \`records\`, which has r1 to r3
  --> poison.scenario.json:4:36  steps[0].records[1]
 4 |   {"do": "send", "records": ["r1", "r7"]}
   |                                    ^^^^ no such label
help: {"label":"r7","partitionKey":"k","data":"{}"}    (into \`records\`)
`);
  expect(code).toBe(2);
  const json = await runCommand(cwd, ["scenarios", "poison.scenario.json", "--json"]);
  expect(JSON.parse(json.error)).toMatchObject({
    error: { code: "scenario-unknown-label", place: { line: 4, column: 36, path: "steps[0].records[1]" } },
  });
});

test("port-taken: who holds it, and the next port; of the example through npm", async () => {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  const { code, error } = await runCommand(folderWith({}), ["start", "--port", String(port)]);
  const example = await runCommand(folderWith({}), ["start", "--example", "--port", String(port), "--state", "s"]);
  await new Promise((resolve) => server.close(resolve));
  const owner = process.platform === "linux" ? `process ${process.pid} \\((?!MainThread).+\\)` : ".+";
  expect(error).toMatch(
    new RegExp(
      `^error\\[port-taken\\]: 127\\.0\\.0\\.1:${port} is held by ${owner}\nhelp: npm run --silent millrace -- start --port ${port + 1} {4}# 0 takes any free port and prints it\n$`,
    ),
  );
  expect(code).toBe(3);
  expect(example.error).toContain(`\nhelp: npm start -- --port ${port + 1} --state s    # 0 takes`);
});
