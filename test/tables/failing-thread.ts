// A thread that speaks the tables' protocol: it answers Scan with how often it has been asked, and ends at anything else.

import { parentPort } from "node:worker_threads";
import { type FromTables, parseToTables } from "../../src/tables/tables-protocol.ts";

let askedCount = 0;
const tell = (message: FromTables): void => parentPort?.postMessage(message);

parentPort?.on("message", (value: unknown) => {
  const message = parseToTables(value);
  if (message.kind === "boot") {
    message.storePort.close();
    return message.folder === "broken"
      ? tell({ kind: "failed", code: "state-broken", message: "the tables in broken cannot be opened" })
      : tell({ kind: "ready" });
  }
  if (message.kind === "close") return parentPort?.close();
  if (message.kind === "streams") return tell({ kind: "listed", requestId: message.requestId, streams: [] });
  if (message.operation !== "Scan") throw new Error("a fault in the tables");
  askedCount += 1;
  return tell({ kind: "reply", requestId: message.requestId, reply: { status: 200, body: String(askedCount) } });
});
