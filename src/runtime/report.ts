// The report on a batch that was given up: its document for a queue or topic, or its object with the event for a bucket (O-rules).

import type { Batch } from "../core/batch.ts";
import type { Condition } from "../core/lane-state.ts";
import { type GivenUp, onFailureDocument, onFailureObject, onFailureObjectKey } from "../core/on-failure-document.ts";
import type { Outcome } from "../core/outcome.ts";
import type { Rec } from "../core/record.ts";
import type { WindowPart } from "../core/tumbling.ts";
import type { Report } from "../ports/reporter.ts";
import type { UnitId } from "../ports/source.ts";
import type { LaneContext } from "./mapping-context.ts";

export function reportOf<R extends Rec>(
  context: LaneContext<R>,
  unit: UnitId,
  given: {
    readonly batch: Batch<R>;
    readonly condition: Condition;
    readonly outcome: Outcome | null;
    readonly window: WindowPart | null;
    readonly requestId: string;
    readonly destination: string;
    readonly executedVersion: string | null;
  },
): Report {
  const { batch, window } = given;
  const atMs = context.clock.nowMs();
  const facts: GivenUp = {
    requestId: given.requestId,
    functionArn: context.spec.functionArn,
    condition: given.condition,
    attempts: batch.attempts,
    outcome: given.outcome,
    executedVersion: given.executedVersion,
    atMs,
    batchInfo: context.kind.batchInfo(unit, batch.records),
    window,
  };
  const { uuid: mappingUuid } = context.spec;
  const base = { mappingUuid, destinationArn: given.destination };
  if (given.destination.split(":")[2] !== "s3") return { ...base, body: onFailureDocument(facts), objectKey: null };
  const randomUuid = context.random.uuid("object");
  return {
    ...base,
    body: onFailureObject(facts, context.kind.text(unit, batch.records, window)),
    objectKey: onFailureObjectKey({ mappingUuid, unit, atMs, randomUuid }),
  };
}
