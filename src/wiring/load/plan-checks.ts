// What is wrong with a load plan although each of its members has its form: members that do not fit the source, or that would have no effect.

import { basename, relative } from "node:path";
import { likelyName } from "../../core/likely-name.ts";
import { parseExpectation, refuseForeignFigure } from "../../load/expect/expectation.ts";
import type { SweptValue } from "../../load/plan/plan.ts";
import { SWEPT_BESIDES } from "../../load/plan/planned-runs.ts";
import { mappingSchema } from "../../config/mapping-schema.ts";
import { memberShapes } from "../../control/mapping/mapping-members.ts";
import { MillraceError } from "../../errors.ts";
import { lookUpHandler } from "../../functions/handler-spec.ts";
import { msFromText } from "../time-span.ts";
import { flaw, type PlanFlaw } from "./plan-flaw.ts";
import { isKeyed, isReporting, rootOf, sourceObject } from "./plan-from.ts";
import { MADE_MEMBERS, type PlanInput } from "./plan-schema.ts";
import { familyOfKind } from "./run-mapping.ts";
import { sendFlaws } from "./plan-send-checks.ts";
import { isFifoText, sourceKindOf, type SourceKind, sourceTextFlaw } from "./plan-source.ts";

/** Absolute folders. */
export interface PlanFolders {
  /** The one that the handler's path is relative to. */
  readonly folder: string;
  /** Of a handler that a flag gave, the one from which it is named to people; null: the file has given it. */
  readonly flagsFrom: string | null;
}

/** In no order. */
export function planFlaws(input: PlanInput, folders: PlanFolders): readonly PlanFlaw[] {
  const { name } = sourceObject(input.source);
  const textFlaw = sourceTextFlaw(name);
  const kind = sourceKindOf(name);
  const namePath = typeof input.source === "string" ? ["source"] : ["source", "name"];
  return [
    ...(textFlaw === null ? [] : [flaw(namePath, textFlaw.what, { help: textFlaw.help })]),
    ...(kind === null ? [] : sourceFlaws(input, kind)),
    ...(kind === null ? [] : sendFlaws(input.send, targetOf(input, name, kind))),
    ...functionFlaws(input, folders),
    ...sweepFlaws(input, kind),
    ...expectationFlaws(input, kind),
    ...timeFlaws(input),
  ];
}

function targetOf(input: PlanInput, name: string, kind: SourceKind): Parameters<typeof sendFlaws>[1] {
  const { shards, partitions } = sourceObject(input.source);
  const swept = ["shards", "partitions"].flatMap((member) => input.sweep?.[member] ?? []);
  const counts = [shards ?? partitions ?? 1, ...swept].filter((count) => typeof count === "number");
  return { name, kind, isKeyed: isKeyed(kind), isFifo: isFifoText(name), unitCount: Math.max(...counts) };
}

// --- The source -------------------------------------------------------------------------------------------------------

/** Which sources have what. */
const ownMembers: Readonly<Record<string, { readonly kind: SourceKind; readonly words: string }>> = {
  shards: { kind: "kinesis", words: "a Kinesis stream" },
  partitions: { kind: "kafka", words: "a Kafka topic" },
  key: { kind: "dynamodb", words: "a table" },
  view: { kind: "dynamodb", words: "a table" },
  visibility: { kind: "sqs", words: "a queue of SQS" },
  maxReceiveCount: { kind: "sqs", words: "a queue of SQS" },
};

const sourceWords: Readonly<Record<SourceKind, string>> = {
  kinesis: "a Kinesis stream",
  dynamodb: "a table",
  sqs: "a queue of SQS",
  rabbitmq: "a queue of RabbitMQ",
  activemq: "a queue of ActiveMQ",
  kafka: "a Kafka topic",
  documentdb: "a collection of DocumentDB",
};

function sourceFlaws({ source }: PlanInput, kind: SourceKind): readonly PlanFlaw[] {
  return Object.keys(sourceObject(source)).flatMap((member) => {
    const own = ownMembers[member];
    if (own === undefined || own.kind === kind) return [];
    const what = `\`${member}\` is of ${own.words}, and the source is ${sourceWords[kind]}`;
    const help = kind === "dynamodb" && member === "shards" ? "a table's stream has one shard" : null;
    return [flaw(["source", member], what, { part: "name", help })];
  });
}

// --- The function -----------------------------------------------------------------------------------------------------

