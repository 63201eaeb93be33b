// The forms in which a request may name a function (section 4.2), and the ARN that a mapping shows for them.

import { failure, type ApiAnswer } from "../api-answer.ts";
import type { FunctionSettings } from "../../ports/functions.ts";
import type { FunctionLookup, Surroundings } from "../lookups.ts";
import { fault, validationText } from "../shape.ts";

const MOST_NAME_LENGTH = 64;
const PARTS =
  /^(?:arn:([a-zA-Z-]*):lambda:([a-z0-9-]+):(\d{12}):|(?:([a-z0-9-]+-\d):)?(?:(\d{12}):)?)(?:function:)?([a-zA-Z0-9-_.]+)(?::(\$LATEST(?:\.PUBLISHED)?|[a-zA-Z0-9-_]+))?$/;

export interface FunctionReference {
  readonly name: string;
  /** Null: none was given, and none is shown. `$LATEST` is kept. */
  readonly qualifier: string | null;
  /** Null where the form does not carry them. */
  readonly region: string | null;
  readonly accountId: string | null;
}

/** Null for what the model's pattern refuses. */
export function parseFunctionReference(text: string): FunctionReference | null {
  const found = PARTS.exec(text);
  if (found === null) return null;
  const [, , arnRegion, arnAccount, region, account, name, qualifier] = found;
  if (name === undefined) return null;
  return {
    name,
    qualifier: qualifier ?? null,
    region: arnRegion ?? region ?? null,
    accountId: arnAccount ?? account ?? null,
  };
}

export function functionArn(reference: FunctionReference, settings: Surroundings): string {
  const region = reference.region ?? settings.region;
  const account = reference.accountId ?? settings.accountId;
  const qualifier = reference.qualifier === null ? "" : `:${reference.qualifier}`;
  return `arn:${settings.partition}:lambda:${region}:${account}:function:${reference.name}${qualifier}`;
}

export type ResolvedFunction =
  | { readonly kind: "function"; readonly name: string; readonly arn: string }
  | { readonly kind: "refused"; readonly answer: ApiAnswer };

/** A name too long, judged before all else in the service layer (section 1.3). */
export function longNameFault(text: string): ApiAnswer | null {
  const reference = parseFunctionReference(text);
  if (reference === null || reference.name.length <= MOST_NAME_LENGTH) return null;
  const long = fault(text, "functionName", `Member must have length less than or equal to ${MOST_NAME_LENGTH}`);
  return failure("InvalidParameterValueException", validationText([long]));
}

/** The settings of the version that an ARN of ours means now; null: there is none. */
export function settingsOf(arn: string, functions: FunctionLookup): FunctionSettings | null {
  const reference = parseFunctionReference(arn);
  return reference === null ? null : functions.find(reference.name, reference.qualifier);
}

/** The function as it is now. A version or alias that is not there is V2, like a missing function. */
export function resolveFunction(
  text: string,
  lookup: { readonly functions: FunctionLookup; readonly settings: Surroundings },
): ResolvedFunction {
  const { functions, settings } = lookup;
  const reference = readingsOf(text).find(
    ({ name, qualifier, region, accountId }) =>
      (region === null || region === settings.region) &&
      (accountId === null || accountId === settings.accountId) &&
      functions.find(name, qualifier) !== null,
  );
  if (reference === undefined) {
    return { kind: "refused", answer: failure("InvalidParameterValueException", "Function does not exist") };
  }
  return { kind: "function", name: reference.name, arn: functionArn(reference, settings) };
}

/** `function:live` is the function `live` by an ARN's last part, or else the alias of a function that is called so. */
function readingsOf(text: string): readonly FunctionReference[] {
  const first = parseFunctionReference(text);
  if (first === null) return [];
  const [, qualifier] = /^function:([a-zA-Z0-9-_]+)$/.exec(text) ?? [];
  if (qualifier === undefined) return [first];
  return [first, { name: "function", qualifier, region: null, accountId: null }];
}
