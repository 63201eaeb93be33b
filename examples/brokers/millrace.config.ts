// One function behind each kind of broker. Where a broker is, a variable says; without its variable a source is embedded, so that the
// example runs with no broker at all. `npm run example:brokers` starts what can be had and sets them.

import type { ConfigFile } from "../../src/index.ts";

const { RABBITMQ_URL, ACTIVEMQ_URL, KAFKA_SERVERS, MONGODB_URL } = process.env;
const account = "us-east-1:000000000000";

const rabbitmq = `arn:aws:mq:${account}:broker:shop-rabbitmq:b-1`;
const activemq = `arn:aws:mq:${account}:broker:shop-activemq:b-2`;
const kafka = `arn:aws:kafka:${account}:cluster/shop/0b1c6f5a-0000-4000-8000-000000000001-1`;
const documentdb = `arn:aws:rds:${account}:cluster:shop`;
const secret = (name: string) => `arn:aws:secretsmanager:${account}:secret:${name}-abcdef`;
const login = (name: string) => [{ Type: "BASIC_AUTH", URI: secret(name) }];

export default {
  functions: {
    clicks: { Handler: "handlers/clicks.handler" },
    mails: { Handler: "handlers/mails.handler" },
    shipments: { Handler: "handlers/shipments.handler" },
    invoices: { Handler: "handlers/invoices.handler" },
    returns: { Handler: "handlers/returns.handler" },
    customers: { Handler: "handlers/customers.handler" },
  },
  // These two are in Redis where MILLRACE_REDIS_URL names one.
  streams: { clicks: { shards: 2 } },
  queues: ["mails"],
  sources: {
    [rabbitmq]: { engine: "RABBITMQ", ...(RABBITMQ_URL === undefined ? {} : { url: RABBITMQ_URL }) },
    [activemq]: { engine: "ACTIVEMQ", ...(ACTIVEMQ_URL === undefined ? {} : { url: ACTIVEMQ_URL }) },
    [kafka]: { engine: "KAFKA", ...(KAFKA_SERVERS === undefined ? {} : { servers: KAFKA_SERVERS.split(",") }) },
    [documentdb]: { engine: "DOCDB", ...(MONGODB_URL === undefined ? {} : { url: MONGODB_URL }) },
  },
  secrets: {
    [secret("rabbitmq")]: { username: "guest", password: "guest" },
    [secret("activemq")]: { username: "admin", password: "admin" },
    // Nobody logs in: the replica set of docker-compose.yml has no users.
    [secret("mongodb")]: { username: "", password: "" },
  },
  mappings: [
    { EventSourceArn: "kinesis:clicks", FunctionName: "clicks", StartingPosition: "TRIM_HORIZON" },
    { EventSourceArn: "sqs:mails", FunctionName: "mails" },
    { EventSourceArn: kafka, Topics: ["shipments"], FunctionName: "shipments", StartingPosition: "TRIM_HORIZON" },
    {
      EventSourceArn: rabbitmq,
      Queues: ["invoices"],
      FunctionName: "invoices",
      SourceAccessConfigurations: login("rabbitmq"),
    },
    {
      EventSourceArn: activemq,
      Queues: ["returns"],
      FunctionName: "returns",
      SourceAccessConfigurations: login("activemq"),
    },
    {
      EventSourceArn: documentdb,
      FunctionName: "customers",
      StartingPosition: "LATEST",
      DocumentDBEventSourceConfig: { DatabaseName: "shop", CollectionName: "customers" },
      SourceAccessConfigurations: login("mongodb"),
    },
  ],
} satisfies ConfigFile;
