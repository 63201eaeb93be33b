// The command line in a process of its own: what it ends with (0 yes, 1 no, 2 bad input, 3 bad surroundings), and what it says.

import { existsSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { commandCalled, reportError } from "../../src/cli/error-report.ts";
import { MillraceError } from "../../src/errors.ts";
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
      "error[bad-argument]: unknown command 'strat'\nhelp: npm run --silent millrace -- start\n",
    );
    expect((await runCommand(cwd, ["start", "--prot", "1"])).error).toBe(
      "error[bad-argument]: unknown option '--prot'\nhelp: npm run --silent millrace -- start --port 1\n",
    );
    expect((await runCommand(cwd, ["start", "--prot=1", "--state", "a b"])).error).toContain(
      "\nhelp: npm run --silent millrace -- start --port=1 --state 'a b'\n",
    );
  });

  test("what is wrong with a command's option is told with that command's help", async () => {
    const { error } = await runCommand(folderWith({}), ["send", "orders", "--count", "x"]);

    expect(error).toMatch(
      /^error\[bad-argument\]: option '--count <n>' .*\nhelp: npm run --silent millrace -- send --help\n$/,
    );
  });

  test("an inspector's place that cannot be is told in the form of all errors, and by nobody else", async () => {
    const { code, error } = await runCommand(folderWith({}), ["start", "--port", "0", "--inspect=nowhere.invalid:9"]);

    expect(code).toBe(2);
    expect(error).toBe(
      "error[bad-argument]: the inspector cannot listen on nowhere.invalid:9\nhelp: npm run --silent millrace -- start --inspect=127.0.0.1:9229 --port 0\n",
    );
  });

  test("a command that is offered has the flags of where server and state are", async () => {
    const cwd = folderWith({});
    const helpOf = async (words: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<string> =>
      /^help: npm run --silent millrace -- (.*)$/m.exec((await runCommand(cwd, words, env)).error)?.[1] ?? "";

    expect(await helpOf(["step", "f", "--port", "1"])).toBe("start --port 1");
    expect(await helpOf(["explain", "f", "--state", "it's"])).toBe(String.raw`start --state 'it'\''s'`);
    expect(await helpOf(["explain", "f"], { MILLRACE_STATE_DIR: "other" })).toBe("start --state other");
  });

  test("help calls the command as this one is called: in a checkout through npm", () => {
    const said = (commandFile: string): string => {
      let text = "";
      const error = new MillraceError("server-unreachable", "nobody answers", { help: "millrace start" });
      const code = reportError(error, {
        isJson: false,
        command: commandCalled(commandFile),
        write: (more) => void (text += more),
      });
      return `${text}${code}`;
    };

    expect(said("src/cli/bin.ts")).toBe(
      "error[server-unreachable]: nobody answers\nhelp: npm run --silent millrace -- start\n3",
    );
    expect(said("node_modules/.bin/millrace")).toBe(
      "error[server-unreachable]: nobody answers\nhelp: millrace start\n3",
    );
  });

  test("with --json so is an error of filter, and why a thread failed is told", async () => {
    const { code, error } = await runCommand(folderWith({}), [
      "filter",
      "--json",
      "--pattern",
      '{"a": [1]}',
      "--event",
      "no",
    ]);

    expect(code).toBe(2);
    expect(JSON.parse(error)).toMatchObject({ error: { code: "bad-argument", place: { line: 1, column: 1 } } });
    const cause = new Error("no room left");
    let text = "";
    const write = (more: string): void => void (text += more);
    reportError(new MillraceError("thread-failed", "the store ended", { cause }), {
      isJson: true,
      command: "millrace",
      write,
    });
    expect(JSON.parse(text)).toMatchObject({ error: { code: "thread-failed", because: "no room left" } });
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
        because: null,
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
   |              ^^^^^^^^^^^^^^^^^^^^^^ handlers/orders.ts exports \`process\`
help: Handler: handlers/orders.process
`);
    expect(existsSync(join(cwd, ".millrace"))).toBe(false);
  });

  test("section 2.4: mappings that the API would refuse are told with their places, before anything starts", async () => {
    const cwd = folderWith({
      "millrace.config.yaml": `functions: { f: { Handler: h.main } }
streams: { orders: {} }
mappings:
  - EventSourceArn: kinesis:orders
    FunctionName: f
    StartingPosition: LATEST
    TumblingWindowInSeconds: 5
    ParallelizationFactor: 2
  - { SelfManagedEventSource: { Endpoints: { KAFKA_BOOTSTRAP_SERVERS: ["k:1"] } }, FunctionName: f, Topics: [topic], SourceAccessConfigurations: [{ Type: IAM_AUTH }] }
  - { EventSourceArn: kinesis:others, FunctionName: f, StartingPosition: LATEST, MaximumRecordAgeInSeconds: 5 }
  - EventSourceArn: kinesis:third
    FunctionName: f
    StartingPosition: LATEST
    DestinationConfig: { OnSuccess: {} }
`,
      "h.js": "export const main = async () => {};\n",
    });

    const checked = await runCommand(cwd, ["config", "--check"]);

    expect(checked.code).toBe(2);
    expect(checked.error.split("\n").filter((line) => /^(?:error| *-->)/.test(line))).toEqual([
      "error[config-invalid]: mappings[0] is refused: Parallelization factor must be equal to 1 when tumbling window period is configured",
      "  --> millrace.config.yaml:4:5",
      "error[config-invalid]: mappings[1] is refused: The source access configuration IAM_AUTH is not built yet in this version of Millrace: nothing here issues its tokens; name the cluster in `sources` and use BASIC_AUTH, SASL_SCRAM_512_AUTH, SASL_SCRAM_256_AUTH, CLIENT_CERTIFICATE_TLS_AUTH or none.",
      "  --> millrace.config.yaml:9:5",
      "error[config-invalid]: mappings[2] is refused: MaximumRecordAgeInSeconds must be either -1 (forever) or between 60 and 604800 (inclusive)",
      "  --> millrace.config.yaml:10:82",
      "error[config-invalid]: mappings[3] is refused: OnSuccess configuration is not supported for event source mappings.",
      "  --> millrace.config.yaml:14:26",
    ]);
    expect((await runCommand(cwd, ["start", "--port", "0"])).error).toBe(checked.error);
    expect(existsSync(join(cwd, ".millrace"))).toBe(false);
  });

  test("variables that a function cannot have are refused, and not overridden in silence", async () => {
    const cwd = folderWith({
      "millrace.config.yaml": `functions:
  f:
    Handler: h.main
    Environment: { Variables: { TABLE: orders, AWS_REGION: eu-west-1, TZ: Europe/Berlin } }
`,
      "h.js": "export const main = async () => {};\n",
    });

    const { code, error } = await runCommand(cwd, ["config", "--check"]);

    expect(code).toBe(2);
    expect(error.split("\n").filter((line) => /^(?:error| *-->|help)/.test(line))).toEqual([
      "error[config-invalid]: function `f`: the variable `AWS_REGION` is reserved",
      "  --> millrace.config.yaml:4:48",
      "help: region: us-east-1    (beside `functions`)",
      "error[config-invalid]: function `f`: the variable `TZ` is reserved",
      "  --> millrace.config.yaml:4:71",
    ]);
  });

  test("the configuration in full hides passwords in addresses; its JSON Schema is one", async () => {
    const cwd = folderWith({
      "millrace.config.yaml":
        "brokers: { redis: { url: 'redis://me:sec@ret@host:1' } }\nfunctions: { f: { url: 'http://me:sec@ret@host:2/x' } }\n",
    });

    const { out } = await runCommand(cwd, ["config"]);

    expect(JSON.parse(out)).toMatchObject({
      port: 4566,
      redis: { url: "redis://***@host:1" },
      functions: [{ endpoint: { url: "http://***@host:2/x" } }],
    });
    expect(out).not.toContain("ret@");
    expect(JSON.parse((await runCommand(cwd, ["config", "schema"])).out)).toMatchObject({
      $schema: "http://json-schema.org/draft-07/schema#",
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
