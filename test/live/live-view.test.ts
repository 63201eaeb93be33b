// The live view on a real terminal: what a person sees of a whole server with the example app, what keys do, and that the terminal is
// given back.

import { constants } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { runCommand } from "../cli/run-command.ts";
import { folderWith } from "../config/folder.ts";
import { hasPython, onTerminal } from "./support/pseudo-terminal.ts";

const yaml = `
streams: { orders: {} }
functions: { f: { Handler: handler.main } }
mappings:
  - EventSourceArn: kinesis:orders
    FunctionName: f
    StartingPosition: TRIM_HORIZON
    BatchSize: 2
    BisectBatchOnFunctionError: true
    MaximumRetryAttempts: 0
`;
const handler = `
export const main = async (event) => {
  for (const { kinesis } of event.Records) {
    const text = Buffer.from(kinesis.data, "base64").toString();
    console.log("seen", text);
    if (text === "poison") throw new TypeError("no order: " + text);
  }
};
`;
const files = { "millrace.config.yaml": yaml, "handler.js": handler };
const size = { columns: 80, rows: 24 };
const start = ["start", "--port", "0"];
const urlIn = (text: string): string => /http:\/\/127\.0\.0\.1:\d+/.exec(text)?.[0] ?? "";

// Skipped where there is no python3, as its standard library brings the pseudo terminal.
describe.skipIf(!hasPython)("the live view", () => {
  test("shows mappings, batches and a failing tree; logs go above; e explains; q gives the terminal back", async () => {
    const cwd = folderWith(files);
    const terminal = onTerminal(cwd, start, size);
    await terminal.until((screen) => /kinesis:orders +f +Enabled/.test(screen.text()));
    expect(terminal.screen.isCursorShown).toBe(false);
    const endpoint = urlIn(terminal.screen.all().join("\n"));
    const poison = ["send", "orders", "--data", "poison", "--endpoint", endpoint];
    expect(await runCommand(cwd, poison)).toMatchObject({ code: 0 });

    await terminal.until((screen) => /^BATCHES.*\n {2}1 .*■ given up/m.test(screen.text()));
    await terminal.until((screen) => screen.text().includes("PROBLEM"));
    const text = terminal.screen.text();
    expect(text).toMatch(/^ENDED {4}batch 1, shard 0, held .*: TypeError/m);
    expect(text).toMatch(/^ {2}1 +1 {2}■ .*given up after 1 of 1, dropped: no destination$/m);
    expect(text).toMatch(/^q quit {2}p pause {2}e explain {2}f freeze {2}d dashboard {2}\/ find {2}\? …$/m);
    const all = terminal.screen.all();
    // Above the picture, and there once.
    expect(all.filter((line) => / log {6}f \w{8} seen poison$/.test(line))).toHaveLength(1);
    expect(all.findIndex((line) => line.includes("seen poison"))).toBeLessThan(
      all.findIndex((line) => line.startsWith("MAPPINGS")),
    );

    terminal.type("e");
    await terminal.until((screen) => /^millrace explain .*\n.*\n[^]*any other key goes back/m.test(screen.text()));
    terminal.type("\u001b");
    await terminal.until((screen) => screen.text().includes("MAPPINGS"));

    terminal.type("q");
    const end = await terminal.fact((fact) => fact.ended !== undefined);
    expect(end).toEqual({ ended: 0, mode: true });
    expect(terminal.screen.isCursorShown).toBe(true);
    expect(terminal.screen.text()).toMatch(
      /stopping: waits for commits and documents, up to 30 s; Ctrl-C again forces it$/,
    );
  });

  test("p pauses, s lets one batch through, and the state says so", async () => {
    const cwd = folderWith(files);
    const terminal = onTerminal(cwd, start, { columns: 120, rows: 40 });
    await terminal.until((screen) => /kinesis:orders +f +Enabled/.test(screen.text()));
    const endpoint = urlIn(terminal.screen.all().join("\n"));
    terminal.type("p");
    await terminal.until((screen) => /^▸ .* Enabled, paused /m.test(screen.text()));
    await runCommand(cwd, ["send", "orders", "--count", "1", "--endpoint", endpoint]);
    await terminal.until((screen) => /^ {2}1 .*· waits/m.test(screen.text()));
    terminal.type("s");
    await terminal.until((screen) => /^ {2}1 .*✓ ok/m.test(screen.text()));
    expect(terminal.screen.text()).toMatch(/^▸ .* Enabled, paused /m);
    terminal.type("p");
    await terminal.until((screen) => /^▸ .* Enabled  /m.test(screen.text()));
  });

  test("a stopped process leaves a terminal as it was, and takes it again when it goes on", async () => {
    const terminal = onTerminal(folderWith(files), start, size);
    await terminal.until((screen) => /kinesis:orders +f +Enabled/.test(screen.text()));
    // No shell is there to go on with it, so a key does not stop it.
    terminal.type("\u001a?");
    await terminal.until((screen) => screen.text().includes("What is here"));
    terminal.signal(constants.signals.SIGTSTP);
    expect(await terminal.fact((fact) => fact.stopped === true)).toMatchObject({ mode: true });
    expect(terminal.screen.isCursorShown).toBe(true);
    terminal.signal(constants.signals.SIGCONT);
    await terminal.until((screen) => !screen.isCursorShown);
    terminal.type("\u001b");
    await terminal.until((screen) => screen.text().endsWith("? …"));
    // Raw: Ctrl-C comes as a key.
    terminal.type("\u0003");
    expect(await terminal.fact((fact) => fact.ended !== undefined)).toEqual({ ended: 0, mode: true });
  });

  test("a crash gives the terminal back, and is told below the picture", async () => {
    // A configuration is a module of the server's own thread.
    const config = `process.once("SIGUSR2", () => { throw new Error("out of the blue"); });\nexport default { streams: { orders: {} } };\n`;
    const cwd = folderWith({ "millrace.config.js": config });
    const terminal = onTerminal(cwd, start, size);
    await terminal.until((screen) => screen.text().includes("MAPPINGS"));
    terminal.signal(constants.signals.SIGUSR2);
    const { ended, mode } = await terminal.fact((fact) => fact.ended !== undefined);
    expect({ isFailure: ended !== 0, mode }).toEqual({ isFailure: true, mode: true });
    expect(terminal.screen.isCursorShown).toBe(true);
    const all = terminal.screen.all();
    expect(all.findIndex((line) => line.includes("Error: out of the blue"))).toBeGreaterThan(
      all.findIndex((line) => line.startsWith("q quit")),
    );
  });

  test("a terminal that does not know its size is taken for 80 columns and 24 rows; f freezes the picture", async () => {
    const terminal = onTerminal(folderWith(files), start, { columns: 0, rows: 0, screen: size });
    await terminal.until((screen) => /kinesis:orders +f +Enabled/.test(screen.text()));
    terminal.type("f");
    await terminal.until((screen) => /^frozen at \d\d:\d\d:\d\d {2}q quit .* f go on /m.test(screen.text()));
    const before = terminal.screen.text();
    const endpoint = urlIn(terminal.screen.all().join("\n"));
    const cwd = folderWith({});
    expect(await runCommand(cwd, ["send", "orders", "--data", "one", "--endpoint", endpoint])).toMatchObject({
      code: 0,
    });
    expect(terminal.screen.text()).toBe(before);
    terminal.type("f");
    await terminal.until((screen) => screen.all().some((line) => line.endsWith(" seen one")));
    await terminal.until((screen) => /^ {2}1 .*✓ ok$/m.test(screen.text()));
  });

  test("NO_COLOR and a locale without UTF-8: nothing but ASCII, no colour", async () => {
    const terminal = onTerminal(folderWith(files), start, { ...size, env: { NO_COLOR: "1", LC_ALL: "C" } });
    await terminal.until((screen) => /^> \w{8} {2}kinesis:orders +f +Enabled/m.test(screen.text()));
    // oxlint-disable-next-line no-control-regex -- colours
    expect(terminal.written()).not.toMatch(/\u001b\[\d+(?:;\d+)*m/);
    expect(terminal.screen.all().join("\n")).toMatch(/^[\n\x20-\x7e]*$/);
  });

  test.each([
    ["--plain", [...start, "--plain"], {}],
    ["CI", start, { CI: "true" }],
    ["a dumb terminal", start, { TERM: "dumb" }],
  ])("plain lines with %s", async (_name, words, env) => {
    const terminal = onTerminal(folderWith(files), words, { ...size, columns: 200, env });
    await terminal.until((screen) => / mapping {2}\w{8} .*-> Enabled$/m.test(screen.text()));
    expect(terminal.written()).not.toContain("\u001b[?25l");
    expect(terminal.screen.text()).not.toContain("MAPPINGS");
    terminal.type("\u0003");
    expect(await terminal.fact((fact) => fact.ended !== undefined)).toEqual({ ended: 0, mode: true });
  });

  test("npm start: the example, its poison by x", async () => {
    const state = join(folderWith({}), "state");
    const words = ["start", "--example", "--port", "0", "--state", state];
    const terminal = onTerminal(join(import.meta.dirname, "..", ".."), words, { columns: 120, rows: 40 });
    await terminal.until((screen) => screen.text().includes("x poison"));
    terminal.type("x");
    await terminal.until((screen) => /^(?:FAILING|ENDED) +orders-process batch \d/m.test(screen.text()));
    await terminal.until((screen) => /^DESTINATION {2}sqs:orders-failed {2}1 document/m.test(screen.text()));
    expect(terminal.screen.all()[0]).toMatch(/^ready http/);
  });
});
