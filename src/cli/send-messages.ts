// `millrace send sqs:QUEUE`: sends messages to a queue of the running server, ten a call, as any client of SQS does.

import { likelyName } from "../core/likely-name.ts";
import { MillraceError } from "../errors.ts";
import type { Terminal } from "./command-options.ts";
import { createQueueEndpoint, type Fetch, type KinesisEndpoint, textAt } from "./kinesis-endpoint.ts";
import type { SendFlags } from "./send-flags.ts";
import { counted } from "./shown-forms.ts";

/** Limits of one SendMessageBatch call. */
const MOST_MESSAGES = 10;
const MOST_BYTES = 1_048_576;

interface Outgoing {
  readonly MessageBody: string;
  readonly DelaySeconds?: number;
  readonly MessageAttributes?: Readonly<Record<string, Readonly<Record<string, string>>>>;
  readonly MessageGroupId?: string;
  readonly MessageDeduplicationId?: string;
}

interface World {
  readonly fetchFrom: Fetch;
  readonly uuid: () => string;
  readonly nowMs: () => number;
  readonly url: string;
  readonly textsOf: () => readonly string[] | null;
}

export async function sendMessages(queue: string, flags: SendFlags, terminal: Terminal, world: World): Promise<number> {
  const isFifo = queue.endsWith(".fifo");
  refuseFlags(queue, flags, isFifo);
  const endpoint = createQueueEndpoint(world.url, world.fetchFrom);
  const QueueUrl = await urlOfQueue(endpoint, queue);
  const needsId = isFifo && flags.deduplicationId === undefined && !(await isDeduplicatedByContent(endpoint, QueueUrl));
  const given = world.textsOf();
  const count = flags.count ?? given?.length ?? 1;
  if (flags.deduplicationId !== undefined && count > 1) {
    throw new MillraceError(
      "bad-argument",
      "a deduplication id is one message's: a second one would repeat the first",
      {
        help: `millrace send sqs:${queue} --group ${flags.group} --count ${count}    # each has an id of its own`,
      },
    );
  }
  const common = membersOf(flags);
  const sent = { messageCount: 0, lastMessageId: "" };
  let call: Outgoing[] = [];
  let bytes = 0;
  for (let index = 0; index < count; index += 1) {
    const MessageBody = given?.[index % given.length] ?? madeText(index + 1, world.nowMs());
    const size = Buffer.byteLength(MessageBody) + attributeBytes(common);
    if (call.length === MOST_MESSAGES || (call.length > 0 && bytes + size > MOST_BYTES)) {
      await send(endpoint, QueueUrl, call, sent);
      call = [];
      bytes = 0;
    }
    call.push({ MessageBody, ...common, ...(needsId ? { MessageDeduplicationId: world.uuid() } : {}) });
    bytes += size;
  }
  await send(endpoint, QueueUrl, call, sent);
  terminal.write(
    flags.json === true
      ? `${JSON.stringify({ queue, ...sent })}\n`
      : `sent ${counted(sent.messageCount, "message")} to sqs:${queue}; last ${sent.lastMessageId}\n`,
  );
  return 0;
}

function refuseFlags(queue: string, flags: SendFlags, isFifo: boolean): void {
  if (flags.partitionKey !== undefined) {
    throw new MillraceError("bad-argument", "a message has no partition key: --partition-key is for streams", {
      help: `millrace send sqs:${queue} --group ${flags.partitionKey}`,
    });
  }
  if (isFifo && flags.group === undefined) {
    throw new MillraceError("bad-argument", "a message of a FIFO queue needs a group", {
      help: `millrace send sqs:${queue} --group GROUP`,
    });
  }
  if (!isFifo && flags.deduplicationId !== undefined) {
    throw new MillraceError("bad-argument", "--deduplication-id is for FIFO queues, whose names end in .fifo", {
      help: `millrace send sqs:${queue}.fifo --group GROUP --deduplication-id ${flags.deduplicationId}`,
    });
  }
  if (isFifo && flags.delay !== undefined) {
    throw new MillraceError("bad-argument", "a FIFO queue delays all its messages alike, by its DelaySeconds", {
      help: `millrace send sqs:${queue} --group ${flags.group}`,
    });
  }
}

