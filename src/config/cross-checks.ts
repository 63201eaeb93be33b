// What no single setting can tell: whether names that settings use are there, and whether settings go together.

import { isBucketName } from "../core/bucket-name.ts";
import { compileForSource } from "../core/filter/compile-filters.ts";
import { INVALID_PATTERN_MESSAGE } from "../core/filter/compile-pattern.ts";
import type { Path } from "./config-document.ts";
import type { Flaw } from "./config-errors.ts";
import type { ConfigInput, MappingInput } from "./config-schema.ts";
import { queueFlaws } from "./configured-queue.ts";
import { functionFlaws } from "./function-flaws.ts";
import { expandSource, shortDestination, streamKindOf } from "./expand-names.ts";
import { nameOfQueue } from "./queue-schema.ts";
import { sourceFlaws } from "./source-flaws.ts";
import { likelyName } from "../core/likely-name.ts";
import { valueAt } from "./schema-flaws.ts";

/** `written` is the file's own value: what stands there, and what is only a default. */
export function crossFlaws(input: ConfigInput, written: unknown): readonly Flaw[] {
  return [
    ...functionFlaws(input, written),
    ...streamFlaws(input, written),
    ...queueFlaws(input, (name, path) => unknownName("queue", "queues", name, input.queues.map(nameOfQueue), path)),
    ...pollerFlaws(input),
    ...topicFlaws(input),
    ...bucketFlaws(input),
    ...sourceFlaws(input),
    ...tableFlaws(input),
    ...input.mappings.flatMap((mapping, index) => mappingFlaws(input, mapping, ["mappings", index])),
    ...twinFlaws(input),
  ];
}

function streamFlaws({ streams, brokers }: ConfigInput, written: unknown): readonly Flaw[] {
  return Object.entries(streams).flatMap(([name, stream]) => {
    const path = ["streams", name];
    if (stream.redisKey !== undefined) {
      const idle = (["shards", "retentionHours"] as const)
        .filter((field) => valueAt(written, [...path, field]) !== undefined)
        .map((field) =>
          flaw([...path, field], `\`${field}\` is not for plain Redis streams`, "name", IDLE_HELP[field]),
        );
      if (brokers.redis !== undefined) return idle;
      const what = `the stream \`${name}\` is in Redis, and no Redis is configured`;
      return [
        {
          ...flaw([...path, "redisKey"], what, "name", "brokers: { redis: { url: redis://127.0.0.1:6379 } }"),
          comparedWith: ["brokers"],
        },
        ...idle,
      ];
    }
    return (["dataField", "partitionKeyField"] as const)
      .filter((field) => stream[field] !== undefined)
      .map((field) => flaw([...path, field], `\`${field}\` is for plain Redis streams only`, "name", "redisKey: KEY"));
  });
}

/** A bound of its own would silently win over the other. */
function pollerFlaws({ sqs: { idlePollers, maxPollers } }: ConfigInput): readonly Flaw[] {
  if (idlePollers <= maxPollers) return [];
  const what = `\`idlePollers\` is ${idlePollers}, over \`maxPollers\`, ${maxPollers}: there are never more than that`;
  return [flaw(["sqs"], what, "value", `sqs: { idlePollers: ${maxPollers}, maxPollers: ${maxPollers} }`)];
}

const IDLE_HELP = {
  shards: "take it away: a plain Redis stream has one shard",
  retentionHours: "take it away: the app that fills a plain Redis stream trims it",
};

function topicFlaws({ topics, queues: given }: ConfigInput): readonly Flaw[] {
  const queues = given.map(nameOfQueue);
  return Object.entries(topics).flatMap(([name, topic]) =>
    topic.queues.flatMap((queue, index) => {
      const path = ["topics", name, "queues", index];
      if (!queues.includes(queue)) return [unknownName("queue", "queues", queue, queues, path)];
      if (!queue.endsWith(".fifo")) return [];
      const what = `\`${queue}\` is a FIFO queue, and topics are standard ones`;
      return [flaw(path, what, "value", "a standard queue's name")];
    }),
  );
}

function bucketFlaws({ buckets }: ConfigInput): readonly Flaw[] {
  return buckets.flatMap((name, index) => {
    const path = ["buckets", index];
    if (!isBucketName(name)) {
      const what = `S3 takes no bucket named \`${name}\``;
      const help =
        "no address, no `..`, `.-` or `-.`, none of S3's own prefixes and suffixes (xn--, sthree-, -s3alias …)";
      return [flaw(path, what, "value", help)];
    }
    if (buckets.indexOf(name) === index) return [];
    return [flaw(path, `the bucket \`${name}\` is there twice`, "value", "take one of the two away")];
  });
}

function tableFlaws({ tables }: ConfigInput): readonly Flaw[] {
  return Object.entries(tables).flatMap(([name, { key, sortKey }]) => {
    const names = [key, sortKey].map((each) => (typeof each === "object" ? each.name : each));
    if (names[0] !== names[1]) return [];
    const path = ["tables", name, "sortKey"];
    return [flaw(path, "`sortKey` is the same attribute as `key`", "value", "sortKey: another attribute's name")];
  });
}

