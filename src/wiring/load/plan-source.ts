// The source of a load plan by its text, as `millrace send` and the configuration name sources.

import { likelyName } from "../../core/likely-name.ts";
import type { PlannedSource } from "../../load/plan/plan.ts";
import type { SourceInput } from "./plan-schema.ts";
import { msFromText } from "../time-span.ts";

const NAME = "[\\w.-]{1,128}";

/** Each kind with its form, and an example of it. */
const kinds = {
  kinesis: { pattern: new RegExp(`^kinesis:(${NAME})$`), form: "kinesis:STREAM" },
  dynamodb: { pattern: /^dynamodb:([\w.-]{3,255})$/, form: "dynamodb:TABLE" },
  sqs: { pattern: /^sqs:([\w-]{1,75}(?:\.fifo)?)$/, form: "sqs:QUEUE" },
  rabbitmq: { pattern: /^rabbitmq:([^/\s]+)\/(\S+)$/, form: "rabbitmq:BROKER/QUEUE" },
  activemq: { pattern: /^activemq:([^/\s]+)\/(\S+)$/, form: "activemq:BROKER/QUEUE" },
  kafka: { pattern: /^kafka:(?:\/\/)?(\S+)\/([\w.-]{1,249})$/, form: "kafka:CLUSTER/TOPIC" },
  documentdb: {
    pattern: /^documentdb:([^/\s]+)\/([^/\s]+)\/([^/\s]+)$/,
    form: "documentdb:CLUSTER/DATABASE/COLLECTION",
  },
} as const;

export type SourceKind = keyof typeof kinds;

const isKind = (text: string): text is SourceKind => Object.hasOwn(kinds, text);

/** What is wrong with the text, and what may have been meant; null: it names a source. */
export function sourceTextFlaw(text: string): { readonly what: string; readonly help: string } | null {
  const [, kind = ""] = /^([^:]*):/.exec(text) ?? [];
  if (isKind(kind)) {
    if (kinds[kind].pattern.test(text)) return null;
    const limits = kind === "dynamodb" ? "    # a table's name has 3 to 255 letters, digits, _ - ." : "";
    return { what: `\`${text}\` names no source`, help: `${kinds[kind].form}${limits}` };
  }
  const likely = likelyName(kind, Object.keys(kinds));
  const help =
    likely === null
      ? Object.values(kinds)
          .map(({ form }) => form)
          .join(", ")
      : text.replace(/^[^:]*/, likely);
  return { what: `\`${text}\` is of no kind of source`, help };
}

/** Null: `sourceTextFlaw` says what is wrong with it. */
export function sourceKindOf(text: string): SourceKind | null {
  const [, kind = ""] = /^([^:]*):/.exec(text) ?? [];
  return isKind(kind) && kinds[kind].pattern.test(text) ? kind : null;
}

export const isFifoText = (text: string): boolean => /^sqs:.*\.fifo$/.test(text);

const DEFAULT_VISIBILITY = "30s";

/** Of a text that names a source. */
export function plannedSource({ name: text, ...given }: SourceInput): PlannedSource {
  const kind = sourceKindOf(text);
  if (kind === null) throw new Error(`not checked: ${text}`);
  const [, first = "", second = "", third = ""] = kinds[kind].pattern.exec(text) ?? [];
  switch (kind) {
    case "kinesis":
      return { kind, text, stream: first, shards: given.shards ?? 1 };
    case "dynamodb":
      return { kind, text, table: first, keyName: given.key ?? "id", view: given.view ?? "NEW_AND_OLD_IMAGES" };
    case "sqs":
      return {
        kind,
        text,
        queue: first,
        isFifo: isFifoText(text),
        visibilityMs: msFromText(given.visibility ?? DEFAULT_VISIBILITY) ?? 0,
        deadLetters: given.maxReceiveCount === undefined ? null : { maxReceiveCount: given.maxReceiveCount },
      };
    case "rabbitmq":
    case "activemq":
      return { kind, text, broker: first, queue: second };
    case "kafka":
      return { kind, text, cluster: first, topic: second, partitions: given.partitions ?? 1 };
    case "documentdb":
      return { kind, text, cluster: first, database: second, collection: third };
  }
}
