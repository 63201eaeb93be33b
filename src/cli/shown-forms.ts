// How ids, positions, places, times and figures are written for a person: short where that is unambiguous enough to read, and
// plain ASCII. What a user's own code wrote is passed on, without what would steer a terminal.

export { localTime, shortPosition } from "../kinds/shown-position.ts";

/** The first 8 characters of an id. */
export const shortId = (id: string): string => id.slice(0, 8);

/** `kinesis:orders`, `dynamodb:orders`, `sqs:orders-failed`, `s3:bucket`; a function's ARN is its name. */
export function shortArn(arn: string): string {
  const [head, , service, , , ...rest] = arn.split(":");
  if (head !== "arn" || service === undefined) return arn;
  const resource = rest.join(":");
  if (service === "lambda") return resource.replace(/^function:/, "");
  if (service === "dynamodb") return `dynamodb:${resource.replace(/^table\//, "").replace(/\/stream\/.*$/, "")}`;
  // A broker's id follows its name.
  if (service === "mq") return `mq:${resource.replace(/^broker:/, "").replace(/:b-[^:]*$/, "")}`;
  // As `millrace send` names them.
  if (service === "kafka")
    return `kafka:${/^(?:cluster|vpc-connection\/\d+)\/([^/]+)/.exec(resource)?.[1] ?? resource}`;
  if (service === "rds") return `documentdb:${resource.replace(/^cluster:/, "")}`;
  return `${service}:${resource.replace(/^stream\//, "")}`;
}

/** The source of a mapping by its settings: of a Kafka cluster of one's own its servers, of every one the topic, too; of DocumentDB whose changes. */
export function shownSource(settings: Readonly<Record<string, unknown>>): string {
  const arn = settings["EventSourceArn"];
  const { SelfManagedEventSource: own, Topics: topics, DocumentDBEventSourceConfig: changes } = settings;
  const servers: unknown = Reflect.get(Object(Reflect.get(Object(own), "Endpoints")), "KAFKA_BOOTSTRAP_SERVERS");
  const source = typeof arn === "string" ? shortArn(arn) : Array.isArray(servers) ? `kafka:${servers.join(",")}` : "";
  const topic: unknown = Array.isArray(topics) ? topics[0] : undefined;
  const database: unknown = Reflect.get(Object(changes), "DatabaseName");
  const collection: unknown = Reflect.get(Object(changes), "CollectionName");
  const within = [topic, database, collection].filter((each) => typeof each === "string");
  return [source, ...within].join("/");
}

/** `shard 0`, of a table's stream `shard 2a9e5aad`; `shard 0 lane 3` where a shard has several lanes. `lane` is a journal entry's path. */
export function shownLane(lane: string, isSplit: boolean): string {
  const [, unit = "", index] = lane.split("/");
  const shard = shownShard(unit);
  return isSplit && index !== undefined ? `${shard} lane ${index}` : shard;
}

/** A table's shards are told apart by what their ids end in (D-8). */
export function shownShard(unit: string): string {
  const [, number, end] = /^shardId-(\d+)(?:-([0-9a-f]{8}))?$/.exec(unit) ?? [];
  return number === undefined ? unit : `shard ${end ?? Number(number)}`;
}

/** `412 ms` under a second, else `3.9 s`. */
export function shownMs(ms: number): string {
  return Math.abs(ms) < 999.5 ? `${Math.round(ms)} ms` : `${(ms / 1_000).toFixed(1)} s`;
}

export const shownNumber = (value: number): string => value.toLocaleString("en-US");

export const counted = (count: number, one: string): string =>
  `${shownNumber(count)} ${count === 1 ? one : manyOf(one)}`;

const manyOf = (one: string): string =>
  one.endsWith("ch") ? `${one}es` : /[^aeiou]y$/.test(one) ? `${one.slice(0, -1)}ies` : `${one}s`;

/** `1-10`, or `7`. */
export const shownPlaces = ({ from, to }: { readonly from: number; readonly to: number }): string =>
  from === to ? String(from) : `${from}-${to}`;

/** One line, without control characters: a handler's text must not move the cursor or colour what follows. */
export function oneLine(text: string): string {
  return text
    .replace(/\s*[\n\u2028\u2029]\s*/g, " ")
    .replace(/\p{Cc}/gu, (character) => (character === "\t" ? " " : "?"));
}

/** `handlers/orders.ts:41:23`: the last two steps of the path where the error was thrown. */
export function firstFrame(trace: readonly string[]): string | null {
  const frame = trace
    .map((each) => /\(?([^\s()]+:\d+:\d+)\)?$/.exec(each.trim())?.[1])
    .find((each) => each !== undefined);
  return frame === undefined ? null : oneLine(frame.split("/").slice(-2).join("/"));
}
