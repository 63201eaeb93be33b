// What a configuration says of a source that is a broker or a cluster: its engine, where it is, and how its mappings read it. Without an
// address it is embedded.

import { z } from "zod";
import { about, form, text, whole } from "./schema-parts.ts";

/** The engines that may run behind each form of key. */
export const enginesByKey: readonly { readonly key: RegExp; readonly engines: readonly SourceEngine[] }[] = [
  { key: /^arn:[\w-]+:mq:[\w-]+:\d{12}:broker:.+$/, engines: ["ACTIVEMQ", "RABBITMQ"] },
  { key: /^arn:[\w-]+:kafka:[\w-]+:\d{12}:(?:cluster|vpc-connection)\/.+$/, engines: ["KAFKA"] },
  { key: /^kafka:\/\/[^\s,/@]+:\d{1,5}(?:,[^\s,/@]+:\d{1,5}){0,9}$/, engines: ["KAFKA"] },
  { key: /^arn:[\w-]+:rds:[\w-]+:\d{12}:cluster:.+$/, engines: ["DOCDB"] },
];

export type SourceEngine = "ACTIVEMQ" | "RABBITMQ" | "KAFKA" | "DOCDB";

export const sourceArn = text(
  new RegExp(enginesByKey.map(({ key }) => key.source).join("|")),
  "the ARN of an Amazon MQ broker, an MSK cluster or a DocumentDB cluster, or kafka://HOST:PORT[,HOST:PORT] as mappings name their servers; of other sources there is nothing to say",
  "A source, by its ARN or its servers",
);
export const sourceSchema = z.strictObject({
  engine: z
    .enum(["ACTIVEMQ", "RABBITMQ", "KAFKA", "DOCDB"])
    .meta(
      about(
        "What runs there; of an Amazon MQ broker its ARN does not tell it, and its mappings are judged by it",
        form("ACTIVEMQ or RABBITMQ of a broker, KAFKA or DOCDB of a cluster"),
      ),
    ),
  url: z
    .string()
    .min(1)
    .meta(
      about(
        "Where the broker, or DocumentDB's server, is, without a user: mappings name a secret; absent: it is embedded",
        form("amqp://HOST:PORT or amqps://HOST:PORT; mongodb://HOST:PORT[,HOST:PORT]/[?options] of DOCDB"),
      ),
    )
    .optional(),
  servers: z
    .array(z.string().meta(about("A server", form("HOST:PORT"))))
    .min(1)
    .meta(
      about(
        "KAFKA: where the cluster's servers are reached from here; absent: the cluster is embedded",
        form("a list of HOST:PORT"),
      ),
    )
    .optional(),
  tls: z
    .boolean()
    .meta(
      about(
        "KAFKA: whether its servers are spoken to over TLS; default: true where the mapping names a login or a certificate, or there is a `caFile`",
        form("true or false"),
      ),
    )
    .optional(),
  caFile: z
    .string()
    .min(1)
    .meta(about("File of a private CA's certificate, from the configuration file's folder", form("a PEM file")))
    .optional(),
  consumers: whole(
    1,
    100,
    "consumers",
    "Batches of a mapping in flight at once; default: RabbitMQ 1, ActiveMQ 5",
  ).optional(),
  onFailure: z
    .enum(["hold", "requeue"])
    .meta(
      about(
        "RabbitMQ: what follows a call that failed: the batch is kept and tried again, or all goes back to the queue; default: hold",
        form("hold or requeue"),
      ),
    )
    .optional(),
  consumerTimeoutSeconds: whole(
    61,
    86_400,
    "seconds",
    "RabbitMQ: its consumer_timeout; what is held goes back a minute before; default: 1800",
  ).optional(),
  redeliveries: whole(0, 1_000, "calls", "ActiveMQ: calls that follow a failed one; default: 6").optional(),
  redeliveryPauseMs: whole(0, 3_600_000, "ms", "ActiveMQ: pause before each of them; default: 1000").optional(),
  eventSource: z
    .enum(["aws:mq", "aws:amq"])
    .meta(
      about(
        "ActiveMQ: `eventSource` of the event, of which AWS's own accounts differ; default: aws:mq",
        form("aws:mq or aws:amq"),
      ),
    )
    .optional(),
  expiration: z
    .enum(["number", "string"])
    .meta(
      about(
        "ActiveMQ: what `expiration` of a message is in the event, epoch ms either way; default: number",
        form("number or string"),
      ),
    )
    .optional(),
  mixPartitions: z
    .boolean()
    .meta(about("KAFKA: whether a batch may hold records of several partitions; default: true", form("true or false")))
    .optional(),
  callsAPoller: whole(1, 100, "calls", "KAFKA: batches of a poller in flight at once; default: 5").optional(),
  partialAnswers: z
    .enum(["checkpoint", "items"])
    .meta(
      about(
        "KAFKA: what is tried again after an answer that names failed records: of each partition all from the first of them on, or they alone; default: checkpoint",
        form("checkpoint or items"),
      ),
    )
    .optional(),
  errorControlsWithoutProvisioned: z
    .boolean()
    .meta(
      about(
        "KAFKA: whether retry limit, record age, bisect and partial answers count without ProvisionedPollerConfig, too; default: false",
        form("true or false"),
      ),
    )
    .optional(),
  keepServerFields: z
    .boolean()
    .meta(
      about(
        "DOCDB: whether change events keep the fields that MongoDB has and DocumentDB has not; default: false",
        form("true or false"),
      ),
    )
    .optional(),
  disabledAfterSeconds: whole(
    0,
    86_400,
    "seconds",
    "How long a fault lasts that waiting does not mend, before a mapping is disabled",
  ).default(600),
});

export const registryUri = text(/^https:\/\/[^\s/]/, "https://…, as mappings name it", "SchemaRegistryURI of mappings");
export const registrySchema = z.strictObject({
  url: z.url({ protocol: /^https?$/ }).meta(about("Where it is reached from here", form("http://… or https://…"))),
  caFile: z
    .string()
    .min(1)
    .meta(about("File of a private CA's certificate, from the configuration file's folder", form("a PEM file")))
    .optional(),
});
