// `millrace send STREAM`: puts records into a stream of the running server, through the same Kinesis calls that any client makes; and
// `millrace send dynamodb:TABLE`, `sqs:QUEUE`, `rabbitmq:BROKER/QUEUE`, `kafka:CLUSTER/TOPIC` and `documentdb:CLUSTER/DATABASE/COLLECTION`, which
// send-items.ts, send-messages.ts, send-to-broker.ts, send-to-topic.ts and send-documents.ts carry out.

import { readFileSync } from "node:fs";
import { type Command, Option } from "commander";
import { likelyName } from "../core/likely-name.ts";
import { MillraceError } from "../errors.ts";
import { parsePort, type Terminal, wholeNumber, withConfigFlag } from "./command-options.ts";
import {
  createKinesisEndpoint,
  createQueueEndpoint,
  type Fetch,
  type KinesisEndpoint,
  textAt,
} from "./kinesis-endpoint.ts";
import { urlOf } from "./server-url.ts";
import { parseCollection, sendDocuments } from "./send-documents.ts";
import { documentOps, refuseStrangers, type SendFlags } from "./send-flags.ts";
import { sendItems } from "./send-items.ts";
import { parseBrokerQueue, sendToBroker } from "./send-to-broker.ts";
import { sendMessages } from "./send-messages.ts";
import { parseTopic, sendToTopic } from "./send-to-topic.ts";
import { counted, shortPosition, shownNumber, shownShard } from "./shown-forms.ts";

/** Limits of one PutRecords call. */
const MOST_RECORDS = 500;
const MOST_BYTES = 5_000_000;
const MOST_SENT = 10_000_000;
const MOST_DELAY_SECONDS = 900;
const MOST_PARTITION = 1_000;

interface Outgoing {
  readonly Data: string;
  readonly PartitionKey: string;
}

/** Answers the exit code. Throws MillraceError with what is wrong with the target, the flags or the server's answer. */
export async function sendRecords(
  stream: string,
  flags: SendFlags,
  terminal: Terminal,
  world: { readonly fetchFrom: Fetch; readonly uuid: () => string; readonly nowMs: () => number },
): Promise<number> {
  if (flags.data !== undefined && flags.file !== undefined) {
    throw new MillraceError("bad-argument", "--data and --file both say what to send", {
      help: `millrace send ${stream} --file ${flags.file}`,
    });
  }
  const queue = queueNameIn(stream);
  const place = parseBrokerQueue(stream);
  const topic = parseTopic(stream);
  const collection = parseCollection(stream);
  if (queue === undefined && place === null && topic === null && collection === null) {
    refuseUnknownKind(stream);
    refuseQueueFlags(stream, flags);
  }
  if (topic === null && collection === null)
    refuseStrangers(place?.engine === "rabbitmq" ? "rabbitmq" : "other", flags);
  const url = await urlOf(flags, terminal);
  const local = { ...world, url, textsOf: () => textsOf(flags) };
  if (topic !== null) return sendToTopic(topic, flags, terminal, local);
  if (collection !== null) return sendDocuments(collection, flags, terminal, local);
  if (place !== null) return sendToBroker(place, flags, terminal, local);
  if (queue !== undefined) return sendMessages(queue, flags, terminal, local);
  const table = /^dynamodb:(.+)$/.exec(stream)?.[1];
  if (table !== undefined) return sendItems(table, flags, terminal, local);
  const endpoint = createKinesisEndpoint(url, world.fetchFrom);
  const sent = { recordCount: 0, shards: new Map<string, number>(), last: "" };
  for (const records of calls(recordsOf(flags, world))) {
    const answer = await put({ endpoint, queues: createQueueEndpoint(url, world.fetchFrom) }, stream, records);
    for (const { shardId, sequenceNumber } of answer) {
      sent.recordCount += 1;
      sent.shards.set(shardId, (sent.shards.get(shardId) ?? 0) + 1);
      sent.last = sequenceNumber;
    }
  }
  const shards = [...sent.shards].toSorted(([one], [other]) => (one < other ? -1 : 1));
  if (flags.json === true) {
    const { recordCount, last } = sent;
    terminal.write(
      `${JSON.stringify({ stream, recordCount, shards: Object.fromEntries(shards), lastSequenceNumber: last })}\n`,
    );
    return 0;
  }
  const spread = shards.map(([id, count]) => `${shownNumber(count)} to ${shownShard(id)}`);
  terminal.write(
    `sent ${counted(sent.recordCount, "record")} to ${stream}: ${spread.join(", ")}; last ${shortPosition(sent.last)}\n`,
  );
  return 0;
}

