// Messages between two ports of the same thread leave as immediates of the world do, one after another: so code that passes messages is
// not at rest, and two ports that answer one another without end are.

import workerThreads from "node:worker_threads";
import { callOn, methodOf, put } from "./members.ts";
import type { VirtualTime } from "./virtual-time.ts";

/** Not before the guest has bound its own port's. */
export function replaceMessages(time: VirtualTime): void {
  const { prototype } = workerThreads.MessagePort;
  const post = methodOf(prototype, "postMessage");
  const receive = methodOf(workerThreads, "receiveMessageOnPort");
  const waiting = new Set<() => void>();

  put(prototype, "postMessage", function postMessage(this: unknown, message: unknown, transfer?: unknown) {
    // What is given away is gone at once, and so is its message.
    if (transfer !== undefined) return void callOn(post, this, message, transfer);
    const copy: unknown = structuredClone(message);
    const cancel = time.addImmediate(() => send());
    const send = (): void => {
      cancel();
      if (waiting.delete(send)) callOn(post, this, copy);
    };
    waiting.add(send);
  });
  put(workerThreads, "receiveMessageOnPort", (port: unknown) => {
    for (const send of waiting) send();
    return callOn(receive, workerThreads, port);
  });
}
