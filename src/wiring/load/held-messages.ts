// A queue that holds messages before a live run begins: they would be taken for the run's, so the run does not begin.

import { MillraceError } from "../../errors.ts";
import type { SendTarget } from "../../load/sending/send-target.ts";
import type { LiveCalls } from "./live-calls.ts";
import type { LiveSource } from "./live-source.ts";

const counted = ["", "NotVisible", "Delayed"].map((which) => `ApproximateNumberOfMessages${which}`);

/** `source`: as the plan has it. */
export const heldMessages = (source: string, count: number): MillraceError =>
  new MillraceError(
    "bad-argument",
    `${source} holds ${count === 1 ? "a message" : "messages"} already: a run could not tell its own from what is there`,
    { help: "let the queue be emptied first, or name one that is not there: it is made" },
  );

/**
 * Rejects with `bad-argument` where a queue of the server at hand, or of an embedded broker in it, holds any. A real broker is asked by the
 * thread that sends, and of streams, topics and collections the run's own records are told by their places.
 */
export async function refuseHeld(calls: LiveCalls, { target }: LiveSource, source: string): Promise<void> {
  const count = await heldCount(calls, target);
  if (count > 0) throw heldMessages(source, count);
}

async function heldCount(calls: LiveCalls, target: SendTarget): Promise<number> {
  switch (target.kind) {
    case "sqs": {
      const asked = { QueueUrl: target.queueUrl, AttributeNames: counted };
      const { Attributes } = await calls.target("AmazonSQS.GetQueueAttributes", asked);
      return counted.reduce((sum, name) => sum + Number(Reflect.get(Object(Attributes), name) ?? 0), 0);
    }
    case "embeddedMq": {
      const path = `brokers/${encodeURIComponent(target.broker)}/${encodeURIComponent(target.queue)}?max=1`;
      // A queue that is not there is refused, and holds nothing.
      const { messages } = await calls.local("GET", path).catch((error: unknown) => {
        if (error instanceof MillraceError && error.code === "bad-argument") return { messages: null };
        throw error;
      });
      return Array.isArray(messages) ? messages.length : 0;
    }
    default:
      return 0;
  }
}
