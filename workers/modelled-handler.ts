// The handler of a live load run whose plan has only a model of its function: it takes its time, and fails as often as it is told to. Its text
// is put into the function's module as it stands (src/wiring/load/live-handler.ts), so it imports nothing.

export interface LiveModel {
  readonly kind: "kinesis" | "dynamodb" | "sqs" | "rabbitmq" | "activemq" | "kafka" | "documentdb";
  readonly took:
    | { readonly kind: "fixed"; readonly ms: number }
    | { readonly kind: "between"; readonly minMs: number; readonly maxMs: number }
    | { readonly kind: "normal"; readonly meanMs: number; readonly deviationMs: number }
    | { readonly kind: "lognormal"; readonly p50Ms: number; readonly p99Ms: number };
  readonly perRecordMs: number;
  readonly coldStartMs: number;
  readonly errorShare: number;
  readonly onPoison: "throw" | "report";
  /** False: no record is, and none is looked at. */
  readonly isPoisoned: boolean;
}

/** The 99th percentile of the standard normal distribution. */
const Z99 = 2.326_347_874_040_840_8;
const POISON = '"poison":true';

type Found = readonly [isPoison: boolean, identifier: unknown];
type Members = Readonly<Record<string, unknown>>;

export function modelledHandler(model: LiveModel): (event: Members) => Promise<unknown> {
  let isCold = true;
  return async (event) => {
    const records = recordsIn(event, model.kind);
    const ms = tookMs(model) + model.perRecordMs * records.length + (isCold ? model.coldStartMs : 0);
    isCold = false;
    if (ms >= 0.5) await new Promise((resolve) => setTimeout(resolve, ms));
    if (model.errorShare > 0 && Math.random() < model.errorShare) throw new Error("the plan's share of errors");
    // A call within a tumbling window must answer a state (W-7).
    const state = event["window"] === undefined ? null : { state: event["state"] ?? {} };
    if (!model.isPoisoned) return state;
    const poisoned = records.map((each) => foundIn(each, model.kind)).filter(([isPoison]) => isPoison);
    if (poisoned.length > 0 && model.onPoison === "throw") throw new Error("a poisoned record");
    return { ...state, batchItemFailures: poisoned.map(([, itemIdentifier]) => ({ itemIdentifier })) };
  };
}

function recordsIn(event: Members, kind: LiveModel["kind"]): readonly Members[] {
  switch (kind) {
    case "rabbitmq":
      return Object.values(Object(event["rmqMessagesByQueue"])).flat() as Members[];
    case "kafka":
      return Object.values(Object(event["records"])).flat() as Members[];
    case "activemq":
      return event["messages"] as Members[];
    case "documentdb":
      return (event["events"] as { event: Members }[]).map((each) => each.event);
    default:
      return event["Records"] as Members[];
  }
}

function foundIn(record: Members, kind: LiveModel["kind"]): Found {
  const inner = (value: unknown, name: string): unknown => Reflect.get(Object(value), name);
  const ofBase64 = (value: unknown): boolean =>
    Buffer.from(typeof value === "string" ? value : "", "base64")
      .toString()
      .includes(POISON);
  switch (kind) {
    case "kinesis":
      return [ofBase64(inner(record["kinesis"], "data")), inner(record["kinesis"], "sequenceNumber")];
    case "dynamodb":
      return [
        inner(inner(inner(record["dynamodb"], "NewImage"), "poison"), "BOOL") === true,
        inner(record["dynamodb"], "SequenceNumber"),
      ];
    case "sqs":
      return [String(record["body"]).includes(POISON), record["messageId"]];
    case "kafka": {
      const { topic, partition, offset } = record;
      return [ofBase64(record["value"]), { partition: `${String(topic)}-${String(partition)}`, offset }];
    }
    case "activemq":
      return [ofBase64(record["data"]), record["messageID"]];
    case "rabbitmq":
      return [ofBase64(record["data"]), ""];
    case "documentdb":
      return [inner(record["fullDocument"], "poison") === true, inner(record["_id"], "_data")];
  }
}

function tookMs({ took }: LiveModel): number {
  switch (took.kind) {
    case "fixed":
      return took.ms;
    case "between":
      return took.minMs + Math.random() * (took.maxMs - took.minMs);
    case "normal":
      return Math.max(0, took.meanMs + normal() * took.deviationMs);
    case "lognormal":
      return took.p50Ms * Math.exp((normal() * Math.log(took.p99Ms / took.p50Ms)) / Z99);
  }
}

const normal = (): number => Math.sqrt(-2 * Math.log(1 - Math.random())) * Math.cos(2 * Math.PI * Math.random());
