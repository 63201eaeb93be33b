// Writes docs/honoured.md from the mapping table; `--check` only says whether it is up to date.

import { readFileSync, writeFileSync } from "node:fs";
import { honouredPage } from "../src/control/mapping/mapping-table.ts";

const file = new URL("../docs/honoured.md", import.meta.url);
const page = honouredPage({
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
