// How an embedded topic and an embedded stream are filled alike, over HTTP as any client would.

import { keyOf } from "../kafka/fill-topic.ts";
import { KAFKA_CLUSTER } from "../kafka/kafka-run.ts";
import { recordBytes } from "../road/record-shape.ts";

const MOST_A_CALL = 500;

export interface EmbeddedFill {
  /** Of the topic and of the stream. */
  readonly name: string;
  readonly recordCount: number;
}

async function post(url: string, headers: Readonly<Record<string, string>>, body: unknown): Promise<void> {
  const response = await fetch(url, { method: "POST", headers, body: JSON.stringify(body) });
  const text = await response.text();
  if (!response.ok || /"FailedRecordCount":[1-9]/.test(text)) throw new Error(`${url}: ${response.status} ${text}`);
}

export async function fillEmbedded(url: string, { name, recordCount }: EmbeddedFill): Promise<void> {
  for (let from = 0; from < recordCount; from += MOST_A_CALL) {
    const numbers = Array.from({ length: Math.min(MOST_A_CALL, recordCount - from) }, (_, at) => from + at);
    const rows = numbers.map((number) => ({ key: keyOf(number, recordCount), bytes: recordBytes(number) }));
    await post(
      `${url}/_millrace/kafka/${KAFKA_CLUSTER}/${name}`,
      { "content-type": "application/json" },
      { records: rows.map(({ key, bytes }) => ({ key, valueData: bytes.toString("base64"), partition: 0 })) },
    );
    await post(
      url,
      { "content-type": "application/x-amz-json-1.1", "x-amz-target": "Kinesis_20131202.PutRecords" },
      {
        StreamName: name,
        Records: rows.map(({ key, bytes }) => ({ PartitionKey: key, Data: bytes.toString("base64") })),
      },
    );
  }
}
