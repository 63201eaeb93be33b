// The handler of the contestants on brokers that have one: looks at every message, and tells of the first and of the last.

import { monotonicMs, openMarks } from "../road/marks.ts";
import { FIRST_DATA, LAST_DATA } from "./broker-run.ts";

export interface BrokerMessage {
  readonly data: string;
  readonly [member: string]: unknown;
}

interface AnyEvent {
  readonly eventSource: string;
  readonly eventSourceArn: string;
}

export type BrokerEvent =
  | (AnyEvent & { readonly messages: readonly BrokerMessage[] })
  | (AnyEvent & { readonly rmqMessagesByQueue: Readonly<Record<string, readonly BrokerMessage[]>> });

const tell = openMarks();
let characterCount = 0;

export async function handle(event: BrokerEvent): Promise<void> {
  const lists = "messages" in event ? [event.messages] : Object.values(event.rmqMessagesByQueue);
  for (const messages of lists) {
    for (const { data } of messages) characterCount += data.length;
    if (messages[0]?.data.startsWith(FIRST_DATA) === true) mark("first");
    if (messages[messages.length - 1]?.data.startsWith(LAST_DATA) === true) mark("last");
  }
}

function mark(kind: "first" | "last"): void {
  tell({ kind, atMs: monotonicMs(), tookMs: characterCount, name: "" });
}
