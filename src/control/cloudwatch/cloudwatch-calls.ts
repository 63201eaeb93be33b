// ListMetrics, GetMetricStatistics and GetMetricData over the metrics of mappings and functions (AWS/Lambda). A query that would have no
// effect is refused; a metric that nothing was told of has no points, as on AWS.

import { type WireObject, Instant } from "../kinesis/wire-value.ts";
import { type Parsed, parseShape } from "../shape.ts";
import { type CloudWatchOperation, cloudWatchShapes } from "./cloudwatch-shapes.ts";
import type { Dimension, MetricStore, Point } from "./metric-store.ts";

const NAMESPACE = "AWS/Lambda";
const PAGE_LENGTH = 500;
const MOST_STATISTICS_POINTS = 1_440;
const MOST_DATA_POINTS = 100_800;
const MOST_QUERIES = 500;
const statistics = ["SampleCount", "Average", "Sum", "Minimum", "Maximum"] as const;

type Statistic = (typeof statistics)[number];

export interface CloudWatchContext {
  readonly metrics: MetricStore;
  /** Brings the store up to now. */
  readonly sampleMetrics: () => void;
}

const queryCodes = {
  InvalidParameterCombination: 400,
  InvalidParameterValue: 400,
  InvalidNextToken: 400,
  MissingParameter: 400,
  ValidationError: 400,
  SerializationException: 400,
  InternalServiceError: 500,
} as const;

export type CloudWatchErrorName = keyof typeof queryCodes;

export type CloudWatchAnswer =
  | { readonly kind: "result"; readonly result: WireObject }
  | { readonly kind: "error"; readonly status: number; readonly code: CloudWatchErrorName; readonly text: string };

export const cloudWatchFailure = (code: CloudWatchErrorName, text: string): CloudWatchAnswer => ({
  kind: "error",
  status: queryCodes[code],
  code,
  text,
});

class CloudWatchRefusal extends Error {
  readonly code: CloudWatchErrorName;

  constructor(code: CloudWatchErrorName, text: string) {
    super(text);
    this.code = code;
  }
}

/** Never throws. `body`: members as JSON has them, instants in seconds. */
export function callCloudWatch(
  context: CloudWatchContext,
  operation: CloudWatchOperation,
  body: unknown,
): CloudWatchAnswer {
  try {
    context.sampleMetrics();
    return { kind: "result", result: carryOut(context.metrics, operation, body) };
  } catch (error) {
    if (error instanceof CloudWatchRefusal) return cloudWatchFailure(error.code, error.message);
    return cloudWatchFailure("InternalServiceError", error instanceof Error ? error.message : String(error));
  }
}

function carryOut(metrics: MetricStore, operation: CloudWatchOperation, body: unknown): WireObject {
  switch (operation) {
    case "ListMetrics":
      return listMetrics(metrics, read(operation, body));
    case "GetMetricStatistics":
      return getMetricStatistics(metrics, read(operation, body));
    case "GetMetricData":
      return getMetricData(metrics, read(operation, body));
  }
}

type Members<O extends CloudWatchOperation> = Parsed<(typeof cloudWatchShapes)[O]>;

function read<O extends CloudWatchOperation>(operation: O, body: unknown): Members<O> {
  const shape: (typeof cloudWatchShapes)[O] = cloudWatchShapes[operation];
  const parsed = parseShape(body ?? {}, shape);
  if (parsed.kind === "wrongType") throw new CloudWatchRefusal("SerializationException", parsed.text);
  return parsed.value;
}

type GivenDimensions = readonly ({ readonly Name?: string | undefined; readonly Value?: string | undefined } | null)[];

function listMetrics(metrics: MetricStore, request: Members<"ListMetrics">): WireObject {
  const { Namespace, MetricName, NextToken, RecentlyActive } = request;
  if (RecentlyActive !== undefined && RecentlyActive !== "PT3H") {
    throw new CloudWatchRefusal("InvalidParameterValue", "The parameter RecentlyActive must be PT3H.");
  }
  const asked = (request.Dimensions ?? []).filter((each) => each !== null);
  const all = metrics
    .list()
    .filter(
      ({ name, dimensions }) =>
        (Namespace === undefined || Namespace === NAMESPACE) &&
        (MetricName === undefined || MetricName === name) &&
        asked.every(({ Name, Value }) =>
          dimensions.some((each) => each.name === Name && (Value === undefined || each.value === Value)),
        ),
    );
  const start = NextToken === undefined ? 0 : placeOf(NextToken);
  const page = all.slice(start, start + PAGE_LENGTH);
  return {
    Metrics: page.map(({ name, dimensions }) => ({
      Namespace: NAMESPACE,
      MetricName: name,
      Dimensions: dimensions.map((each) => ({ Name: each.name, Value: each.value })),
    })),
    ...(start + page.length < all.length ? { NextToken: tokenOf(start + page.length) } : {}),
  };
}