function membersOf(flags: SendFlags): Omit<Outgoing, "MessageBody"> {
  const given = (flags.attribute ?? []).map((written) => attributeOf(written));
  const attributes = Object.fromEntries(given);
  const [twice] = given.map(([name]) => name).filter((name, index, names) => names.indexOf(name) < index);
  if (twice !== undefined) {
    throw new MillraceError("bad-argument", `the attribute ${twice} is given twice: a message has one of a name`, {
      help: "--attribute kind=new --attribute weight:Number=12",
    });
  }
  return {
    ...(flags.delay === undefined ? {} : { DelaySeconds: flags.delay }),
    ...(Object.keys(attributes).length === 0 ? {} : { MessageAttributes: attributes }),
    ...(flags.group === undefined ? {} : { MessageGroupId: flags.group }),
    ...(flags.deduplicationId === undefined ? {} : { MessageDeduplicationId: flags.deduplicationId }),
  };
}

/** `name=value`, or `name:Type=value`; of a binary one base64. */
function attributeOf(written: string): readonly [string, Readonly<Record<string, string>>] {
  const [, name, DataType = "String", value] = /^([^=:]+)(?::([^=]+))?=(.*)$/s.exec(written) ?? [];
  if (name === undefined || value === undefined) {
    throw new MillraceError("bad-argument", `--attribute ${written} is no attribute`, {
      help: "--attribute kind=new --attribute weight:Number=12",
    });
  }
  return [name, { DataType, [DataType.startsWith("Binary") ? "BinaryValue" : "StringValue"]: value }];
}

function attributeBytes({ MessageAttributes = {} }: Omit<Outgoing, "MessageBody">): number {
  return Object.entries(MessageAttributes).reduce(
    (sum, [name, values]) => sum + Buffer.byteLength(name + Object.values(values).join("")),
    0,
  );
}

const madeText = (number: number, nowMs: number): string =>
  JSON.stringify({ number, sentAt: new Date(nowMs).toISOString() });

async function send(
  endpoint: KinesisEndpoint,
  QueueUrl: string,
  messages: readonly Outgoing[],
  sent: { messageCount: number; lastMessageId: string },
): Promise<void> {
  const Entries = messages.map((message, index) => ({ Id: String(index), ...message }));
  const answer = await endpoint.call("SendMessageBatch", { QueueUrl, Entries });
  for (const each of listed(answer, "Successful")) {
    sent.messageCount += 1;
    sent.lastMessageId = textAt(each, "MessageId") ?? "";
  }
  const [failed] = listed(answer, "Failed");
  if (failed === undefined) return;
  const what = `${textAt(failed, "Code") ?? "error"}: ${textAt(failed, "Message") ?? ""}`;
  const before = sent.messageCount === 0 ? "" : `; ${counted(sent.messageCount, "message")} of the others were sent`;
  throw new MillraceError("bad-argument", `${what}${before}`);
}

function listed(answer: Readonly<Record<string, unknown>>, name: string): readonly Readonly<Record<string, unknown>>[] {
  const list = answer[name];
  return Array.isArray(list) ? list.map((each: unknown) => ({ ...Object(each) }) as Record<string, unknown>) : [];
}

async function isDeduplicatedByContent(endpoint: KinesisEndpoint, QueueUrl: string): Promise<boolean> {
  const AttributeNames = ["ContentBasedDeduplication"];
  const { Attributes } = await endpoint.call("GetQueueAttributes", { QueueUrl, AttributeNames });
  return Reflect.get(Object(Attributes), "ContentBasedDeduplication") === "true";
}

/** A queue that is not there: the likely one, or how to make one. */
async function urlOfQueue(endpoint: KinesisEndpoint, queue: string): Promise<string> {
  try {
    return textAt(await endpoint.call("GetQueueUrl", { QueueName: queue }), "QueueUrl") ?? "";
  } catch (error) {
    if (!(error instanceof MillraceError) || !error.message.includes("QueueDoesNotExist")) throw error;
    const { QueueUrls } = await endpoint.call("ListQueues", {}).catch(() => ({ QueueUrls: [] }));
    const names = Array.isArray(QueueUrls) ? QueueUrls.map((url) => String(url).replace(/^.*\//, "")) : [];
    const likely = likelyName(queue, names) ?? names[0];
    const help =
      likely === undefined
        ? `queues: [${queue}]    # in the configuration file, as millrace.config.yaml`
        : `millrace send sqs:${likely}`;
    throw new MillraceError("bad-argument", `there is no queue \`${queue}\``, { help, cause: error });
  }
}
