// A queue's policy, which is kept and shown: AddPermission and RemovePermission write it as AWS does. There are no rights to check here.

import type { Surroundings } from "../lookups.ts";
import { queueArn } from "./queue-address.ts";
import { sqsOperations } from "./sqs-shapes.ts";
import { invalidParameter, missingParameter, SqsRefusal } from "./sqs-answer.ts";

interface Permission {
  readonly Label?: string | undefined;
  readonly AWSAccountIds?: readonly (string | null)[] | undefined;
  readonly Actions?: readonly (string | null)[] | undefined;
}

const MOST_ACTIONS = 7;

/** Throws SqsRefusal. */
export function policyWith(
  policy: string | undefined,
  { Label: label, AWSAccountIds = [], Actions = [] }: Permission,
  { name, home }: { readonly name: string; readonly home: Surroundings },
): string {
  if (label === undefined || label === "") throw missingParameter("Label");
  if (!/^[\w-]{1,80}$/.test(label)) {
    const reason = "Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in length.";
    throw invalidParameter("Label", label, reason);
  }
  const accounts = AWSAccountIds.filter((each) => each !== null);
  if (accounts.length === 0) throw missingParameter("AWSAccountIds");
  const unlikely = accounts.find((each) => !/^\d{12}$/.test(each));
  if (unlikely !== undefined) throw invalidParameter("PrincipalId", unlikely, "Unable to verify.");
  const actions = Actions.filter((each) => each !== null);
  if (actions.length === 0) throw missingParameter("Actions");
  if (actions.length > MOST_ACTIONS) {
    throw new SqsRefusal("OverLimit", `${actions.length} Actions were found, maximum allowed is ${MOST_ACTIONS}.`);
  }
  const unknown = actions.find((each) => each !== "*" && !sqsOperations.some((operation) => operation === each));
  if (unknown !== undefined) {
    const reason = "Please refer to the appropriate WSDL for a list of valid actions.";
    throw invalidParameter("ActionName", `SQS:${unknown}`, reason);
  }
  const { document, statements } = read(policy);
  if (statements.some((each) => sidOf(each) === label)) throw invalidParameter("Label", label, "Already exists.");
  const arn = queueArn(name, home);
  const statement = {
    Sid: label,
    Effect: "Allow",
    Principal: { AWS: oneOrMore(accounts.map((each) => `arn:${home.partition}:iam::${each}:root`)) },
    Action: oneOrMore(actions.map((each) => `SQS:${each}`)),
    Resource: arn,
  };
  const fresh = { Version: "2008-10-17", Id: `${arn}/SQSDefaultPolicy` };
  return JSON.stringify({ ...(document ?? fresh), Statement: [...statements, statement] });
}

/** Null: nothing of the policy is left. Throws SqsRefusal. */
export function policyWithout(policy: string | undefined, label: string | undefined): string | null {
  if (label === undefined || label === "") throw missingParameter("Label");
  const { document, statements } = read(policy);
  const left = statements.filter((each) => sidOf(each) !== label);
  if (left.length === statements.length) throw invalidParameter("Label", label, "can't find label.");
  return left.length === 0 ? null : JSON.stringify({ ...document, Statement: left });
}

/** It was an object when it was stored. */
function read(policy: string | undefined): {
  readonly document: object | null;
  readonly statements: readonly unknown[];
} {
  if (policy === undefined) return { document: null, statements: [] };
  const document: unknown = JSON.parse(policy);
  const found: unknown = typeof document === "object" && document !== null ? Reflect.get(document, "Statement") : [];
  const statements: readonly unknown[] = Array.isArray(found) ? found : found === undefined ? [] : [found];
  return { document: Object(document) as object, statements };
}

function sidOf(statement: unknown): unknown {
  return typeof statement === "object" && statement !== null ? Reflect.get(statement, "Sid") : undefined;
}

const oneOrMore = (values: readonly string[]): string | readonly string[] =>
  values.length === 1 ? (values[0] ?? "") : values;
