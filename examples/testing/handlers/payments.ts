// Plain Lambda handlers, with nothing of Millrace in them.

import type { KinesisStreamEvent } from "aws-lambda";

interface Payment {
  readonly id: string;
  readonly amount: number;
}

/** Books payments by whatever is given; a payment without an amount is an error. */
export function bookWith(book: (payment: Payment) => Promise<void>) {
  return async (event: KinesisStreamEvent): Promise<void> => {
    for (const payment of paymentsOf(event)) {
      if (!Number.isFinite(payment.amount)) throw new TypeError(`payment ${payment.id} has no amount`);
      await book(payment);
    }
  };
}

interface WindowedEvent extends KinesisStreamEvent {
  readonly state: { readonly sum?: number };
  readonly isFinalInvokeForWindow: boolean;
}

/** Adds up the payments of a window, and tells the sum at its end. */
export function sumWith(tell: (sum: number) => void) {
  return (event: WindowedEvent) => {
    const sum = paymentsOf(event).reduce((total, { amount }) => total + amount, event.state.sum ?? 0);
    if (event.isFinalInvokeForWindow) tell(sum);
    return Promise.resolve({ state: { sum } });
  };
}

const paymentsOf = (event: KinesisStreamEvent): readonly Payment[] =>
  event.Records.map(({ kinesis }) => JSON.parse(Buffer.from(kinesis.data, "base64").toString("utf8")) as Payment);
