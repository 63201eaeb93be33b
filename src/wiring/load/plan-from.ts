// The plan that a checked file, or flags, stand for: every default filled in, times in ms, the handler's file found.

import { basename, dirname, resolve } from "node:path";
import { lookUpHandler } from "../../functions/handler-spec.ts";
import type {
  HandlerFile,
  HandlerModel,
  Latency,
  LoadPlan,
  Phase,
  PlannedFunction,
  PlannedKeys,
  PlannedSends,
  PlannedSize,
  PlannedSource,
} from "../../load/plan/plan.ts";
import { msFromText } from "../time-span.ts";
import type { FunctionInput, KeysInput, PlanInput, SourceInput } from "./plan-schema.ts";
import { plannedSource, type SourceKind } from "./plan-source.ts";

/** AWS's list prices of x86 in us-east-1, November 2026. */
const PRICES = { perMillionRequests: 0.2, perGbSecond: 0.000_016_666_7 };
const PRICES_NOTE = "AWS's list prices for us-east-1, x86, as of November 2026";
const GIVEN_NOTE = "as the plan gives them";
const DEFAULT_MEMORY_MB = 128;
const DEFAULT_KEYS = 64;

const ms = (text: string | undefined, otherwise: number): number =>
  text === undefined ? otherwise : (msFromText(text) ?? otherwise);

export const sourceObject = (source: PlanInput["source"]): SourceInput =>
  typeof source === "string" ? { name: source } : source;

export const isReporting = (input: PlanInput): boolean =>
  input.mapping?.FunctionResponseTypes?.includes("ReportBatchItemFailures") === true;

/** `folder`: absolute, the one that the handler's path is relative to. `name`: the plan's. */
export function planFrom(
  input: PlanInput,
  { name, folder }: { readonly name: string; readonly folder: string },
): LoadPlan {
  const source = plannedSource(sourceObject(input.source));
  return {
    name,
    run: input.run ?? "simulated",
    seed: input.seed ?? 1,
    repetitions: input.repetitions ?? 1,
    waitMs: ms(input.wait, 60_000),
    source,
    mapping: input.mapping ?? {},
    function: plannedFunction(input, folder),
    send: plannedSends(input.send, source),
    sweep: Object.entries(input.sweep ?? {}).map(([member, values]) => ({ member, values })),
    expect: input.expect ?? [],
    prices: {
      perMillionRequests: input.prices?.perMillionRequests ?? PRICES.perMillionRequests,
      perGbSecond: input.prices?.perGbSecond ?? PRICES.perGbSecond,
      memoryMb: input.function?.memoryMb ?? DEFAULT_MEMORY_MB,
      note: input.prices === undefined ? PRICES_NOTE : GIVEN_NOTE,
    },
  };
}

function plannedFunction(input: PlanInput, folder: string): PlannedFunction {
  const given: FunctionInput = input.function ?? {};
  return {
    name: given.name ?? "load",
    timeoutMs: ms(given.timeout, 3_000),
    memoryMb: given.memoryMb ?? DEFAULT_MEMORY_MB,
    reservedConcurrency: given.reservedConcurrency ?? null,
    does: "handler" in given ? handlerFile(given, folder) : handlerModel(given, isReporting(input)),
  };
}

function handlerFile(given: Extract<FunctionInput, { handler: string }>, folder: string): HandlerFile {
  const isBundled = given.bundle ?? true;
  const root = rootOf(given.handler, folder);
  const found = lookUpHandler(root, basename(given.handler), isBundled);
  if (found.kind === "missing") throw new Error(`not checked: ${found.what}`);
  const { file, exportName } = found.source;
  return { kind: "file", file, exportName, environment: given.environment ?? {}, isBundled };
}

/** The folder in which a handler's file is. */
export const rootOf = (handler: string, folder: string): string => dirname(resolve(folder, handler));

function handlerModel(given: Exclude<FunctionInput, { handler: string }>, isReported: boolean): HandlerModel {
  return {
    kind: "model",
    took: latency(given.took ?? "50ms"),
    perRecordMs: ms(given.perRecord, 0),
    coldStartMs: ms(given.coldStart, 0),
    errorShare: given.errorShare ?? 0,
    throttleShare: given.throttleShare ?? 0,
    onPoison: given.onPoison ?? (isReported ? "report" : "throw"),
  };
}

function latency(took: NonNullable<Exclude<FunctionInput, { handler: string }>["took"]>): Latency {
  if (typeof took === "string") return { kind: "fixed", ms: ms(took, 0) };
  if ("min" in took) return { kind: "between", minMs: ms(took.min, 0), maxMs: ms(took.max, 0) };
  if ("mean" in took) return { kind: "normal", meanMs: ms(took.mean, 0), deviationMs: ms(took.deviation, 0) };
  return { kind: "lognormal", p50Ms: ms(took.p50, 0), p99Ms: ms(took.p99, 0) };
}

function plannedSends(send: PlanInput["send"], source: PlannedSource): PlannedSends {
  return {
    phases: send.phases.map(plannedPhase),
    arrivals: send.arrivals ?? "even",
    isPerShard: send.perShard ?? false,
    keys: plannedKeys(send, source),
    size: send.size === undefined ? null : plannedSize(send.size),
    poisonShare: send.poisonShare ?? 0,
    data: send.data ?? { n: "${n}" },
  };
}

function plannedPhase(phase: PlanInput["send"]["phases"][number]): Phase {
  if ("rate" in phase) return { kind: "rate", perSecond: phase.rate, forMs: ms(phase.for, 0) };
  if ("ramp" in phase) return { kind: "ramp", ...phase.ramp, forMs: ms(phase.for, 0) };
  if ("burst" in phase) return { kind: "burst", count: phase.burst };
  return { kind: "pause", forMs: ms(phase.pause, 0) };
}

/** Of a standard queue, a broker and a change stream there are none. */
function plannedKeys({ keys, groups, perShard }: PlanInput["send"], source: PlannedSource): PlannedKeys | null {
  if (keys === "none") return null;
  if (isKeyed(source.kind)) return withDefaults(keys ?? {}, "key-", perShard === true);
  return source.kind === "sqs" && source.isFifo ? withDefaults(groups ?? {}, "group-", false) : null;
}

export const isKeyed = (kind: SourceKind): boolean => kind === "kinesis" || kind === "dynamodb" || kind === "kafka";

function withDefaults(given: KeysInput, prefix: string, isPerShard: boolean): PlannedKeys {
  return {
    count: given.count ?? DEFAULT_KEYS,
    prefix: given.prefix ?? prefix,
    distribution: given.distribution ?? (isPerShard ? "round-robin" : "uniform"),
    hotShare: given.hotShare ?? null,
  };
}

function plannedSize(size: NonNullable<PlanInput["send"]["size"]>): PlannedSize {
  if (typeof size === "number") return { kind: "fixed", bytes: size };
  return "min" in size ? { kind: "between", ...size } : { kind: "choices", choices: size };
}
