// The command line in a process of its own: what it ends with (0 yes, 1 no, 2 bad input, 3 bad surroundings), and what it says.

import { existsSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { openStateDirectory } from "../../src/platform/state-directory.ts";
import { folderWith } from "../config/folder.ts";
import { runCommand } from "./run-command.ts";

const example = join(import.meta.dirname, "..", "..", "examples", "orders", "millrace.config.yaml");
const event = ["--event", '{"status": "paid"}'];

describe("exit codes", () => {
  const cases: readonly (readonly [string, readonly string[], number])[] = [
    ["the version", ["--version"], 0],
    ["help", ["--help"], 0],
    ["no command at all", [], 2],
    ["an unknown command", ["strat"], 2],
    ["an unknown option", ["start", "--prot", "1"], 2],
    ["a port that is none", ["start", "--port", "abc"], 2],
    ["a configuration that is not there", ["start", "--config", "nope.yaml"], 2],
    ["an event that fits", ["filter", "--pattern", '{"status": ["paid"]}', ...event], 0],
    ["an event that does not fit", ["filter", "--pattern", '{"status": ["open"]}', ...event], 1],
    ["an invalid pattern", ["filter", "--pattern", '{"status": "paid"}', ...event], 2],
    ["the example's configuration", ["config", "--check", "--config", example], 0],
    ["sending to nobody", ["send", "orders", "--endpoint", "http://127.0.0.1:1"], 3],
    ["resetting a mapping that is not there", ["reset", "5e1f09c2"], 2],
    ["completion of a shell", ["complete", "bash"], 0],
  ];

  test.each(cases)("%s", async (_what, words, code) => {
    const ended = await runCommand(folderWith({}), words);

    expect(ended).toMatchObject({ code });
    expect(code >= 2 ? ended.error : ended.out).not.toBe("");
  });
});

describe("what is told", () => {
  test("an unknown command or option is told with the likely one", async () => {
    const cwd = folderWith({});

    expect((await runCommand(cwd, ["strat"])).error).toBe(
      "error[bad-argument]: unknown command 'strat'\nhelp: millrace start\n",
    );
    expect((await runCommand(cwd, ["start", "--prot", "1"])).error).toBe(
      "error[bad-argument]: unknown option '--prot'\nhelp: --port\n",
    );
  });

  test("with --json an error is an object on a line", async () => {
    const { error } = await runCommand(folderWith({ "c.yaml": "prot: 1\n" }), [
      "config",
      "--check",
      "--json",
      "--config",
      "c.yaml",
    ]);

    expect(JSON.parse(error)).toEqual({
      error: {
        code: "config-unknown-key",
        message: "`prot` is no setting of the configuration",
        place: { file: "c.yaml", line: 1, column: 1, source: "prot: 1", length: 4, label: "" },
        help: "port: 1    # whole numbers, 0 to 65,535",
      },
    });
  });

  test("a handler that is not there is told with its place and the likely one, before anything starts", async () => {
    const cwd = folderWith({
      "millrace.config.yaml": "functions:\n  f:\n    Handler: handlers/order.process\n",
      "handlers/orders.ts": "export const process = async () => {};\n",
    });

    const { code, error } = await runCommand(cwd, ["start", "--port", "0"]);

    expect(code).toBe(2);
    expect(error).toBe(`error[handler-not-found]: function \`f\`: no file handlers/order.ts
  --> millrace.config.yaml:3:14
 3 |     Handler: handlers/order.process
   |              ^^^^^^^^^^^^^^^^^^^^^^ files there: orders
help: Handler: handlers/orders.process
`);
    expect(existsSync(join(cwd, ".millrace"))).toBe(false);
  });

  test("the configuration in full hides Redis's password; its JSON Schema is one", async () => {
    const cwd = folderWith({ "millrace.config.yaml": "brokers: { redis: { url: 'redis://me:secret@host:1' } }\n" });

    const { out } = await runCommand(cwd, ["config"]);

    expect(JSON.parse(out)).toMatchObject({ port: 4566, redis: { url: "redis://***@host:1" } });
    expect(JSON.parse((await runCommand(cwd, ["config", "--schema"])).out)).toMatchObject({
      $schema: "https://json-schema.org/draft/2020-12/schema",
      properties: { port: { default: 4566 } },
    });
  });
});

describe("reset", () => {
  test("all takes the state away, and says so; without state there is nothing to do", async () => {
    const cwd = folderWith({ ".millrace/store.db": "", ".millrace/journal/main-1.jsonl": "{}\n" });

    const first = await runCommand(cwd, ["reset", "all"]);

    expect(first).toMatchObject({ code: 0, error: "" });
    expect(first.out).toContain(".millrace is empty now");
    expect(existsSync(join(cwd, ".millrace", "journal"))).toBe(false);
    expect((await runCommand(cwd, ["reset", "all", "--state", "none"])).out).toBe(
      "nothing to reset: there is no none\n",
    );
  });

  test("is refused while a Millrace uses the state", async () => {
    const cwd = folderWith({});
    const state = openStateDirectory(join(cwd, ".millrace"));

    const { code, error } = await runCommand(cwd, ["reset", "all"]);
    state.close();

    expect(code).toBe(3);
    expect(error).toContain(`is in use by the Millrace with process id ${process.pid}`);
  });
});
