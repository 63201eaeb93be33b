// RedrivePolicy and RedriveAllowPolicy: JSON texts on the wire, settings of the queue within.

import type { QueueSettings } from "../../ports/queues.ts";
import type { Surroundings } from "../lookups.ts";
import { nameOfArn, queueArn } from "./queue-address.ts";
import { invalidParameter, type SqsRefusal } from "./sqs-answer.ts";

const MOST_RECEIVES = 1_000;
const MOST_SOURCES = 10;

/** Empty: none. Whether the queue that it names is there is the caller's to look up. Throws SqsRefusal. */
export function readRedrivePolicy(text: string, home: Surroundings): QueueSettings["redrive"] {
  if (text === "") return null;
  const refused = (reason: string): SqsRefusal => invalidParameter("RedrivePolicy", text, reason);
  const policy = jsonObject(text);
  if (policy === null) throw refused("Redrive policy is not a valid JSON map.");
  for (const name of ["deadLetterTargetArn", "maxReceiveCount"]) {
    if (!policy.has(name)) throw refused(`Redrive policy does not contain mandatory attribute: ${name}.`);
  }
  if (policy.size > 2)
    throw refused("Only following attributes are supported: [deadLetterTargetArn, maxReceiveCount].");
  const arn = policy.get("deadLetterTargetArn");
  const deadLetterQueue = typeof arn === "string" ? nameOfArn(arn, home) : null;
  if (deadLetterQueue === null) throw refused("Invalid value for deadLetterTargetArn.");
  const given = policy.get("maxReceiveCount");
  const count = typeof given === "string" && /^\d{1,9}$/.test(given) ? Number(given) : given;
  if (typeof count === "number" && Number.isInteger(count) && count >= 1 && count <= MOST_RECEIVES) {
    return { deadLetterQueue, maxReceiveCount: count };
  }
  const bounds = `valid values are from 1 to ${MOST_RECEIVES} both inclusive.`;
  throw refused(`Invalid value for maxReceiveCount: ${String(JSON.stringify(given))}, ${bounds}`);
}

export function redrivePolicyText(redrive: QueueSettings["redrive"], home: Surroundings): string | null {
  if (redrive === null) return null;
  const { deadLetterQueue, maxReceiveCount } = redrive;
  return JSON.stringify({ deadLetterTargetArn: queueArn(deadLetterQueue, home), maxReceiveCount });
}

/** Names of the queues that may have this one for their dead letters; null: all. Empty text: all, too. Throws SqsRefusal. */
export function readRedriveAllowPolicy(text: string, home: Surroundings): QueueSettings["redriveSources"] {
  if (text === "") return null;
  const refused = (reason: string): SqsRefusal => invalidParameter("RedriveAllowPolicy", text, reason);
  const policy = jsonObject(text);
  if (policy === null) throw refused("Redrive allow policy is not a valid JSON map.");
  const permission = policy.get("redrivePermission");
  const arns = policy.get("sourceQueueArns");
  const hasOthers = [...policy.keys()].some((name) => name !== "redrivePermission" && name !== "sourceQueueArns");
  if (hasOthers) throw refused("Only following attributes are supported: [redrivePermission, sourceQueueArns].");
  if (permission !== "allowAll" && permission !== "denyAll" && permission !== "byQueue") {
    throw refused("Invalid value for redrivePermission: it is allowAll, denyAll or byQueue.");
  }
  if (permission !== "byQueue") {
    if (arns !== undefined) throw refused("sourceQueueArns is for the redrivePermission byQueue only.");
    return permission === "allowAll" ? null : [];
  }
  if (!Array.isArray(arns) || arns.length === 0 || arns.length > MOST_SOURCES) {
    throw refused(`sourceQueueArns is a list of 1 to ${MOST_SOURCES} ARNs.`);
  }
  return arns.map((arn: unknown) => {
    const name = typeof arn === "string" ? nameOfArn(arn, home) : null;
    if (name === null) throw refused("Invalid value for sourceQueueArns.");
    return name;
  });
}

export function redriveAllowText(sources: QueueSettings["redriveSources"], home: Surroundings): string | null {
  if (sources === null) return null;
  if (sources.length === 0) return JSON.stringify({ redrivePermission: "denyAll" });
  return JSON.stringify({
    redrivePermission: "byQueue",
    sourceQueueArns: sources.map((name) => queueArn(name, home)),
  });
}

/** Null: no JSON, or no object. */
function jsonObject(text: string): ReadonlyMap<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value !== "object" || value === null || Array.isArray(value)) return null;
    return new Map<string, unknown>(Object.entries(value));
  } catch {
    // Told by the caller, with the text.
    return null;
  }
}
