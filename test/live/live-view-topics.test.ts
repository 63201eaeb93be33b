// The live view of a topic and a change stream on a real terminal: a record that fails holds its partition, and the others go on.

import { describe, expect, test } from "vitest";
import { runCommand } from "../cli/run-command.ts";
import { folderWith } from "../config/folder.ts";
import { hasPython, onTerminal } from "./support/pseudo-terminal.ts";

const secret = "arn:aws:secretsmanager:us-east-1:000000000000:secret:docs-abcdef";
const yaml = `
functions: { f: { Handler: handler.main, Timeout: 2 }, g: { Handler: handler.main, Timeout: 2 } }
secrets: { "${secret}": { username: u, password: p } }
mappings:
  - EventSourceArn: arn:aws:kafka:us-east-1:000000000000:cluster/shop/f3bb8a1e-1
    Topics: [orders]
    FunctionName: f
    StartingPosition: TRIM_HORIZON
    BatchSize: 1
  - EventSourceArn: arn:aws:rds:us-east-1:000000000000:cluster:docs
    FunctionName: g
    StartingPosition: LATEST
    DocumentDBEventSourceConfig: { DatabaseName: shop, CollectionName: orders }
    SourceAccessConfigurations: [{ Type: BASIC_AUTH, URI: "${secret}" }]
`;
const handler = `export const main = async ({ records = {} }) => {
  if (Object.values(records).flat().some(({ partition }) => partition === 1)) throw new TypeError("no order");
};\n`;

// Skipped where there is no python3, as its standard library brings the pseudo terminal.
describe.skipIf(!hasPython)("the live view of topics and change streams", () => {
  test.each([80, 120])(
    "M-207, X-201: a row a partition, and a change stream's place, in %d columns",
    async (columns) => {
      const cwd = folderWith({ "millrace.config.yaml": yaml, "handler.js": handler });
      const terminal = onTerminal(cwd, ["start", "--port", "0"], { columns, rows: 40 });
      await terminal.until(
        (screen) => /kafka:sh\S+ +f +Enabled/.test(screen.text()) && /documentdb:\S+ +g +Enabled/.test(screen.text()),
      );
      await terminal.until((screen) =>
        /^(?:ASSEMBLING  )?f: the topic cannot be read: There is no topic/m.test(screen.text()),
      );
      const endpoint = /http:\/\/127\.0\.0\.1:\d+/.exec(terminal.screen.all().join("\n"))?.[0] ?? "";
      const put = ["send", "kafka:shop/orders", "--partitions", "2", "--endpoint", endpoint];
      await runCommand(cwd, [...put, "--partition", "0", "--data", "good"]);
      await runCommand(cwd, [...put, "--partition", "1", "--data", "poison"]);
      await terminal.until((screen) => /^ {2}orders-0 +done to 0 +lag 0/m.test(screen.text()));
      await terminal.until((screen) =>
        /^ {2}orders-1 +at its beginning +lag 1 .* held by batch \d$/m.test(screen.text()),
      );
      await runCommand(cwd, [...put, "--partition", "0", "--data", "again"]);
      await terminal.until((screen) => /^ {2}orders-0 +done to 1 +lag 0/m.test(screen.text()));
      const topic = terminal.screen.text();
      expect(topic).toMatch(/^TOPIC +2 partitions; 1 poller, \d running/m);
      expect(topic).toMatch(/^FAILING .*batch \d, poller 0, held/m);
      expect(topic).not.toMatch(/shard|lane held/);

      terminal.type("j");
      await terminal.until((screen) => /^▸ .*documentdb:/m.test(screen.text()));
      await runCommand(cwd, ["send", "documentdb:docs/shop/orders", "--data", '{"_id": 1}', "--endpoint", endpoint]);
      await terminal.until((screen) =>
        /^CHANGES +read up to [\d:]{8}#1; 0 in progress, 0 running/m.test(screen.text()),
      );
      await terminal.until((screen) => /^ {2}1 .*change stream|^ {2}1 .*✓ ok/m.test(screen.text()));
      terminal.type("q");
      expect(await terminal.fact((fact) => fact.ended !== undefined)).toEqual({ ended: 0, mode: true });
    },
  );
});
