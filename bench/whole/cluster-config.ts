// Kafka and DocumentDB as a whole Millrace is told of them, and mappings on them.

import type { Config } from "../../src/config/config.ts";
import { usualDocumentDb } from "../../src/control/change-reading.ts";
import { usualKafka } from "../../src/control/group-reading.ts";
import { KAFKA_ARN } from "../kafka/kafka-run.ts";
import { DOCUMENTDB_ARN } from "../mongo/change-run.ts";
import type { StartRequest } from "./start-request.ts";

const LOGIN_ARN = "arn:aws:secretsmanager:us-east-1:000000000000:secret:documents-abcdef";

export function clusterConfig(request: StartRequest): Pick<Config, "kafkaClusters" | "documentDbs" | "secrets"> {
  const { kafka, mongo } = request;
  return {
    // Without a server the cluster is embedded.
    kafkaClusters: kafka === undefined ? [] : [usualKafka(KAFKA_ARN, kafka.server === null ? null : [kafka.server])],
    documentDbs: mongo === undefined ? [] : [{ ...usualDocumentDb(DOCUMENTDB_ARN), url: mongo.url }],
    secrets: mongo === undefined ? [] : [{ id: LOGIN_ARN, text: JSON.stringify(mongo.login) }],
  };
}

export function topicMapping(topic: string, batchSize: number): Readonly<Record<string, unknown>> {
  return {
    EventSourceArn: KAFKA_ARN,
    FunctionName: "bench",
    Topics: [topic],
    StartingPosition: "TRIM_HORIZON",
    BatchSize: batchSize,
  };
}

export function collectionMapping(
  { database, collection, fromSeconds }: { database: string; collection: string; fromSeconds: number },
  batchSize: number,
): Readonly<Record<string, unknown>> {
  return {
    EventSourceArn: DOCUMENTDB_ARN,
    FunctionName: "bench",
    StartingPosition: "AT_TIMESTAMP",
    StartingPositionTimestamp: fromSeconds,
    BatchSize: batchSize,
    DocumentDBEventSourceConfig: { DatabaseName: database, CollectionName: collection },
    SourceAccessConfigurations: [{ Type: "BASIC_AUTH", URI: LOGIN_ARN }],
  };
}