function functionFlaws(input: PlanInput, folders: PlanFolders): readonly PlanFlaw[] {
  const given = input.function;
  if (given === undefined) return [];
  if ("handler" in given) return handlerFlaws(given, folders);
  const flaws: PlanFlaw[] = [];
  if (given.onPoison === "report" && !isReporting(input))
    flaws.push(
      flaw(["function", "onPoison"], "`onPoison: report` needs a mapping that reads such answers", {
        help: 'mapping: { FunctionResponseTypes: ["ReportBatchItemFailures"] }',
      }),
    );
  if (given.throttleShare !== undefined && input.run === "live")
    flaws.push(
      flaw(["function", "throttleShare"], "a live run throttles only by what is reserved", {
        part: "name",
        help: "reservedConcurrency: 1",
      }),
    );
  const { took } = given;
  if (took === undefined || typeof took === "string") return flaws;
  const path = ["function", "took"];
  const isUpsideDown = (less: string, more: string): boolean => (msFromText(less) ?? 0) > (msFromText(more) ?? 0);
  if ("min" in took && isUpsideDown(took.min, took.max)) flaws.push(flaw(path, "`min` is more than `max`"));
  if ("p50" in took && isUpsideDown(took.p50, took.p99)) flaws.push(flaw(path, "`p50` is more than `p99`"));
  if ("p50" in took && msFromText(took.p50) === 0)
    flaws.push(flaw(path, "`p50` is 0: a lognormal time has to be more"));
  return flaws;
}

function handlerFlaws(
  { handler, bundle = true }: { readonly handler: string; readonly bundle?: boolean | undefined },
  { folder, flagsFrom }: PlanFolders,
): readonly PlanFlaw[] {
  const root = rootOf(handler, folder);
  const found = lookUpHandler(root, basename(handler), bundle);
  if (found.kind === "found") return [];
  const code = "handler-not-found";
  const path = ["function", "handler"];
  if (flagsFrom !== null) {
    const near = relative(flagsFrom, root);
    const where = near === "" ? "from the current folder" : `in ${near}, from the current folder`;
    const prefix = near === "" ? "" : `${near}/`;
    const help = found.likely === null ? "handlers/orders.process    # file and export" : `${prefix}${found.likely}`;
    const what = `${found.what}, ${where}`;
    return [{ code, what, path, part: "value", label: found.label, help: `--handler ${help}` }];
  }
  const before = handler.slice(0, handler.length - basename(handler).length);
  return [
    {
      code,
      what: `the plan's function: ${found.what}, from this file's folder`,
      path,
      part: "value",
      label: found.label,
      help: found.likely === null ? null : `handler: ${before}${found.likely}`,
    },
  ];
}

// --- The sweep --------------------------------------------------------------------------------------------------------

const MOST_RUNS = 1_000;

function sweepFlaws(input: PlanInput, kind: SourceKind | null): readonly PlanFlaw[] {
  const sweep = Object.entries(input.sweep ?? {});
  const flaws = sweep.flatMap(([member, values]) => sweptFlaws(input, kind, { member, values }));
  const runs = sweep.reduce((product, [, values]) => product * values.length, input.repetitions ?? 1);
  if (runs > MOST_RUNS)
    flaws.push(
      flaw(["sweep"], `the sweep makes ${runs.toLocaleString("en")} runs, above ${MOST_RUNS.toLocaleString("en")}`),
    );
  return flaws;
}

const besides: readonly string[] = SWEPT_BESIDES;
const madeMembers: readonly string[] = MADE_MEMBERS;

function sweptFlaws(
  input: PlanInput,
  kind: SourceKind | null,
  { member, values }: { readonly member: string; readonly values: readonly SweptValue[] },
): PlanFlaw[] {
  const path = ["sweep", member];
  const part = "name" as const;
  const [top = "", ...inner] = member.split(".");
  const twice = values.find((value, index) => values.indexOf(value) !== index);
  const flaws = twice === undefined ? [] : [flaw(path, `\`${String(twice)}\` is there twice`)];
  if (besides.includes(member)) return [...flaws, ...besideFlaws(input, kind, { member, values })];
  if (!Object.hasOwn(memberShapes, top) || madeMembers.includes(top)) {
    const known = [...Object.keys(memberShapes).filter((each) => !madeMembers.includes(each)), ...besides];
    const likely = likelyName(member, known);
    return [
      ...flaws,
      flaw(path, `\`${member}\` is nothing that a sweep can vary`, {
        part,
        label: likely === null ? "not known" : `perhaps ${likely}`,
        help: likely === null ? "sweep: { BatchSize: [10, 100] }" : `${likely}: ${JSON.stringify(values)}`,
      }),
    ];
  }
  const { kind: form } = memberShapes[top as keyof typeof memberShapes];
  const isWhole = form === "structure" || form === "list" || form === "map";
  if (isWhole !== inner.length > 0) {
    const help = isWhole ? `${member}.MEMBER` : top;
    flaws.push(flaw(path, `\`${member}\` ${isWhole ? "is no single value" : "has nothing inside"}`, { part, help }));
  }
  const wrong = inner.length > 0 ? null : wrongValue(top, values);
  if (wrong !== null) flaws.push(flaw(path, wrong.what, { label: wrong.why }));
  if (isSaid(input.mapping ?? {}, [top, ...inner]))
    flaws.push(flaw(path, `\`${member}\` is swept, so its value in \`mapping\` has no effect`, { part }));
  return flaws;
}

