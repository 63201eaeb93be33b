// The thread that sends a load run's records: its own event loop, so that neither drawing nor reading the journal makes it late.

import { parentPort, workerData } from "node:worker_threads";
import { MillraceError } from "../src/errors.ts";
import type { SentRecord } from "../src/load/observation.ts";
import type { PlannedRecord } from "../src/load/plan/planned-record.ts";
import { measureCeiling, sendPaced } from "../src/load/sending/pacing.ts";
import type { Outlet, SendTarget } from "../src/load/sending/send-target.ts";
import type { FromSender, SenderBoot, ToSender } from "../src/load/sending/sender-protocol.ts";
import { createSystemClock } from "../src/platform/system-clock.ts";
import { heldMessages } from "../src/wiring/load/held-messages.ts";
import { recordFilter } from "../src/wiring/load/live-filter.ts";
import { plannedRecords } from "../src/wiring/load/planned-records.ts";
import { dynamodbOutlet, kinesisOutlet, sqsOutlet } from "./load/aws-outlets.ts";
import { activeMqOutlet, rabbitMqOutlet } from "./load/amqp-outlets.ts";
import { embeddedDocumentDbOutlet, embeddedKafkaOutlet, embeddedMqOutlet } from "./load/embedded-outlets.ts";
import { kafkaOutlet } from "./load/kafka-outlet.ts";
import { mongoOutlet } from "./load/mongo-outlet.ts";
import { createPoster } from "./load/post.ts";

/** Calls that are out at once. */
const MOST_IN_FLIGHT = 32;
const CEILING_MS = 400;
/** Records of the plan that the ceiling's calls are made of. */
const LIKE_COUNT = 1_000;
/** What was taken is told this often. */
const TELL_MS = 100;

const owner = parentPort;
if (owner === null) throw new MillraceError("protocol-broken", "workers/load-sender.ts runs in a thread only");
const clock = createSystemClock();
const boot = workerData as SenderBoot;
const stop = new AbortController();
const tell = (message: FromSender): void => owner.postMessage(message);

async function outletOf(target: SendTarget): Promise<Outlet> {
  switch (target.kind) {
    case "rabbitmq":
      return rabbitMqOutlet(target);
    case "activemq":
      return activeMqOutlet(target);
    case "kafka":
      return kafkaOutlet(target);
    case "mongo":
      return mongoOutlet(target, () => clock.nowMs());
    default:
      break;
  }
  const poster = createPoster(target.url, MOST_IN_FLIGHT);
  const closing = (outlet: Outlet): Outlet => ({ ...outlet, close: async () => poster.close() });
  switch (target.kind) {
    case "kinesis":
      return closing(kinesisOutlet(target, poster));
    case "dynamodb":
      return closing(dynamodbOutlet(target, poster));
    case "sqs":
      return closing(sqsOutlet(target, poster));
    case "embeddedMq":
      return closing(embeddedMqOutlet(target, poster));
    case "embeddedKafka": {
      const outlet = embeddedKafkaOutlet(target, poster);
      // A topic is there once something, or nothing, has been sent to it. A server that does not know the cluster yet learns it by the mapping.
      await outlet.send([]).catch(() => undefined);
      return closing(outlet);
    }
    case "embeddedDocumentDb":
      return closing(embeddedDocumentDbOutlet(target, poster));
  }
}

/** The first records of the plan, without reading further than that. */
function firstRecords(): readonly PlannedRecord[] {
  const found: PlannedRecord[] = [];
  for (const record of plannedRecords(boot.plan)) {
    found.push(record);
    if (found.length === LIKE_COUNT) break;
  }
  return found;
}

async function ceiling(): Promise<number | null> {
  if (boot.scratch === null) return null;
  const outlet = await outletOf(boot.scratch);
  try {
    const like = firstRecords();
    return await measureCeiling(outlet, { like, mostInFlight: MOST_IN_FLIGHT, forMs: CEILING_MS, clock });
  } finally {
    await outlet.discard?.();
    await outlet.close();
  }
}

let taken: SentRecord[] = [];
let refusedCount = 0;
function tellTaken(): void {
  if (taken.length === 0 && refusedCount === 0) return;
  tell({ kind: "sent", records: taken, refusedCount });
  taken = [];
  refusedCount = 0;
}

async function run({ startAtMs, filterPatterns }: ToSender & { readonly kind: "send" }, outlet: Outlet): Promise<void> {
  const telling = setInterval(tellTaken, TELL_MS);
  try {
    await sendPaced({
      records: plannedRecords(boot.plan),
      outlet,
      clock,
      startAtMs,
      mostInFlight: MOST_IN_FLIGHT,
      signal: stop.signal,
      matches: recordFilter(boot.plan.source, filterPatterns),
      onTaken(records, newlyRefused) {
        taken.push(...records);
        refusedCount += newlyRefused;
      },
    });
  } finally {
    clearInterval(telling);
    tellTaken();
    await outlet.close();
  }
}

function fail(error: unknown): void {
  const known = error instanceof MillraceError ? error : null;
  const message = error instanceof Error ? error.message : String(error);
  tell({ kind: "failed", code: known?.code ?? "thread-failed", message, help: known?.help ?? null });
  owner?.close();
}

try {
  const ceilingPerSecond = await ceiling();
  const outlet = await outletOf(boot.target);
  const heldCount = (await outlet.heldCount?.()) ?? 0;
  if (heldCount > 0) {
    await outlet.close();
    throw heldMessages(boot.plan.source.text, heldCount);
  }
  owner.on("message", (message: ToSender) => {
    if (message.kind === "stop") {
      stop.abort();
      return;
    }
    run(message, outlet).then(() => {
      tell({ kind: "done" });
      owner.close();
    }, fail);
  });
  tell({ kind: "ready", ceilingPerSecond });
} catch (error) {
  fail(error);
}
