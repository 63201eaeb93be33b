// The ActiveMQ kind: what a message of a queue is to the pipeline. A packed batch has its bodies as they came.

import { MillraceError } from "../../errors.ts";
import type { ActiveMqEvent } from "../../ports/mapping-spec.ts";
import type { PackedBatch, SourceKind } from "../../ports/source-kind.ts";
import { packMessages } from "../broker/packed-messages.ts";
import { type ActiveMqRecord, activeMqRecordText } from "./activemq-record.ts";

const strictUtf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

export function createActiveMqKind({
  eventSourceArn,
  eventSource,
}: {
  readonly eventSourceArn: string;
  readonly eventSource: ActiveMqEvent["eventSource"];
}): SourceKind<ActiveMqRecord> {
  const opening = `{"eventSource":"${eventSource}","eventSourceArn":${JSON.stringify(eventSourceArn)},"messages":[`;
  const closing = "]}";

  function text(
    records: readonly ActiveMqRecord[],
    attempt: number,
    dataOf: (body: Uint8Array) => string = base64Of,
  ): string {
    return `${opening}${records.map((each) => activeMqRecordText(each, dataOf(each.body), attempt)).join(",")}${closing}`;
  }

  return {
    name: "activemq",
    envelopeBytes: Buffer.byteLength(opening + closing, "utf8"),
    windowBytes: () => 0,
    laneKey: () => new Uint8Array(0),
    identifier: ({ messageId }) => messageId,
    position: ({ messageId }) => messageId,
    refusal: ({ refusal }) => refusal,
    filterView(record) {
      return {
        // Patterns are of `data` alone (F-65); what else one names is looked up in the message as it is delivered.
        get metadata() {
          const { data: _data, ...others } = JSON.parse(activeMqRecordText(record, "", 1)) as Record<string, unknown>;
          return others;
        },
        dataMember: "data",
        dataText: textOf(record.body),
      };
    },
    pack: (_unit, records, _window, attempt = 1): PackedBatch =>
      packMessages(
        text(records, attempt, () => ""),
        records.map(({ body }) => body),
      ),
    text: (_unit, records, _window, attempt = 1) => text(records, attempt),
    batchInfo() {
      throw new MillraceError("protocol-broken", "a mapping on ActiveMQ has no destination for failures");
    },
  };
}

function base64Of(body: Uint8Array): string {
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