/** Of a mapping's own member the first value that it cannot have; null: there is none. */
function wrongValue(
  member: string,
  values: readonly SweptValue[],
): { readonly what: string; readonly why: string } | null {
  const schema = Object.entries(mappingSchema.shape).find(([name]) => name === member)?.[1];
  for (const value of schema === undefined ? [] : values) {
    const [issue] = schema?.safeParse(value).error?.issues ?? [];
    if (issue === undefined) continue;
    return { what: `\`${String(value)}\` cannot be a value of ${member}`, why: issue.message };
  }
  return null;
}

function besideFlaws(
  input: PlanInput,
  kind: SourceKind | null,
  { member, values }: { readonly member: string; readonly values: readonly SweptValue[] },
): readonly PlanFlaw[] {
  const path = ["sweep", member];
  const own = ownMembers[member];
  if (own !== undefined && kind !== null && own.kind !== kind)
    return [flaw(path, `\`${member}\` is of ${own.words}, and the source is ${sourceWords[kind]}`, { part: "name" })];
  const least = member === "reservedConcurrency" ? 0 : 1;
  const wrong = values.find(
    (value) => typeof value !== "number" || !Number.isInteger(value) || value < least || value > 1_000,
  );
  if (wrong !== undefined)
    return [
      flaw(path, `\`${String(wrong)}\` cannot be a value of ${member}`, { label: `whole numbers, ${least} to 1,000` }),
    ];
  const given: Readonly<Record<string, unknown>> =
    member === "reservedConcurrency" ? { ...input.function } : { ...sourceObject(input.source) };
  return given[member] === undefined
    ? []
    : [flaw(path, `\`${member}\` is swept, so its value elsewhere has no effect`, { part: "name" })];
}

function isSaid(members: Readonly<Record<string, unknown>>, [name = "", ...rest]: readonly string[]): boolean {
  const value = members[name];
  if (rest.length === 0) return value !== undefined;
  return typeof value === "object" && value !== null && isSaid({ ...value }, rest);
}

// --- Expectations and times -------------------------------------------------------------------------------------------

function expectationFlaws({ expect = [] }: PlanInput, kind: SourceKind | null): readonly PlanFlaw[] {
  return expect.flatMap((text, index) => {
    try {
      const threshold = parseExpectation(text);
      if (kind !== null) refuseForeignFigure(threshold, familyOfKind(kind));
      return [];
    } catch (error) {
      if (!(error instanceof MillraceError)) throw error;
      return [flaw(["expect", index], error.message, { help: error.help })];
    }
  });
}

/** Times that have to be whole seconds, or more than nothing. */
function timeFlaws(input: PlanInput): readonly PlanFlaw[] {
  const source = sourceObject(input.source);
  return [
    ...wholeSeconds(["source", "visibility"], source.visibility, { least: 0, most: 43_200 }),
    ...wholeSeconds(["function", "timeout"], input.function?.timeout, { least: 1, most: 900 }),
    ...(input.wait !== undefined && msFromText(input.wait) === 0
      ? [flaw(["wait"], "`wait` is 0: it has to be more")]
      : []),
  ];
}

function wholeSeconds(
  path: readonly string[],
  text: string | undefined,
  { least, most }: { readonly least: number; readonly most: number },
): readonly PlanFlaw[] {
  if (text === undefined) return [];
  const seconds = (msFromText(text) ?? -1) / 1_000;
  if (Number.isInteger(seconds) && seconds >= least && seconds <= most) return [];
  const label = `whole seconds, ${least} to ${most.toLocaleString("en")}`;
  return [flaw(path, `\`${path.at(-1)}\` is ${text}, and has to be ${label}`, { label, help: `${path.at(-1)}: 30s` })];
}
