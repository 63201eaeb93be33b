// `millrace send kafka:CLUSTER/TOPIC`: records for a topic of an embedded Kafka cluster of the running server.

import { MillraceError } from "../errors.ts";
import type { Terminal } from "./command-options.ts";
import type { Fetch } from "./kinesis-endpoint.ts";
import { postLocally } from "./local-call.ts";
import { refuseStrangers, type SendFlags } from "./send-flags.ts";
import { counted } from "./shown-forms.ts";

/** A call's worth: no body grows without bound. */
const MOST_RECORDS = 1_000;
const MOST_BYTES = 4_000_000;

export interface TopicTarget {
  readonly cluster: string;
  readonly topic: string;
}

/** Null: no topic is meant. A cluster's ARN has slashes of its own. */
export function parseTopic(target: string): TopicTarget | null {
  if (!target.startsWith("kafka:")) return null;
  const [, cluster, topic] = /^kafka:(?:\/\/)?(.+)\/([^/]+)$/.exec(target) ?? [];
  if (cluster !== undefined && topic !== undefined) return { cluster, topic };
  throw new MillraceError("bad-argument", `${target} names no topic of a cluster`, {
    help: "millrace send kafka:CLUSTER/TOPIC    # the cluster's name in its ARN",
  });
}

interface World {
  readonly fetchFrom: Fetch;
  readonly nowMs: () => number;
  readonly url: string;
  readonly textsOf: () => readonly string[] | null;
}

type Outgoing = Readonly<Record<string, unknown>>;

export async function sendToTopic(
  target: TopicTarget,
  flags: SendFlags,
  terminal: Terminal,
  world: World,
): Promise<number> {
  refuseStrangers("kafka", flags);
  if (flags.tombstone === true && (flags.data !== undefined || flags.file !== undefined))
    throw new MillraceError("bad-argument", "a tombstone has no value: --tombstone stands by itself", {
      help: `millrace send kafka:${target.cluster}/${target.topic} --key KEY --tombstone`,
    });
  const given = flags.tombstone === true ? null : world.textsOf();
  const count = flags.count ?? given?.length ?? 1;
  const common = commonOf(flags);
  const sent = { recordCount: 0, partitions: new Map<number, number>(), last: "" };
  let call: Outgoing[] = [];
  let bytes = 0;
  for (let index = 0; index < count; index += 1) {
    const record = { ...valueOf(given, index, flags, world), ...common };
    const size = JSON.stringify(record).length;
    if (call.length > 0 && (call.length === MOST_RECORDS || bytes + size > MOST_BYTES)) {
      await post(target, call, { flags, world, sent });
      call = [];
      bytes = 0;
    }
    call.push(record);
    bytes += size;
  }
  await post(target, call, { flags, world, sent });
  const partitions = [...sent.partitions].toSorted(([one], [other]) => one - other);
  const name = `${target.cluster}/${target.topic}`;
  const { recordCount, last } = sent;
  const spread = partitions.map(([partition, each]) => `${each} to partition ${partition}`).join(", ");
  terminal.write(
    flags.json === true
      ? `${JSON.stringify({ topic: name, recordCount, partitions: Object.fromEntries(partitions), last })}\n`
      : `sent ${counted(recordCount, "record")} to ${name}: ${spread}; last ${last}\n`,
  );
  return 0;
}

function valueOf(given: readonly string[] | null, index: number, flags: SendFlags, { nowMs }: World): Outgoing {
  if (flags.tombstone === true) return { value: null };
  const text = given?.[index % given.length];
  if (text === undefined)
    return { value: JSON.stringify({ number: index + 1, sentAt: new Date(nowMs()).toISOString() }) };
  return flags.base64 === true ? { valueData: base64Of(text) } : { value: text };
}

function commonOf(flags: SendFlags): Outgoing {
  const { key, partition, timestamp } = flags;
  return {
    ...(key === undefined ? {} : flags.base64 === true ? { keyData: base64Of(key) } : { key }),
    ...(flags.attribute === undefined ? {} : { headers: flags.attribute.map(headerOf) }),
    ...(partition === undefined ? {} : { partition }),
    ...(timestamp === undefined ? {} : { timestamp: timestampOf(timestamp) }),
  };
}

function base64Of(text: string): string {
  if (Buffer.from(text, "base64").toString("base64") === text) return text;
  throw new MillraceError(
    "bad-argument",
    `${JSON.stringify(text)} is no base64, and --base64 says that data and key are`,
  );
}

function headerOf(text: string): Outgoing {
  const at = text.indexOf("=");
  if (at > 0) return { name: text.slice(0, at), value: text.slice(at + 1) };
  throw new MillraceError("bad-argument", `--attribute ${text} is no header`, { help: "--attribute name=value" });
}

/** Epoch ms, or a date. */
function timestampOf(text: string): number {
  const atMs = /^\d+$/.test(text) ? Number(text) : Date.parse(text);
  if (Number.isSafeInteger(atMs) && atMs >= 0) return atMs;
  throw new MillraceError("bad-argument", `--timestamp ${text} is no time since 1970`, {
    help: "--timestamp 2026-01-31T12:00:00Z    # or epoch ms",
  });
}

async function post(
  { cluster, topic }: TopicTarget,
  records: readonly Outgoing[],
  {
    flags,
    world,
    sent,
  }: { flags: SendFlags; world: World; sent: { recordCount: number; partitions: Map<number, number>; last: string } },
): Promise<void> {
  const { partitions } = flags;
  const body = JSON.stringify({ records, ...(partitions === undefined ? {} : { partitions }) });
  const answer = await postLocally(["kafka", cluster, topic], body, world);
  const places: unknown = Reflect.get(Object(answer), "places");
  for (const place of Array.isArray(places) ? places : []) {
    const partition = Number(Reflect.get(Object(place), "partition"));
    sent.recordCount += 1;
    sent.partitions.set(partition, (sent.partitions.get(partition) ?? 0) + 1);
    sent.last = `${partition}:${String(Reflect.get(Object(place), "offset"))}`;
  }
}
