// The other side of a bare hop: unpacks a batch, does with it what the benched handler does, and answers. Nothing else.

import { parentPort } from "node:worker_threads";
import { unpack } from "../src/kinds/unpackers.ts";
import type { PackedBatch } from "../src/ports/source-kind.ts";

parentPort?.on("message", (batch: PackedBatch) => {
  const event = unpack(batch) as { readonly Records: readonly unknown[] };
  parentPort?.postMessage(event.Records.length > 0 ? null : "empty");
});
