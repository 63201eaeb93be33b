// The live view of a queue and a broker on a real terminal: a message that fails, what hides it, and its dead letters.

import { describe, expect, test } from "vitest";
import { runCommand } from "../cli/run-command.ts";
import { folderWith } from "../config/folder.ts";
import { hasPython, onTerminal } from "./support/pseudo-terminal.ts";

const yaml = `
queues:
  - { name: jobs, VisibilityTimeout: 3, RedrivePolicy: { deadLetterTargetArn: "arn:aws:sqs:us-east-1:000000000000:dead", maxReceiveCount: 2 } }
  - dead
sources:
  arn:aws:mq:us-east-1:000000000000:broker:shop:b-1: { engine: ACTIVEMQ, consumers: 1, redeliveryPauseMs: 10 }
functions: { f: { Handler: handler.main, Timeout: 2 }, g: { Handler: handler.main, Timeout: 2 } }
mappings:
  - { EventSourceArn: "sqs:jobs", FunctionName: f, BatchSize: 1 }
  - EventSourceArn: arn:aws:mq:us-east-1:000000000000:broker:shop:b-1
    FunctionName: g
    BatchSize: 1
    Queues: [orders]
    SourceAccessConfigurations: [{ Type: BASIC_AUTH, URI: "arn:aws:secretsmanager:us-east-1:000000000000:secret:login-abcdef" }]
`;
const handler = `export const main = async () => { throw new TypeError("no order"); };\n`;

// Skipped where there is no python3, as its standard library brings the pseudo terminal.
describe.skipIf(!hasPython)("the live view of queues and brokers", () => {
  test("Q-12, R-403: a failed message is hidden, comes back and is a dead letter; a broker's is its broker's", async () => {
    const cwd = folderWith({ "millrace.config.yaml": yaml, "handler.js": handler });
    const terminal = onTerminal(cwd, ["start", "--port", "0"], { columns: 110, rows: 40 });
    await terminal.until(
      (screen) => /sqs:jobs +f +Enabled/.test(screen.text()) && /mq:shop +g +Enabled/.test(screen.text()),
    );
    const endpoint = /http:\/\/127\.0\.0\.1:\d+/.exec(terminal.screen.all().join("\n"))?.[0] ?? "";
    await runCommand(cwd, ["send", "sqs:jobs", "--data", "poison", "--endpoint", endpoint]);
    await terminal.until((screen) => /^ {2}1 .*✗ threw, back$/m.test(screen.text()));
    await terminal.until((screen) => /^QUEUE +0 visible, 1 in flight/m.test(screen.text()));
    await terminal.until((screen) => /^ASSEMBLING +f: the last message, \w{8}, went to dead at/m.test(screen.text()));
    const queue = terminal.screen.text();
    expect(queue).toMatch(/^ {2}2 .*✗ threw, back$/m);
    expect(queue).not.toMatch(/shard|✓/);

    terminal.type("j");
    await terminal.until((screen) => /^▸ .*mq:shop/m.test(screen.text()));
    await runCommand(cwd, ["send", "activemq:shop/orders", "--data", "poison", "--endpoint", endpoint]);
    await terminal.until((screen) => /^ {2}1 .*■ given up$/m.test(screen.text()));
    await terminal.until((screen) => /given up after 7, the broker's dead letters$/m.test(screen.text()));
    await terminal.until((screen) => /^BROKER +0 unacknowledged of orders; 1 consumer/m.test(screen.text()));

    terminal.type("q");
    expect(await terminal.fact((fact) => fact.ended !== undefined)).toEqual({ ended: 0, mode: true });
  });
});
