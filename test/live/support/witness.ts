// Sees every call of the handler `told.ts` while it runs, and tells it what to do; so a test holds calls open, fails them and counts
// them by events instead of by time.

import { createServer } from "node:http";
import type { DynamoDBRecord, KinesisStreamRecord, SQSRecord } from "aws-lambda";
import { onTestFinished } from "vitest";

export type Order =
  | { readonly do: "return"; readonly value: unknown }
  | { readonly do: "throw"; readonly message: string }
  | { readonly do: "exit" | "spin" | "fill" };

export interface SeenKafkaRecord {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  readonly key?: string;
  readonly value?: string;
}

export interface SeenEvent {
  readonly Records: readonly KinesisStreamRecord[];
  /** Of Kafka, in place of `Records`. */
  readonly records?: Readonly<Record<string, readonly SeenKafkaRecord[]>>;
  readonly window?: { readonly start: string; readonly end: string };
  readonly state?: Readonly<Record<string, unknown>>;
  readonly isFinalInvokeForWindow?: boolean;
}

export interface Delivery {
  readonly functionName: string;
  readonly requestId: string;
  /** What the function's environment has as VARIABLE. */
  readonly variable: string | null;
  readonly event: SeenEvent;
  /** The records' data as text; of a table's stream the keys of the items; of Kafka their values, `null` where there is none. */
  readonly texts: readonly string[];
}

export type Decide = (delivery: Delivery) => Order | Promise<Order>;

export interface Witness {
  readonly url: string;
  /** In the order in which the calls began. */
  readonly deliveries: readonly Delivery[];
  /** Texts of all records seen so far, in order, for one function or for all. */
  texts(functionName?: string): readonly string[];
  /** What the handler does from now on; at first it returns null. */
  orders(decide: Decide): void;
  /** Resolves once the deliveries are such. */
  sees(isSo: (deliveries: readonly Delivery[]) => boolean): Promise<void>;
}

export const goOn: Order = { do: "return", value: null };

/** A point at which calls wait until the test opens it. */
export interface Gate {
  readonly opened: Promise<void>;
  open(): void;
}

export function aGate(): Gate {
  const { promise, resolve } = Promise.withResolvers<void>();
  return { opened: promise, open: () => resolve() };
}

export async function aWitness(): Promise<Witness> {
  const deliveries: Delivery[] = [];
  const lookers = new Set<() => void>();
  let decide: Decide = () => goOn;
  const server = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on("data", (part: Buffer) => parts.push(part));
    request.on("end", () => {
      const said = JSON.parse(Buffer.concat(parts).toString()) as Omit<Delivery, "texts">;
      const delivery = { ...said, texts: textsOf(said.event) };
      deliveries.push(delivery);
      // What the handler is to do is settled before those who wait may say otherwise.
      const order = Promise.resolve(decide(delivery));
      for (const look of lookers) look();
      void order.then((told) => response.end(JSON.stringify(told)));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(async () => {
    const closed = new Promise((resolve) => server.close(resolve));
    server.closeAllConnections();
    await closed;
  });
  const address = server.address();
  return {
    url: `http://127.0.0.1:${typeof address === "object" && address !== null ? address.port : 0}`,
    deliveries,
    texts: (functionName) =>
      deliveries
        .filter((each) => functionName === undefined || each.functionName === functionName)
        .flatMap(({ texts }) => texts),
    orders(next) {
      decide = next;
    },
    sees: (isSo) =>
      new Promise((resolve) => {
        const look = (): void => {
          if (!isSo(deliveries)) return;
          lookers.delete(look);
          resolve();
        };
        lookers.add(look);
        look();
      }),
  };
}

function textsOf({ Records, records }: SeenEvent): readonly string[] {
  if (records === undefined) return Records.map(textOf);
  return Object.values(records)
    .flat()
    .map(({ value }) => (value === undefined ? "null" : Buffer.from(value, "base64").toString()));
}

/** Of a change to an item its key `id`. */
function textOf(record: KinesisStreamRecord | DynamoDBRecord | SQSRecord): string {
  if ("body" in record) return record.body;
  if ("kinesis" in record) return Buffer.from(record.kinesis.data, "base64").toString();
  return record.dynamodb?.Keys?.["id"]?.S ?? "";
}
