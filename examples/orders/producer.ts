// Sends orders to the stream `orders`, about four a second: a rush now and then, so that a batch is closed by its size, and an order
// without a payment, which the handler cannot book. It speaks to the endpoint as any Kinesis client does. `npm start` runs it in a
// thread; by itself: AWS_ENDPOINT_URL=http://127.0.0.1:4566 npx node examples/orders/producer.ts

import { setTimeout as sleep } from "node:timers/promises";
import { parentPort } from "node:worker_threads";
import type { Basket, Order } from "./order.ts";

const endpoint = process.env["AWS_ENDPOINT_URL"] ?? "http://127.0.0.1:4566";
const BEAT_MS = 250;
/** In beats. The first poison record comes when batches have been seen to succeed. */
const FIRST_POISON = 14;
const POISON_EVERY = 100;
const RUSH_EVERY = 40;
const RUSH_RECORDS = 24;
const MOST_FAILURES = 20;

const customers = ["ada", "ben", "chen", "dana", "eli", "farah", "gus", "hana"];
const articles = ["lamp", "chair", "kettle", "rug", "clock"];
let orderNumber = 7_000 + (Math.floor(Date.now() / 1_000) % 1_000);

const pick = <T>(list: readonly T[]): T => list[Math.floor(Math.random() * list.length)] as T;

function anOrder(): Order {
  orderNumber += 1;
  const pieces = 1 + Math.floor(Math.random() * 4);
  return {
    type: "order",
    id: `order-${orderNumber}`,
    customer: pick(customers),
    lines: [{ article: pick(articles), pieces }],
    payment: {
      method: Math.random() < 0.7 ? "card" : "transfer",
      total: Math.round(pieces * (20 + Math.random() * 230) * 100) / 100,
    },
  };
}

function aPoisonOrder(): Omit<Order, "payment"> {
  const { payment: _forgotten, ...order } = anOrder();
  return order;
}

function aBasket(): Basket {
  return {
    type: "basket",
    id: `basket-${orderNumber}-${Math.floor(Math.random() * 1_000)}`,
    customer: pick(customers),
  };
}

type Document = { readonly id: string };

async function send(documents: readonly Document[]): Promise<void> {
  const answer = await fetch(endpoint, {
    method: "POST",
    headers: { "content-type": "application/x-amz-json-1.1", "x-amz-target": "Kinesis_20131202.PutRecords" },
    body: JSON.stringify({
      StreamName: "orders",
      Records: documents.map((document) => ({
        Data: Buffer.from(JSON.stringify(document)).toString("base64"),
        PartitionKey: document.id,
      })),
    }),
  });
  if (!answer.ok) throw new Error(`${answer.status} ${await answer.text()}`);
  await answer.arrayBuffer();
}

function documentsOf(beat: number): readonly Document[] {
  if (beat % RUSH_EVERY === 0) return Array.from({ length: RUSH_RECORDS }, anOrder);
  if (beat >= FIRST_POISON && (beat - FIRST_POISON) % POISON_EVERY === 0) return [anOrder(), aPoisonOrder(), anOrder()];
  return [Math.random() < 0.2 ? aBasket() : anOrder()];
}

// Millrace's live view sends this when `x` is pressed.
parentPort?.on("message", (message) => {
  if (message === "poison") void send([anOrder(), aPoisonOrder(), anOrder()]).catch(() => undefined);
});

let failures = 0;
for (let beat = 0; failures < MOST_FAILURES; beat += 1) {
  try {
    await send(documentsOf(beat));
    failures = 0;
  } catch (error) {
    failures += 1;
    // A server that has gone for good ends the producer too.
    if (failures === MOST_FAILURES) console.error(`the producer ends: ${String(error)}`);
  }
  await sleep(BEAT_MS);
}