/** No stream has a colon in its name: what stands before it says what kind of thing is meant. */
function refuseUnknownKind(target: string): void {
  const [, kind] = /^([^:]+):/.exec(target) ?? [];
  if (kind === undefined || kind === "dynamodb") return;
  throw new MillraceError("bad-argument", `nothing can be sent to ${kind}:`, {
    help: `millrace send TARGET    # ${TARGETS}`,
  });
}

const TARGETS =
  "a stream's name, dynamodb:TABLE, sqs:QUEUE, rabbitmq:BROKER/QUEUE, activemq:BROKER/QUEUE, kafka:CLUSTER/TOPIC, or documentdb:CLUSTER/DATABASE/COLLECTION";

/** Of `sqs:NAME` or a queue's ARN; undefined: neither. */
function queueNameIn(written: string): string | undefined {
  const queue = /^(?:sqs|arn:[\w-]+:sqs:[^:]*:[^:]*):(.*)$/s.exec(written)?.[1];
  if (queue !== "") return queue;
  throw new MillraceError("bad-argument", "which queue? its name is missing", { help: "millrace send sqs:QUEUE" });
}

function refuseQueueFlags(stream: string, { group, deduplicationId, attribute, delay }: SendFlags): void {
  const given = Object.entries({ group, "deduplication-id": deduplicationId, attribute, delay });
  const [name] = given.find(([, value]) => value !== undefined) ?? [];
  if (name === undefined) return;
  throw new MillraceError("bad-argument", `--${name} is for messages of queues`, {
    help: `millrace send sqs:${stream.replace(/^\w+:/, "")} --${name} …`,
  });
}

/** `--data` or each line of `--file`, over and over until `--count`; without either a small document that tells its number. */
function* recordsOf(
  flags: SendFlags,
  world: { readonly uuid: () => string; readonly nowMs: () => number },
): Generator<Outgoing> {
  const given = textsOf(flags);
  const count = flags.count ?? given?.length ?? 1;
  for (let index = 0; index < count; index += 1) {
    const text =
      given?.[index % given.length] ??
      JSON.stringify({ number: index + 1, sentAt: new Date(world.nowMs()).toISOString() });
    const PartitionKey = flags.partitionKey ?? world.uuid();
    yield { Data: Buffer.from(text, "utf8").toString("base64"), PartitionKey };
  }
}

/** What is to be sent, a record each; null: nothing was given. */
function textsOf(flags: SendFlags): readonly string[] | null {
  if (flags.file !== undefined) return linesOfFile(flags.file);
  return flags.data === undefined ? null : [flags.data];
}

function linesOfFile(file: string): readonly string[] {
  let text: string;
  try {
    text = readFileSync(file === "-" ? 0 : file, "utf8").replace(/^\uFEFF/, "");
  } catch (cause) {
    const shown = file === "-" ? "standard input" : file;
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new MillraceError("bad-argument", `cannot read ${shown}: ${reason}`, { cause });
  }
  const lines = text.split(/\r?\n/).filter((line) => line !== "");
  if (lines.length === 0) throw new MillraceError("bad-argument", `${file} has no lines to send`);
  return lines;
}

function* calls(records: Iterable<Outgoing>): Generator<readonly Outgoing[]> {
  let call: Outgoing[] = [];
  let bytes = 0;
  for (const record of records) {
    const size = record.Data.length + record.PartitionKey.length;
    if (call.length > 0 && (call.length === MOST_RECORDS || bytes + size > MOST_BYTES)) {
      yield call;
      call = [];
      bytes = 0;
    }
    call.push(record);
    bytes += size;
  }
  if (call.length > 0) yield call;
}

