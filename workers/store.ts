// The store thread: opens the file, serves the ports that main connects. Everything it does is src/stores/store-service.ts.

import { parentPort } from "node:worker_threads";
import { assertNever } from "../src/core/assert-never.ts";
import { MillraceError } from "../src/errors.ts";
import { createSystemClock } from "../src/platform/system-clock.ts";
import { createSystemRandom } from "../src/platform/system-random.ts";
import { parseToStoreThread } from "../src/stores/parse-store.ts";
import { openStoreDatabase } from "../src/stores/store-database.ts";
import { type FromStoreThread, STORE_PROTOCOL_VERSION, type StoreBoot } from "../src/stores/store-protocol.ts";
import { createStoreService, type StoreService } from "../src/stores/store-service.ts";

const owner = parentPort;
if (owner === null) throw new MillraceError("protocol-broken", "workers/store.ts runs in a thread only");
let service: StoreService | null = null;

const tell = (message: FromStoreThread): void => owner.postMessage(message);

function open(boot: StoreBoot): StoreService {
  if (boot.protocolVersion !== STORE_PROTOCOL_VERSION)
    throw new MillraceError("protocol-broken", "the store thread is of another version than its owner");
  const onProblem = (error: unknown): void =>
    tell({ kind: "problem", message: error instanceof Error ? error.message : String(error) });
  const onWell = (): void => tell({ kind: "well" });
  const clock = createSystemClock();
  const random = createSystemRandom();
  return createStoreService(openStoreDatabase(boot.storeFile), { ...boot, clock, random, onProblem, onWell });
}

owner.on("message", (value: unknown) => {
  const message = parseToStoreThread(value);
  switch (message.kind) {
    case "boot":
      try {
        service = open(message);
        tell({ kind: "ready" });
      } catch (error) {
        if (!(error instanceof MillraceError)) throw error;
        tell({ kind: "failed", code: error.code, message: error.message, help: error.help });
      }
      return;
    case "connect":
      service?.connect(message.port);
      return;
    case "close":
      service?.close();
      tell({ kind: "closed" });
      owner.close();
      return;
    default:
      assertNever(message);
  }
});
