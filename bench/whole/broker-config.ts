// A broker as a whole Millrace is told of it, and a mapping on one of its queues.

import type { Config } from "../../src/config/config.ts";
import { usualBroker } from "../../src/control/broker-reading.ts";
import { BROKER_ARN } from "../brokers/broker-run.ts";
import type { StartRequest } from "./start-request.ts";

const SECRET_ARN = "arn:aws:secretsmanager:us-east-1:000000000000:secret:bench-abcdef";

export function brokerConfig(broker: StartRequest["broker"]): Pick<Config, "secrets" | "sources"> {
  if (broker === undefined) return { secrets: [], sources: [] };
  const { username, password, protocol, host } = new URL(broker.url);
  const url = `${protocol}//${host}`;
  return {
    secrets: [{ id: SECRET_ARN, text: JSON.stringify({ username, password }) }],
    // One consumer, as the loops have: more of them is a question of its own.
    sources: [{ ...usualBroker(BROKER_ARN, broker.engine), url, consumerCount: 1 }],
  };
}

export function brokerMapping(queue: string, batchSize: number): Readonly<Record<string, unknown>> {
  return {
    EventSourceArn: BROKER_ARN,
    FunctionName: "bench",
    Queues: [queue],
    BatchSize: batchSize,
    SourceAccessConfigurations: [{ Type: "BASIC_AUTH", URI: SECRET_ARN }],
  };
}