function mappingFlaws(input: ConfigInput, mapping: MappingInput, path: Path): readonly Flaw[] {
  const flaws: Flaw[] = [];
  const source = mapping.EventSourceArn ?? "";
  const functionNames = Object.keys(input.functions);
  if (/^[a-zA-Z0-9-_]+$/.test(mapping.FunctionName) && !functionNames.includes(mapping.FunctionName)) {
    flaws.push(unknownName("function", "functions", mapping.FunctionName, functionNames, [...path, "FunctionName"]));
  }
  if (mapping.EventSourceArn === undefined && mapping.SelfManagedEventSource === undefined) {
    flaws.push(flaw(path, "a mapping needs `EventSourceArn`", "value", "EventSourceArn: kinesis:STREAM"));
  }
  const streamKind = streamKindOf(source);
  if (streamKind !== null && mapping.StartingPosition === undefined) {
    const what = "a mapping on a stream needs `StartingPosition`";
    flaws.push(
      flaw(
        path,
        what,
        "value",
        `StartingPosition: TRIM_HORIZON    # or LATEST${streamKind === "kinesis" ? ", AT_TIMESTAMP" : ""}`,
      ),
    );
  }
  return [
    ...flaws,
    ...destinationFlaws(input, mapping, path),
    ...(streamKind === null ? [] : patternFlaws(mapping, path, streamKind)),
  ];
}

/** A mapping is known by its source, what of it it reads, and its function: two of the same would undo one another at every start. */
function twinFlaws(input: ConfigInput): readonly Flaw[] {
  const seen = new Map<string, number>();
  return input.mappings.flatMap((mapping, index) => {
    const source = sourceText(mapping, input);
    if (source === null) return [];
    const key = `${source} ${mapping.FunctionName.replace(/^.*:function:/, "")}`;
    const first = seen.get(key);
    if (first === undefined) {
      seen.set(key, index);
      return [];
    }
    const what = `mappings[${first}] ties the same source to the same function already`;
    const twin = flaw(["mappings", index], what, "value", "take one of the two away");
    return [{ ...twin, comparedWith: ["account", "region"] }];
  });
}

/** Null: it names none. */
function sourceText(mapping: MappingInput, input: ConfigInput): string | null {
  const { EventSourceArn, SelfManagedEventSource, Topics, Queues, DocumentDBEventSourceConfig } = mapping;
  if (EventSourceArn === undefined && SelfManagedEventSource === undefined) return null;
  const source = EventSourceArn === undefined ? SelfManagedEventSource : expandSource(EventSourceArn, input);
  const database = databaseOf(DocumentDBEventSourceConfig);
  return JSON.stringify([source, Topics ?? Queues ?? database]);
}

/** As it is written, whatever it is: the control plane judges it. */
function databaseOf(config: unknown): unknown {
  if (typeof config !== "object" || config === null) return config;
  return [Reflect.get(config, "DatabaseName"), Reflect.get(config, "CollectionName")];
}

function destinationFlaws(input: ConfigInput, mapping: MappingInput, path: Path): readonly Flaw[] {
  const short = shortDestination(mapping.DestinationConfig?.OnFailure?.Destination ?? "");
  if (short === null) return [];
  // What is behind an endpoint is known there.
  if (input.destinations[short.service] !== undefined) return [];
  const at = [...path, "DestinationConfig", "OnFailure", "Destination"];
  const known = {
    sqs: { kind: "queue", list: "queues", names: input.queues.map(nameOfQueue) },
    sns: { kind: "topic", list: "topics", names: Object.keys(input.topics) },
    s3: { kind: "bucket", list: "buckets", names: input.buckets },
  }[short.service];
  return known.names.includes(short.name) ? [] : [unknownName(known.kind, known.list, short.name, known.names, at)];
}

/** F-6: the client of the API hears one text whatever is wrong; here the reason is told. */
function patternFlaws(mapping: MappingInput, path: Path, kind: "kinesis" | "dynamodb"): readonly Flaw[] {
  return (mapping.FilterCriteria?.Filters ?? []).flatMap(({ Pattern }, index) => {
    const compiled = compileForSource(patternText(Pattern), kind, "eventbridge");
    if (compiled.kind !== "invalid") return [];
    const at = [...path, "FilterCriteria", "Filters", index, "Pattern"];
    const help = `millrace filter --source ${kind} --pattern PATTERN --event EVENT    (AWS's answer: ${INVALID_PATTERN_MESSAGE})`;
    return [
      { code: "filter-invalid", what: compiled.reason, path: at, part: "name", label: compiled.rule, help } as const,
    ];
  });
}

/** AWS takes a pattern as text; a file may have it as an object. */
export function patternText(pattern: string | Readonly<Record<string, unknown>>): string {
  return typeof pattern === "string" ? pattern : JSON.stringify(pattern);
}

function unknownName(kind: string, list: string, name: string, names: readonly string[], path: Path): Flaw {
  const likely = likelyName(name, names);
  const there = names.length === 0 ? `\`${list}\` has none` : `\`${list}\` has ${names.join(", ")}`;
  const help = likely === null ? `add it to \`${list}\`` : likely;
  return { ...flaw(path, `there is no ${kind} \`${name}\``, "value", help, there), comparedWith: [list] };
}

function flaw(path: Path, what: string, part: Flaw["part"], help: string, label = ""): Flaw {
  return { code: "config-invalid", what, path, part, label, help };
}
