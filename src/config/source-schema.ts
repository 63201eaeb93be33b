// What a configuration says of a message broker, by its ARN: its engine, where it is, and how its mappings hold messages. Without an
// address the broker is embedded.

import { z } from "zod";
import { about, form, text, whole } from "./schema-parts.ts";

export const sourceArn = text(
  /^arn:[\w-]+:mq:[\w-]+:\d{12}:broker:.+$/,
  "the ARN of an Amazon MQ broker; of other sources there is nothing to say yet",
  "ARN of a source",
);
export const sourceSchema = z.strictObject({
  engine: z
    .enum(["ACTIVEMQ", "RABBITMQ"])
    .meta(
      about(
        "Of an Amazon MQ broker, whose ARN does not tell it: which settings its mappings take",
        form("ACTIVEMQ or RABBITMQ"),
      ),
    ),
  url: z
    .string()
    .min(1)
    .meta(
      about(
        "Where the broker is, without a user: mappings name a secret; absent: the broker is embedded",
        form("amqp://HOST:PORT or amqps://HOST:PORT"),
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
  disabledAfterSeconds: whole(
    0,
    86_400,
    "seconds",
    "How long a fault lasts that waiting does not mend, before a mapping is disabled",
  ).default(600),
});
