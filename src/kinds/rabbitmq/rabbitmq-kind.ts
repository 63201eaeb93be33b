// The RabbitMQ kind: what a message of a queue is to the pipeline (R-121 to R-128). A packed batch has its bodies as they came.

import { MillraceError } from "../../errors.ts";
import type { PackedBatch, SourceKind } from "../../ports/source-kind.ts";
import { packMessages } from "../broker/packed-messages.ts";
import type { RabbitMqRecord } from "./rabbitmq-record.ts";

export interface RabbitMqEventContext {
  readonly eventSourceArn: string;
  readonly queueName: string;
  readonly virtualHost: string;
}

const strictUtf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

export function createRabbitMqKind(context: RabbitMqEventContext): SourceKind<RabbitMqRecord> {
  const { eventSourceArn, queueName, virtualHost } = context;
  const opening =
    `{"eventSource":"aws:rmq","eventSourceArn":${JSON.stringify(eventSourceArn)},` +
    `"rmqMessagesByQueue":{${JSON.stringify(`${queueName}::${virtualHost}`)}:[`;
  const closing = "]}}";

  function text(records: readonly RabbitMqRecord[], dataOf: (record: RabbitMqRecord) => string): string {
    return `${opening}${records.map((each) => recordText(each, dataOf(each))).join(",")}${closing}`;
  }

  return {
    name: "rabbitmq",
    envelopeBytes: Buffer.byteLength(opening + closing, "utf8"),
    windowBytes: () => 0,
    laneKey: () => new Uint8Array(0),
    identifier: ({ position }) => position,
    position: ({ position }) => position,
    filterView(record) {
      return {
        // Patterns are of `data` alone (F-65); what else one names is looked up in the message as it is delivered.
        get metadata() {
          return { basicProperties: JSON.parse(record.propertiesText) as unknown, redelivered: record.isRedelivered };
        },
        dataMember: "data",
        dataText: textOf(record.body),
      };
    },
    pack: (_unit, records): PackedBatch =>
      packMessages(
        text(records, () => ""),
        records.map(({ body }) => body),
      ),
    text: (_unit, records) => text(records, base64Of),
    batchInfo() {
      throw new MillraceError("protocol-broken", "a mapping on RabbitMQ has no destination for failures");
    },
  };
}

function recordText({ propertiesText, isRedelivered }: RabbitMqRecord, data: string): string {
  return `{"basicProperties":${propertiesText},"redelivered":${isRedelivered},"data":"${data}"}`;
}

function base64Of({ body }: RabbitMqRecord): string {
  return Buffer.from(body.buffer, body.byteOffset, body.length).toString("base64");
}

/** Null: not UTF-8 (F-72). */
function textOf(body: Uint8Array): string | null {
  try {
    return strictUtf8.decode(body);
  } catch {
    // The bytes are no text; the filter has a rule for that (F-75).
    return null;
  }
}
