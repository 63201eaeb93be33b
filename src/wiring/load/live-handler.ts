// The function of a live load run whose plan has only a model of one: the text of a handler module that takes its time and fails as often as
// it is told to. It imports nothing, so that it can be uploaded as it stands.

import { MillraceError } from "../../errors.ts";
import type { HandlerModel, LoadPlan, PlannedSource } from "../../load/plan/plan.ts";

/** Throws `bad-argument` where a real function cannot do what the model says. */
export function liveHandlerText(plan: LoadPlan, model: HandlerModel): string {
  if (model.throttleShare > 0)
    throw new MillraceError(
      "bad-argument",
      "a share of calls that are throttled is for simulated runs: no real function throttles by chance",
      {
        help: "reservedConcurrency: 1    # of `function`: the calls beyond it are throttled",
      },
    );
  const known = {
    took: model.took,
    perRecordMs: model.perRecordMs,
    coldStartMs: model.coldStartMs,
    errorShare: model.errorShare,
    onPoison: model.onPoison,
    isPoisoned: plan.send.poisonShare > 0,
    kind: plan.source.kind,
    seed: plan.seed,
  };
  return `const model = ${JSON.stringify(known)};\n${CODE[plan.source.kind]}${COMMON}`;
}

/** \`recordsOf(event)\`: of each record its data's text, and by what an answer names it. */
const CODE: Readonly<Record<PlannedSource["kind"], string>> = {
  kinesis: `const recordsOf = (event) => event.Records.map((each) => [Buffer.from(each.kinesis.data, "base64").toString(), each.kinesis.sequenceNumber]);
`,
  dynamodb: `const recordsOf = (event) => event.Records.map((each) => {
  const { NewImage = {}, SequenceNumber } = each.dynamodb;
  return [NewImage.poison?.BOOL === true ? '"poison":true' : "", SequenceNumber];
});
`,
  sqs: `const recordsOf = (event) => event.Records.map((each) => [each.body, each.messageId]);
`,
  rabbitmq: `const recordsOf = (event) => Object.values(event.rmqMessagesByQueue).flat().map((each) => [Buffer.from(each.data, "base64").toString(), ""]);
`,
  activemq: `const recordsOf = (event) => event.messages.map((each) => [Buffer.from(each.data, "base64").toString(), each.messageID]);
`,
  kafka: `const recordsOf = (event) => Object.values(event.records).flat().map((each) => [
  Buffer.from(each.value ?? "", "base64").toString(),
  { topic: each.topic, partition: each.partition, offset: each.offset },
]);
`,
  documentdb: `const recordsOf = (event) => event.events.map(({ event: each }) => [JSON.stringify(each.fullDocument ?? {}), each._id._data]);
`,
};

const COMMON = `
// A stream of chance for each thread of the function.
let state = (model.seed ^ Math.floor(Math.random() * 4294967296)) >>> 0;
function random() {
  state = (state + 0x6d2b79f5) >>> 0;
  let t = state;
  t = Math.imul(t ^ (t >>> 15), t | 1);
  t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
  return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
}
const normal = () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
function tookMs() {
  const { took } = model;
  switch (took.kind) {
    case "fixed":
      return took.ms;
    case "between":
      return took.minMs + random() * (took.maxMs - took.minMs);
    case "normal":
      return Math.max(0, took.meanMs + normal() * took.deviationMs);
    default:
      return took.p50Ms * Math.exp((normal() * Math.log(took.p99Ms / took.p50Ms)) / 2.3263478740408408);
  }
}
let isCold = true;
export async function handler(event) {
  const records = recordsOf(event);
  const ms = tookMs() + model.perRecordMs * records.length + (isCold ? model.coldStartMs : 0);
  isCold = false;
  if (ms >= 0.5) await new Promise((resolve) => setTimeout(resolve, ms));
  if (model.errorShare > 0 && random() < model.errorShare) throw new Error("the plan's share of errors");
  if (!model.isPoisoned) return null;
  const poisoned = records.filter(([text]) => text.includes('"poison":true'));
  if (poisoned.length === 0) return { batchItemFailures: [] };
  if (model.onPoison === "throw") throw new Error("a poisoned record");
  return { batchItemFailures: poisoned.map(([, itemIdentifier]) => ({ itemIdentifier })) };
}
`;