const tokenOf = (place: number): string => Buffer.from(`at:${place}`).toString("base64url");

function placeOf(token: string): number {
  const [, place] = /^at:(\d{1,9})$/.exec(Buffer.from(token, "base64url").toString()) ?? [];
  if (place === undefined) throw new CloudWatchRefusal("InvalidNextToken", "The NextToken is not valid.");
  return Number(place);
}

interface Span {
  readonly fromMs: number;
  readonly toMs: number;
  readonly periodMs: number;
}

/** Throws CloudWatchRefusal. */
function spanOf(given: {
  readonly StartTime?: number | undefined;
  readonly EndTime?: number | undefined;
  readonly Period?: number | undefined;
}): Span {
  const { StartTime, EndTime, Period } = given;
  if (StartTime === undefined) throw missing("StartTime");
  if (EndTime === undefined) throw missing("EndTime");
  if (Period === undefined) throw missing("Period");
  if (Period < 1 || Period % 60 !== 0) {
    const text = "The parameter Period must be a multiple of 60: metrics are kept by the minute.";
    throw new CloudWatchRefusal("InvalidParameterValue", text);
  }
  if (StartTime >= EndTime) {
    throw new CloudWatchRefusal(
      "InvalidParameterValue",
      "The parameter StartTime must be less than the parameter EndTime.",
    );
  }
  return { fromMs: StartTime * 1_000, toMs: EndTime * 1_000, periodMs: Period * 1_000 };
}

const missing = (name: string): CloudWatchRefusal =>
  new CloudWatchRefusal("MissingParameter", `The parameter ${name} is required.`);

function pointsOf(
  metrics: MetricStore,
  metric: {
    readonly Namespace?: string | undefined;
    readonly MetricName?: string | undefined;
    readonly Dimensions?: GivenDimensions | undefined;
  },
  span: Span & { readonly unit: string | undefined },
) {
  const { Namespace, MetricName } = metric;
  if (Namespace === undefined) throw missing("Namespace");
  if (MetricName === undefined) throw missing("MetricName");
  const dimensions: Dimension[] = (metric.Dimensions ?? []).map((each) => ({
    name: each?.Name ?? "",
    value: each?.Value ?? "",
  }));
  const found = Namespace === NAMESPACE ? metrics.points(MetricName, dimensions, span) : null;
  // A unit that the metric does not have finds nothing.
  const isAsked = found !== null && (span.unit === undefined || span.unit === found.unit);
  return { name: MetricName, unit: found?.unit ?? "None", points: isAsked ? found.points : [] };
}

function getMetricStatistics(metrics: MetricStore, request: Members<"GetMetricStatistics">): WireObject {
  const span = spanOf(request);
  if ((request.ExtendedStatistics ?? []).length > 0) {
    throw new CloudWatchRefusal(
      "InvalidParameterValue",
      "Millrace keeps no percentiles: ExtendedStatistics is not carried out.",
    );
  }
  const asked = (request.Statistics ?? []).filter((each) => each !== null);
  if (asked.length === 0) throw missing("Statistics");
  const unknown = asked.find((each) => !isStatistic(each));
  if (unknown !== undefined) {
    throw new CloudWatchRefusal(
      "InvalidParameterValue",
      `The value ${unknown} for parameter Statistics is not supported.`,
    );
  }
  if ((span.toMs - span.fromMs) / span.periodMs > MOST_STATISTICS_POINTS) {
    const text = `You have requested up to ${Math.ceil((span.toMs - span.fromMs) / span.periodMs)} datapoints, which exceeds the limit of ${MOST_STATISTICS_POINTS}. You may reduce the datapoints requested by increasing Period, or decreasing the time range.`;
    throw new CloudWatchRefusal("InvalidParameterCombination", text);
  }
  const { name, unit, points } = pointsOf(metrics, request, { ...span, unit: request.Unit });
  return {
    Label: name,
    Datapoints: points.map((point) => ({
      Timestamp: new Instant(point.atMs),
      ...Object.fromEntries(asked.filter(isStatistic).map((each) => [each, valueOf(point, each)])),
      Unit: unit,
    })),
  };
}

