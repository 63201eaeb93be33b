// `millrace send rabbitmq:BROKER/QUEUE` and `activemq:BROKER/QUEUE`: messages for a queue of an embedded broker of the running server.

import { MillraceError } from "../errors.ts";
import type { Terminal } from "./command-options.ts";
import type { Fetch } from "./kinesis-endpoint.ts";
import { postLocally } from "./local-call.ts";
import type { SendFlags } from "./send-flags.ts";
import { counted } from "./shown-forms.ts";

/** A call's worth: no body grows without bound. */
const MOST_MESSAGES = 1_000;

export interface BrokerQueue {
  /** As it was written: the broker has to be one. */
  readonly engine: string;
  readonly broker: string;
  readonly queue: string;
}

/** Null: no broker's queue is meant. */
export function parseBrokerQueue(target: string): BrokerQueue | null {
  const [, engine, rest] = /^(rabbitmq|activemq):(.*)$/.exec(target) ?? [];
  if (engine === undefined || rest === undefined) return null;
  const [, broker, queue] = /^([^/]+)\/(.+)$/.exec(rest) ?? [];
  if (broker !== undefined && queue !== undefined) return { engine, broker, queue };
  throw new MillraceError("bad-argument", `${target} names no queue of a broker`, {
    help: `millrace send ${engine}:${rest.replace(/\/.*$/, "") || "BROKER"}/QUEUE`,
  });
}

export async function sendToBroker(
  place: BrokerQueue,
  flags: SendFlags,
  terminal: Terminal,
  world: {
    readonly fetchFrom: Fetch;
    readonly nowMs: () => number;
    readonly url: string;
    readonly textsOf: () => readonly string[] | null;
  },
): Promise<number> {
  for (const flag of ["group", "deduplicationId", "delay", "partitionKey"] as const) {
    if (flags[flag] !== undefined) throw new MillraceError("bad-argument", `a broker's messages have no ${flag}`);
  }
  const given = world.textsOf();
  const count = flags.count ?? given?.length ?? 1;
  const headers = Object.fromEntries((flags.attribute ?? []).map(headerOf));
  const properties = Object.keys(headers).length === 0 ? {} : { headers };
  for (let from = 0; from < count; from += MOST_MESSAGES) {
    const messages = Array.from({ length: Math.min(MOST_MESSAGES, count - from) }, (_, index) => ({
      text:
        given?.[(from + index) % given.length] ??
        JSON.stringify({ number: from + index + 1, sentAt: new Date(world.nowMs()).toISOString() }),
      properties,
    }));
    await post(place, messages, { ...world, virtualHost: flags.virtualHost ?? null });
  }
  const name = `${place.broker}/${place.queue}`;
  terminal.write(
    flags.json === true
      ? `${JSON.stringify({ queue: name, messageCount: count })}\n`
      : `sent ${counted(count, "message")} to ${name}\n`,
  );
  return 0;
}

function headerOf(text: string): readonly [string, string] {
  const at = text.indexOf("=");
  if (at > 0) return [text.slice(0, at), text.slice(at + 1)];
  throw new MillraceError("bad-argument", `--attribute ${text} is no header`, { help: "--attribute name=value" });
}

async function post(
  { engine, broker, queue }: BrokerQueue,
  messages: readonly unknown[],
  world: { readonly fetchFrom: Fetch; readonly url: string; readonly virtualHost: string | null },
): Promise<void> {
  const path = ["brokers", broker, queue];
  const { virtualHost } = world;
  const query = new URLSearchParams({ engine, ...(virtualHost === null ? {} : { virtualHost }) }).toString();
  await postLocally(path, JSON.stringify({ messages }), { ...world, query: `?${query}` });
}