async function put(
  { endpoint, queues }: { readonly endpoint: KinesisEndpoint; readonly queues: KinesisEndpoint },
  stream: string,
  records: readonly Outgoing[],
): Promise<readonly { readonly shardId: string; readonly sequenceNumber: string }[]> {
  let answer: Readonly<Record<string, unknown>>;
  try {
    answer = await endpoint.call("PutRecords", { StreamName: stream, Records: records });
  } catch (error) {
    throw await explained(error, endpoint, { stream, queues });
  }
  const answers: readonly unknown[] = Array.isArray(answer["Records"]) ? answer["Records"] : [];
  return answers.map((each) => {
    const entry = { ...Object(each) };
    const failure = textAt(entry, "ErrorMessage");
    if (failure !== null)
      throw new MillraceError("bad-argument", `${textAt(entry, "ErrorCode") ?? "error"}: ${failure}`);
    return { shardId: textAt(entry, "ShardId") ?? "", sequenceNumber: textAt(entry, "SequenceNumber") ?? "" };
  });
}

/** A stream that is not there: the queue of its name, the likely stream, or how to make one. */
async function explained(
  error: unknown,
  endpoint: KinesisEndpoint,
  { stream, queues }: { readonly stream: string; readonly queues: KinesisEndpoint },
): Promise<unknown> {
  if (!(error instanceof MillraceError) || error.code !== "bad-argument") return error;
  const { StreamNames } = await endpoint.call("ListStreams", {}).catch(() => ({ StreamNames: [] }));
  const names = Array.isArray(StreamNames) ? StreamNames.map(String) : [];
  if (names.includes(stream)) return error;
  const likely = likelyName(stream, names) ?? names[0];
  const isQueue = await queues.call("GetQueueUrl", { QueueName: stream }).then(
    () => true,
    () => false,
  );
  if (isQueue) {
    const help = `millrace send sqs:${stream}`;
    return new MillraceError("bad-argument", `there is no stream \`${stream}\`, but a queue`, { help, cause: error });
  }
  const help =
    likely === undefined
      ? `streams: { ${stream}: { shards: 1 } }    # in the configuration file, as millrace.config.yaml`
      : `millrace send ${likely}`;
  return new MillraceError("bad-argument", `there is no stream \`${stream}\``, { help, cause: error });
}

const addedTo = (value: string, before: readonly string[] = []): readonly string[] => [...before, value];

export function registerSendCommand(
  program: Command,
  run: (work: () => Promise<number>) => Promise<void>,
  terminal: Terminal,
  world: { readonly fetchFrom: Fetch; readonly uuid: () => string; readonly nowMs: () => number },
): void {
  withConfigFlag(program.command("send"))
    .description(
      "put records into a stream or topic, items into a table, messages into a queue, or documents into a collection, of the running server",
    )
    .argument("<target>", TARGETS)
    .option("--data <text>", "data of a record, text of a message; of an item its JSON, plain or typed")
    .option("--file <file>", "file with a record's data on each line; - is standard input")
    .option("--count <n>", "records to send; data is used over and over", wholeNumber(1, MOST_SENT))
    .option("--partition-key <key>", "partition key of all of them; else each has one of its own")
    .option("--group <id>", "message group; messages of FIFO queues need one")
    .option("--deduplication-id <id>", "what a message of a FIFO queue repeats; else its content, or an id of its own")
    .option("--attribute <name=value>", "message attribute or header, also name:Number=1; may be repeated", addedTo)
    .option("--delay <seconds>", "how long messages stay hidden", wholeNumber(0, MOST_DELAY_SECONDS))
    .option("--key <key>", "key of Kafka's records")
    .option(
      "--partition <n>",
      "partition of Kafka's records; else by their key, or in turn",
      wholeNumber(0, MOST_PARTITION),
    )
    .option("--partitions <n>", "how many partitions Kafka's topic is to have", wholeNumber(1, MOST_PARTITION))
    .option("--timestamp <time>", "timestamp of Kafka's records: a date, or epoch ms; else now")
    .option("--tombstone", "records of Kafka without a value")
    .option("--base64", "data and key of Kafka's records are given in base64")
    .option("--virtual-host <name>", "virtual host of a queue of RabbitMQ; else /")
    .addOption(
      new Option("--op <op>", "what is done with a document; update takes $set and $unset").choices(documentOps),
    )
    .option("--host <host>", "where the server is")
    .option("--port <n>", "where the server is", parsePort)
    .option("--endpoint <url>", "where the server is, in one")
    .option("--json", "answer in JSON")
    .action((stream: string, flags: SendFlags) =>
      run(() => sendRecords(stream.replace(/^kinesis:/, ""), flags, terminal, world)),
    );
}
