// Sends something to each source of the example every second: to a broker as its own clients do, else through the server's local calls.
// `npm run example:brokers` runs it; by itself: AWS_ENDPOINT_URL=http://127.0.0.1:4566 npx node examples/brokers/producer.ts

import { setTimeout as sleep } from "node:timers/promises";

const endpoint = process.env["AWS_ENDPOINT_URL"] ?? "http://127.0.0.1:4566";
const { RABBITMQ_URL, ACTIVEMQ_URL, KAFKA_SERVERS, MONGODB_URL } = process.env;
const BEAT_MS = 1_000;

type Send = (number: number) => Promise<unknown>;

async function post(path: string, body: unknown, headers: Readonly<Record<string, string>> = {}): Promise<void> {
  const answer = await fetch(`${endpoint}${path}`, {
    method: "POST",
    headers: { "content-type": "application/json", ...headers },
    body: JSON.stringify(body),
  });
  const said = await answer.text();
  if (!answer.ok) throw new Error(`${path || "/"}: ${answer.status} ${said}`);
}

const aws = (target: string, version: string) => ({
  "content-type": `application/x-amz-json-${version}`,
  "x-amz-target": target,
});

/** The server puts these into Redis where it has one. */
const click: Send = (number) => {
  const record = { StreamName: "clicks", PartitionKey: `user-${number % 3}`, Data: btoa(`/articles/${number}`) };
  return post("", record, aws("Kinesis_20131202.PutRecord", "1.1"));
};
const mail: Send = (number) => {
  const message = { QueueUrl: `${endpoint}/000000000000/mails`, MessageBody: `Welcome, customer ${number}` };
  return post("", message, aws("AmazonSQS.SendMessage", "1.0"));
};

async function shipmentSender(): Promise<Send> {
  const record = (number: number) => ({ key: `order-${number % 5}`, value: `parcel-${number}` });
  if (KAFKA_SERVERS === undefined) {
    return (number) => post("/_millrace/kafka/shop/shipments", { records: [record(number)] });
  }
  const { Kafka, logLevel } = await import("kafkajs");
  const client = new Kafka({ brokers: KAFKA_SERVERS.split(","), logLevel: logLevel.NOTHING });
  const admin = client.admin();
  await admin.connect();
  await admin.createTopics({ topics: [{ topic: "shipments", numPartitions: 3 }] });
  await admin.disconnect();
  const producer = client.producer();
  await producer.connect();
  return (number) => producer.send({ topic: "shipments", messages: [record(number)] });
}

async function invoiceSender(): Promise<Send> {
  const text = (number: number) => `invoice-${number}`;
  if (RABBITMQ_URL === undefined) {
    return (number) =>
      post("/_millrace/brokers/shop-rabbitmq/invoices?engine=rabbitmq", { messages: [{ text: text(number) }] });
  }
  const { connect } = await import("amqplib");
  const channel = await (await connect(RABBITMQ_URL.replace("//", "//guest:guest@"))).createConfirmChannel();
  await channel.assertQueue("invoices");
  return async (number) => {
    channel.sendToQueue("invoices", Buffer.from(text(number)), { persistent: true });
    await channel.waitForConfirms();
  };
}

async function returnSender(): Promise<Send> {
  const text = (number: number) => `parcel-${number} came back`;
  if (ACTIVEMQ_URL === undefined) {
    return (number) =>
      post("/_millrace/brokers/shop-activemq/returns?engine=activemq", { messages: [{ text: text(number) }] });
  }
  const { default: rhea } = await import("rhea");
  const { hostname, port } = new URL(ACTIVEMQ_URL);
  const connection = rhea
    .create_container()
    .connect({ host: hostname, port: Number(port), username: "admin", password: "admin" });
  const sender = connection.open_sender("returns");
  return async (number) => void sender.send({ body: text(number), durable: true });
}

async function customerSender(): Promise<Send> {
  const document = (number: number) => ({ _id: `customer-${Date.now()}-${number}`, name: `Customer ${number}` });
  if (MONGODB_URL === undefined) {
    return (number) =>
      post("/_millrace/documentdb/shop/shop/customers", { operations: [{ op: "insert", document: document(number) }] });
  }
  const { MongoClient } = await import("mongodb");
  const client = await new MongoClient(MONGODB_URL).connect();
  const customers = client.db("shop").collection<{ _id: string; name: string }>("customers");
  return (number) => customers.insertOne(document(number));
}

const makers = [async () => click, async () => mail, shipmentSender, invoiceSender, returnSender, customerSender];
// Each by itself: a broker that is away holds up no other.
await Promise.all(
  makers.map(async (make) => {
    const send = await make();
    for (let number = 1; ; number += 1) {
      await send(number).catch((error: unknown) => console.error(`not sent: ${String(error)}`));
      await sleep(BEAT_MS);
    }
  }),
);
