// The handlers of the example: plain Lambda handlers, with nothing of Millrace in them.

import type { Context, KinesisStreamEvent } from "aws-lambda";
import type { Basket, Order } from "../order.ts";

const BIG_TOTAL = 900;

/** Books each order. One without a payment throws, as careless code does: that is the poison record. */
export async function process(event: KinesisStreamEvent, context: Context): Promise<void> {
  for (const record of event.Records) {
    const order = parse<Order>(record.kinesis.data);
    const total = order.payment.total;
    if (total > BIG_TOTAL) {
      const currency = globalThis.process.env["CURRENCY"] ?? "";
      console.log(`big order ${order.id}: ${total.toFixed(2)} ${currency} (${context.functionName})`);
    }
  }
}

/** Counts what passes, orders and baskets. */
export async function audit(event: KinesisStreamEvent): Promise<{ readonly seen: number }> {
  const seen = event.Records.map((record) => parse<Order | Basket>(record.kinesis.data));
  return { seen: seen.length };
}

function parse<T>(data: string): T {
  return JSON.parse(Buffer.from(data, "base64").toString("utf8")) as T;
}
