// Writes docs/honoured.md from the mapping table and from what tables lack; `--check` only says whether it is up to date.

import { readFileSync, writeFileSync } from "node:fs";
import { honouredPage } from "../src/control/mapping/mapping-table.ts";
import { rulesSection } from "../src/control/mapping/rules-left-out.ts";
import { tablesSection } from "../src/tables/honoured-tables.ts";

const file = new URL("../docs/honoured.md", import.meta.url);
const mappings = honouredPage({
  sqs: "SQS",
  fifo: "SQS FIFO",
  kinesis: "Kinesis stream",
  kinesisConsumer: "Kinesis consumer",
  dynamodb: "DynamoDB stream",
  msk: "MSK",
  selfManagedKafka: "self-managed Kafka",
  activeMq: "ActiveMQ",
  rabbitMq: "RabbitMQ",
  documentDb: "DocumentDB",
});
const page = [mappings, ...rulesSection(), ...tablesSection()].join("\n");

function currentPage(): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    // Not there yet: as good as out of date.
    return "";
  }
}

if (process.argv.includes("--check")) {
  if (currentPage() !== page) {
    process.stderr.write("docs/honoured.md is not what the mapping table says: run `npx node scripts/honoured.ts`.\n");
    process.exitCode = 1;
  }
} else {
  writeFileSync(file, page);
}
