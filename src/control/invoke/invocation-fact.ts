// What the journal says of an attempt of a direct invocation.

import type { Answer } from "../../ports/invoker.ts";
import type { Fact } from "../../ports/journal.ts";
import { failureFacts } from "../../runtime/call-outcome.ts";

type InvocationFact = Extract<Fact, { kind: "invocation" }>;

export function invocationFact(
  invocation: Pick<InvocationFact, "functionName" | "requestId">,
  answer: Answer,
  decision: Pick<InvocationFact, "invocationType" | "attempt" | "verdict" | "condition" | "retryAfterMs">,
): InvocationFact {
  const { functionName, requestId } = invocation;
  const base = { kind: "invocation", functionName, requestId, ...decision } as const;
  if (answer.kind === "returned") {
    const { tookMs, executedVersion } = answer;
    return { ...base, outcome: "ok", tookMs, executedVersion, error: null };
  }
  const { name: outcome, tookMs, executedVersion, error } = failureFacts(answer);
  return { ...base, outcome, tookMs, executedVersion, error };
}
