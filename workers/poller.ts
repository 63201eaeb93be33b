// Entry of a poller thread: checks where it runs, parses what arrives, and hands it to the host, which wires and runs.

import { parentPort } from "node:worker_threads";
import { MillraceError } from "../src/errors.ts";
import { parseToPoller } from "../src/threads/parse-message.ts";
import { type FromPoller, PROTOCOL_VERSION } from "../src/threads/protocol.ts";
import { createPollerHost, type PollerHost } from "./poller-host.ts";

const owner = parentPort;
if (owner === null) throw new MillraceError("protocol-broken", "workers/poller.ts runs in a thread only");
let host: PollerHost | null = null;

owner.on("message", (value: unknown) => {
  const message = parseToPoller(value);
  if (message.kind !== "boot") return host?.receive(message);
  if (message.protocolVersion !== PROTOCOL_VERSION)
    throw new MillraceError("protocol-broken", "the poller thread is of another version than its owner");
  const tell = (answer: FromPoller): void => owner.postMessage(answer);
  host = createPollerHost(message, tell);
  tell({ kind: "ready", protocolVersion: PROTOCOL_VERSION });
});
