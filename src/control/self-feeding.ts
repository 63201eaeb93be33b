// Tells that a function feeds the source of its own mapping: each of its invocations then makes the next one, for ever if nothing ends
// it. What is put is put all the same, since a handler may mean it; it is said in the journal, once a minute a mapping at most.
//
// Known is what comes through this server from inside a function (src/ports/calling-function.ts). A function behind a url, or one
// that writes to a broker by a client of its own, is not.

import type { Clock } from "../ports/clock.ts";
import type { Journal } from "../ports/journal.ts";
import type { MappingView } from "./control-plane.ts";
import { parseArn } from "./mapping/source-kinds.ts";

const SAID_EVERY_MS = 60_000;

/** A stream of Kinesis, a table whose stream takes its changes, or a queue. */
export interface FedSource {
  readonly service: "kinesis" | "dynamodb" | "sqs";
  readonly name: string;
}

export interface SelfFeedingWatch {
  /** So many records have come into a source by a call from inside this function. */
  fed(functionName: string, source: FedSource, recordCount: number): void;
}

export function createSelfFeedingWatch(options: {
  readonly views: () => readonly Pick<
    MappingView,
    "uuid" | "state" | "eventSourceArn" | "functionName" | "hasFilter"
  >[];
  readonly journal: Journal;
  readonly clock: Clock;
}): SelfFeedingWatch {
  const { views, journal, clock } = options;
  /** By mapping. */
  const told = new Map<string, { readonly saidAtMs: number; unsaidCount: number }>();

  return {
    fed(functionName, source, recordCount) {
      const all = views();
      for (const uuid of told.keys()) if (!all.some((each) => each.uuid === uuid)) told.delete(uuid);
      const nowMs = clock.nowMs();
      for (const { uuid, state, eventSourceArn, hasFilter, functionName: own } of all) {
        if (own !== functionName || state === "Disabled" || !isSource(eventSourceArn, source)) continue;
        const before = told.get(uuid);
        const count = (before?.unsaidCount ?? 0) + recordCount;
        // A clock that was put back does not silence it.
        if (before !== undefined && nowMs >= before.saidAtMs && nowMs < before.saidAtMs + SAID_EVERY_MS) {
          before.unsaidCount = count;
          continue;
        }
        told.set(uuid, { saidAtMs: nowMs, unsaidCount: 0 });
        const fact = {
          kind: "self-feeding",
          functionName,
          source: eventSourceArn,
          recordCount: count,
          hasFilter,
        } as const;
        journal.append(uuid, uuid, fact);
      }
    },
  };
}

/** A consumer's ARN begins with its stream's, a table's stream's with its table's. */
function isSource(eventSourceArn: string, { service, name }: FedSource): boolean {
  const arn = parseArn(eventSourceArn);
  const resource = { kinesis: `stream/${name}`, dynamodb: `table/${name}`, sqs: name }[service];
  return arn?.service === service && (arn.resource === resource || arn.resource.startsWith(`${resource}/`));
}
