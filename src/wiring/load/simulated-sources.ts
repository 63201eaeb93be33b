// The sources of simulated load runs, by the plan's kind.

import { changeText, laneKeyOfItem } from "../../kinds/dynamodb/change-text.ts";
import { dynamodbStreamName } from "../../kinds/stream-family.ts";
import type { PlannedSource } from "../../load/plan/plan.ts";
import { createItemChanges } from "../../tables/item-changes.ts";
import { itemOfRecord } from "./plan-item.ts";
import type { SimulatedSource, SourceWorld } from "./simulated-source.ts";
import { createSimulatedBroker } from "./simulated-broker.ts";
import { createSimulatedChanges } from "./simulated-changes.ts";
import { createSimulatedQueue } from "./simulated-queue.ts";
import { createSimulatedStream, type StreamContent } from "./simulated-stream.ts";
import { createSimulatedTopic } from "./simulated-topic.ts";
import { unitCountOf } from "./unit-keys.ts";

/** Of a table's stream that is not made by a table. */
const LABEL = "2026-01-01T00:00:00.000";

export function createSimulatedSource(world: SourceWorld): SimulatedSource | Promise<SimulatedSource> {
  const { source } = world.plan;
  const shardCount = unitCountOf(source);
  switch (source.kind) {
    case "kinesis":
      return createSimulatedStream({
        ...world,
        streamName: source.stream,
        shardCount,
        sourceArn: null,
        contentOf: (record) => ({ key: record.key ?? "", dataBytes: record.bytes, held: record }),
      });
    case "dynamodb": {
      const { partition, region, accountId } = world.settings;
      return createSimulatedStream({
        ...world,
        streamName: dynamodbStreamName(source.table, LABEL),
        shardCount,
        sourceArn: `arn:${partition}:dynamodb:${region}:${accountId}:table/${source.table}/stream/${LABEL}`,
        contentOf: tableContent(source),
      });
    }
    case "sqs":
      return createSimulatedQueue(world, source);
    case "rabbitmq":
    case "activemq":
      return createSimulatedBroker(world, source);
    case "kafka":
      return createSimulatedTopic(world, source);
    case "documentdb":
      return createSimulatedChanges(world, source);
  }
}

/** Each record is a put of an item, and its stream's record the change that it makes. */
function tableContent({ keyName, view }: PlannedSource & { readonly kind: "dynamodb" }): StreamContent {
  const items = createItemChanges();
  return (record) => {
    const item = itemOfRecord(record, keyName);
    const change = items.write({ [keyName]: item[keyName] ?? {} }, item);
    if (change === null) return null;
    const eventId = record.n.toString(16).padStart(32, "0");
    const text = changeText({ ...change, eventId, viewType: view });
    return { key: laneKeyOfItem(change.keys), dataBytes: Buffer.byteLength(text), held: { data: text } };
  };
}
