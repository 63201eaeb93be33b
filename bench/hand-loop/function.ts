// The hand loop's second thread: builds the event, calls the handler, says that it has returned.

import { parentPort } from "node:worker_threads";
import { handle } from "../road/handler.ts";
import { unpack } from "./pack.ts";

export interface HandCall {
  readonly index: number;
  readonly buffer: ArrayBuffer;
  readonly place: { readonly shard: string; readonly arn: string };
}

const port = parentPort;
/** Null: there are no more. */
port?.on("message", (call: HandCall | null) => {
  if (call === null) return port.close();
  void handle(unpack(call.buffer, call.place)).then(() => port.postMessage(call.index));
});
