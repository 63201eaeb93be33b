// The names that a scenario's placeholders stand for, the same against a simulated house and a real server.

import type { Surroundings } from "../control/lookups.ts";
import { dynamodbStreamName } from "../kinds/stream-family.ts";
import type { Scenario, SourceSetup } from "../sim/scenario.ts";

export const streamNameOf = (source: "source" | "other_source"): string => `scenario-${source.replace("_", "-")}`;
/** Of a table's stream that is not made by a table. */
const LABEL = "2026-01-01T00:00:00.000";

/** Under which name the stores keep a scenario's source. */
export function storedNameOf(setup: SourceSetup | undefined, source: "source" | "other_source"): string {
  const name = streamNameOf(source);
  if (setup?.type === "sqs-queue") return queueNameOf(name, setup.fifo === true);
  return setup?.type === "dynamodb-stream" ? dynamodbStreamName(name, LABEL) : name;
}

/** Null: the scenario has none. */
export function deadLetterQueueOf({ setup }: Scenario): string | null {
  const queue = setup.dead_letter_queue;
  return queue === undefined ? null : queueNameOf("scenario-dead-letters", queue.fifo ?? setup.source?.fifo === true);
}

const queueNameOf = (name: string, isFifo: boolean): string => (isFifo ? `${name}.fifo` : name);

export const DESTINATION_NAME = "scenario-destination";
export const SETTINGS: Surroundings = { partition: "aws", region: "us-east-1", accountId: "000000000000" };

const FUNCTION_NAMES = ["function", "function2"];

/** Also of functions that the scenario does not set up: it may name one that is not there. */
export function placeholdersOf(
  scenario: Scenario,
  { partition, region, accountId }: Surroundings,
): Record<string, string> {
  const vars: Record<string, string> = { partition, region, account: accountId };
  const place = `${region}:${accountId}`;
  for (const source of ["source", "other_source"] as const)
    vars[`${source}.arn`] = sourceArnOf(scenario.setup[source], { partition, place }, source);
  const deadLetters = deadLetterQueueOf(scenario);
  if (deadLetters !== null) vars["dead_letter_queue.arn"] = `arn:${partition}:sqs:${place}:${deadLetters}`;
  for (const name of new Set([...FUNCTION_NAMES, ...(scenario.setup.functions ?? []).map((each) => each.name)])) {
    vars[`${name}.name`] = name;
    vars[`${name}.arn`] = `arn:${partition}:lambda:${place}:function:${name}`;
    vars[`${name}.role`] = `arn:${partition}:iam::${accountId}:role/scenario`;
  }
  vars["destination.arn"] = destinationArnOf(scenario.setup.destination?.type ?? "sqs", partition, place);
  vars["secret.arn"] = `arn:${partition}:secretsmanager:${place}:secret:scenario`;
  return vars;
}

function sourceArnOf(
  setup: SourceSetup | undefined,
  { partition, place }: { readonly partition: string; readonly place: string },
  source: "source" | "other_source",
): string {
  const name = streamNameOf(source);
  const type = setup?.type;
  if (type === "sqs-queue") return `arn:${partition}:sqs:${place}:${storedNameOf(setup, source)}`;
  return type === "dynamodb-stream"
    ? `arn:${partition}:dynamodb:${place}:table/${name}/stream/${LABEL}`
    : `arn:${partition}:kinesis:${place}:stream/${name}`;
}

function destinationArnOf(type: "sqs" | "sns" | "s3", partition: string, place: string): string {
  return type === "s3"
    ? `arn:${partition}:s3:::${DESTINATION_NAME}`
    : `arn:${partition}:${type}:${place}:${DESTINATION_NAME}`;
}
