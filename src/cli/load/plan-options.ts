// The options of `millrace load` that make a plan, and how the text of each is read. What they come to is in plan-flags.ts, which the command
// reads only when it is carried out.

import { type Command, InvalidArgumentError, Option } from "commander";
import { memberShapes } from "../../control/mapping/mapping-members.ts";
import { wholeNumber } from "../command-options.ts";

/** What commander has read of the options that `withPlanFlags` adds. */
export type PlanFlags = Readonly<Record<string, unknown>>;

export interface OrderedPhase {
  readonly order: number;
  readonly flag: string;
  readonly phase: Readonly<Record<string, unknown>>;
}

export type Member = readonly [name: string, value: unknown];

const MOST = 10_000_000;

/** Adds the options of a plan to the command, in groups. */
export function withPlanFlags(command: Command): Command {
  let order = 0;
  const phases =
    (flag: string, read: (text: string) => Readonly<Record<string, unknown>>) =>
    (text: string, before: readonly OrderedPhase[] = []): readonly OrderedPhase[] => [
      ...before,
      { order: order++, flag, phase: read(text) },
    ];
  return command
    .optionsGroup("What is sent:")
    .option(
      "--source <source>",
      "kinesis:STREAM, dynamodb:TABLE, sqs:QUEUE, rabbitmq:BROKER/QUEUE, activemq:…, kafka:CLUSTER/TOPIC, documentdb:CLUSTER/DB/COLLECTION",
    )
    .option("--shards <n>", "shards of a Kinesis stream", wholeNumber(1, 1_000))
    .option("--partitions <n>", "partitions of a Kafka topic", wholeNumber(1, 1_000))
    .option(
      "--rate <n>",
      "records a second, for the time of --for",
      phases("--rate", (text) => ({ rate: number(text) })),
    )
    .option("--for <time>", "how long --rate lasts (default: 60s)")
    .option("--ramp <from..to@time>", "the rate grows or falls, as 0..500@30s; may be repeated", phases("--ramp", ramp))
    .option(
      "--burst <n>",
      "so many at one instant; may be repeated",
      phases("--burst", (text) => ({ burst: wholeNumber(1, MOST)(text) })),
    )
    .option(
      "--pause <time>",
      "nothing is sent for so long; may be repeated",
      phases("--pause", (pause) => ({ pause })),
    )
    .option("--poisson", "arrivals by chance, at the same rate; else evenly")
    .option("--per-shard", "each arrival is one record on every shard or partition")
    .option("--keys <n>", "how many partition keys, or none of Kafka (default: 64)", keyCount)
    .option("--groups <n>", "how many message groups of a FIFO queue (default: 64)", wholeNumber(1, 1_000_000))
    .addOption(
      new Option("--distribution <how>", "how often each key or group comes").choices([
        "uniform",
        "zipf",
        "round-robin",
      ]),
    )
    .option("--hot <share>", "part of the records that has the first key or group", share)
    .option("--size <bytes>", "bytes of each record's data, or 100..2000", size)
    .option("--data <json>", "the data, in which ${n} and ${key} are filled in", object)
    .option("--poison <share>", "part of the records whose data has poison: true", share)
    .optionsGroup("What takes it:")
    .option("--function <name>", "name of the function (default: load)")
    .option("--handler <file.export>", "your own handler; else the function is a model")
    .option("--took <time>", "how long a call takes: 40ms, 10ms..90ms, p50=40ms,p99=200ms or mean=…,deviation=…", took)
    .option("--per-record <time>", "added for each record")
    .option("--cold-start <time>", "added where no environment is free that has run before")
    .option("--error-rate <share>", "part of the calls that throws", share)
    .option("--throttle-rate <share>", "part of the calls that is throttled; simulated runs", share)
    .option("--reserved <n>", "reserved concurrency", wholeNumber(0, 1_000))
    .option("--timeout <time>", "of the function (default: 3s)")
    .option("--memory <mb>", "of the function, for its cost (default: 128)", wholeNumber(128, 10_240))
    .option("--set <member=value>", "a member of the mapping, as BatchSize=10; may be repeated", setMember)
    .optionsGroup("How it is run:")
    .option("--simulated", "under virtual time; so unless the plan says otherwise")
    .option("--live", "on a server, in real time")
    .option("--sweep <member=values>", "each of them, as BatchSize=10,100,1000; may be repeated", sweptMember)
    .option("--runs <n>", "runs of each setting, each with the next seed (default: 1)", wholeNumber(1, 1_000))
    .option("--seed <n>", "all chance of the plan (default: 1)", wholeNumber(0, 4_294_967_295))
    .option("--wait <time>", "how long nothing may end before what is left is given up (default: 60s)")
    .option("--expect <expectation>", "what has to hold, as 'iteratorAge.p99 < 2s'; may be repeated", listed);
}

function number(text: string): number {
  const value = Number(text);
  if (!/^\d+(?:\.\d+)?$/.test(text)) throw new InvalidArgumentError("It has to be a number.");
  return value;
}

function share(text: string): number {
  const [, percent] = /^(\d+(?:\.\d+)?) ?%$/.exec(text) ?? [];
  const value = percent === undefined ? Number(text) : Number(percent) / 100;
  if (text.trim() === "" || !(value >= 0 && value <= 1))
    throw new InvalidArgumentError("It has to be a part of a whole: 0.05, or 5%.");
  return value;
}

function keyCount(text: string): number | "none" {
  return text === "none" ? "none" : wholeNumber(1, 1_000_000)(text);
}

function size(text: string): unknown {
  const [, min, max] = /^(\d+)\.\.(\d+)$/.exec(text) ?? [];
  return min === undefined ? wholeNumber(0, 1_048_576)(text) : { min: Number(min), max: Number(max) };
}

function ramp(text: string): Readonly<Record<string, unknown>> {
  const [, from, to, time] = /^(\d+(?:\.\d+)?)\.\.(\d+(?:\.\d+)?)@(.+)$/.exec(text) ?? [];
  if (time === undefined) throw new InvalidArgumentError("It has to be two rates and a time: 0..500@30s.");
  return { ramp: { from: Number(from), to: Number(to) }, for: time };
}

function took(text: string): unknown {
  const [, min, max] = /^(.+)\.\.(.+)$/.exec(text) ?? [];
  if (min !== undefined) return { min, max };
  return text.includes("=") ? Object.fromEntries(text.split(",").map((each) => split(each))) : text;
}

function object(text: string): unknown {
  let value: unknown = null;
  try {
    value = JSON.parse(text);
  } catch {
    // Told below, as any other text that is no object.
  }
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return value;
  throw new InvalidArgumentError("It has to be a JSON object.");
}

function split(text: string): readonly [string, string] {
  const at = text.indexOf("=");
  if (at <= 0) throw new InvalidArgumentError("It has to be NAME=VALUE.");
  return [text.slice(0, at), text.slice(at + 1)];
}

function setMember(text: string, before: readonly Member[] = []): readonly Member[] {
  const [name, value] = split(text);
  const shapes: Readonly<Record<string, { readonly kind: string }>> = memberShapes;
  const isList = Object.hasOwn(shapes, name) && shapes[name]?.kind === "list";
  const read = parsed(value);
  return [...before, [name, isList && typeof read === "string" ? [read] : read]];
}

function sweptMember(text: string, before: readonly Member[] = []): readonly Member[] {
  const [name, values] = split(text);
  return [...before, [name, values.split(",").map(parsed)]];
}

/** JSON where it is some, else the text. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

const listed = (text: string, before: readonly string[] = []): readonly string[] => [...before, text];
