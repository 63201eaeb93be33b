// What an on-failure document says, in a line.

import { counted } from "../../parts/format.ts";

export interface DocumentFacts {
  readonly condition: string;
  readonly what: string;
  readonly requestId: string;
}

type Members = Readonly<Record<string, unknown>>;

/** Null: it is no such document. */
export function factsOf(body: string): DocumentFacts | null {
  const members = parsed(body);
  const context = objectOf(members["requestContext"]);
  const { condition, requestId, functionArn, approximateInvokeCount: attempts } = context;
  if (typeof condition !== "string" || typeof requestId !== "string") return null;
  const info = objectOf(members["KinesisBatchInfo"] ?? members["DDBStreamBatchInfo"] ?? members["KafkaBatchInfo"]);
  const { batchSize } = info;
  const records = typeof batchSize === "number" ? `${counted(batchSize, "record")}, ` : "";
  const name = typeof functionArn === "string" ? (functionArn.split(":")[6] ?? "") : "";
  return { condition, requestId, what: `${records}${counted(Number(attempts ?? 1), "attempt")} of ${name}` };
}

function parsed(body: string): Members {
  try {
    return objectOf(JSON.parse(body));
  } catch {
    return {};
  }
}

const objectOf = (value: unknown): Members => (typeof value === "object" && value !== null ? { ...value } : {});