const isStatistic = (name: string): name is Statistic => statistics.some((each) => each === name);

function valueOf(point: Point, statistic: Statistic): number {
  switch (statistic) {
    case "SampleCount":
      return point.sampleCount;
    case "Average":
      return point.sum / point.sampleCount;
    case "Sum":
      return point.sum;
    case "Minimum":
      return point.least;
    case "Maximum":
      return point.most;
  }
}

function getMetricData(metrics: MetricStore, request: Members<"GetMetricData">): WireObject {
  const queries = (request.MetricDataQueries ?? []).filter((each) => each !== null);
  if (queries.length === 0) throw missing("MetricDataQueries");
  if (queries.length > MOST_QUERIES)
    throw invalid(`The parameter MetricDataQueries has more than ${MOST_QUERIES} entries.`);
  const { ScanBy = "TimestampDescending", MaxDatapoints: most = MOST_DATA_POINTS, NextToken } = request;
  if (ScanBy !== "TimestampDescending" && ScanBy !== "TimestampAscending")
    throw invalid(`The parameter ScanBy must be TimestampDescending or TimestampAscending.`);
  if (most < 1 || most > MOST_DATA_POINTS)
    throw invalid(`The parameter MaxDatapoints must be between 1 and ${MOST_DATA_POINTS}.`);
  const ids = new Set<string>();
  const all = queries.map((query) => {
    const { Id: id = "", MetricStat: asked } = query;
    if (!/^[a-z][a-zA-Z0-9_]{0,254}$/.test(id))
      throw invalid(`The value ${id} for parameter Id is not matching the expected pattern ^[a-z][a-zA-Z0-9_]*$.`);
    if (ids.has(id)) throw invalid(`The values for parameter id in MetricDataQueries are not unique.`);
    ids.add(id);
    if (query.Expression !== undefined) throw invalid("Millrace carries out no metric math: Expression is refused.");
    if (asked?.Metric === undefined) throw missing("MetricStat");
    const { Stat: statistic = "" } = asked;
    if (!isStatistic(statistic)) throw invalid(`Millrace keeps ${statistics.join(", ")}, and not ${statistic}.`);
    const span = spanOf({ StartTime: request.StartTime, EndTime: request.EndTime, Period: asked.Period });
    const { name, points } = pointsOf(metrics, asked.Metric, { ...span, unit: asked.Unit });
    const inOrder = ScanBy === "TimestampAscending" ? points : points.toReversed();
    const values = inOrder.map((point) => [point.atMs, valueOf(point, statistic)] as const);
    return { id, label: query.Label ?? name, isShown: query.ReturnData !== false, values };
  });
  return dataPage(
    all.filter(({ isShown }) => isShown),
    { start: NextToken === undefined ? 0 : placeOf(NextToken), most },
  );
}

const invalid = (text: string): CloudWatchRefusal => new CloudWatchRefusal("ValidationError", text);

interface DataRow {
  readonly id: string;
  readonly label: string;
  readonly values: readonly (readonly [atMs: number, value: number])[];
}

/** The points of all queries, one behind another, from `start` on, `most` of them. */
function dataPage(
  rows: readonly DataRow[],
  { start, most }: { readonly start: number; readonly most: number },
): WireObject {
  let skip = start;
  let left = most;
  const total = rows.reduce((sum, { values }) => sum + values.length, 0);
  const results = rows.map(({ id, label, values }) => {
    const from = Math.min(skip, values.length);
    skip -= from;
    const taken = values.slice(from, from + left);
    left -= taken.length;
    return {
      Id: id,
      Label: label,
      Timestamps: taken.map(([atMs]) => new Instant(atMs)),
      Values: taken.map(([, value]) => value),
      StatusCode: from + taken.length < values.length ? "PartialData" : "Complete",
    };
  });
  const end = start + most;
  return { MetricDataResults: results, Messages: [], ...(end < total ? { NextToken: tokenOf(end) } : {}) };
}
