// Which function, version or alias a call of the function API means, and what is said where there is none.

import type { FunctionRecord } from "../../ports/function-record.ts";
import type { FunctionStore, KeptFunction } from "../../ports/function-store.ts";
import { LATEST } from "../../ports/functions.ts";
import { type ApiAnswer, failure } from "../api-answer.ts";
import type { Surroundings } from "../lookups.ts";
import { functionArn, longNameFault, parseFunctionReference } from "../mapping/function-reference.ts";
import { readRequest } from "../read-request.ts";
import type { Parsed, Structure } from "../shape.ts";

export interface Target {
  readonly kind: "target";
  readonly name: string;
  /** Null: none was given. */
  readonly qualifier: string | null;
}

export type Refused = { readonly kind: "refused"; readonly answer: ApiAnswer };

export const refused = (answer: ApiAnswer): Refused => ({ kind: "refused", answer });

/** A name of any form, and a qualifier beside it, as one. */
export function targetOf(text: string, qualifier: string | undefined, settings: Surroundings): Target | Refused {
  const long = longNameFault(text);
  if (long !== null) return refused(long);
  const reference = parseFunctionReference(text);
  if (reference === null) return refused(failure("ValidationException", `${text} names no function`));
  if (reference.qualifier !== null && qualifier !== undefined && reference.qualifier !== qualifier) {
    const mismatch = "The derived qualifier from the function name does not match the specified qualifier.";
    return refused(failure("InvalidParameterValueException", mismatch));
  }
  if (reference.region !== null && reference.region !== settings.region) {
    const away = `Functions from '${reference.region}' are not reachable in this region ('${settings.region}')`;
    return refused(failure("ResourceNotFoundException", away));
  }
  if (reference.accountId !== null && reference.accountId !== settings.accountId) {
    return refused(notFound(functionArn(reference, settings)));
  }
  return { kind: "target", name: reference.name, qualifier: reference.qualifier ?? qualifier ?? null };
}

/** The request, and what it names; a qualifier in the name is as good as one beside it. */
export function readTarget<const S extends Structure>(
  params: unknown,
  shape: S,
  settings: Surroundings,
): (Target & { readonly request: Parsed<S> }) | Refused {
  const read = readRequest(params, shape);
  if (read.kind === "refused") return read;
  const { request } = read;
  const { FunctionName = "", Qualifier } = request as { readonly FunctionName?: string; readonly Qualifier?: string };
  const target = targetOf(FunctionName, Qualifier, settings);
  return target.kind === "refused" ? target : { ...target, request };
}

export function notFound(arn: string): ApiAnswer {
  return failure("ResourceNotFoundException", `Function not found: ${arn}`);
}

export function arnOf(
  target: { readonly name: string; readonly qualifier: string | null },
  settings: Surroundings,
): string {
  return functionArn({ ...target, region: null, accountId: null }, settings);
}

/** The function itself; a qualifier is the caller's to look at. */
export function keptOf(
  store: FunctionStore,
  { name }: Target,
  settings: Surroundings,
): (KeptFunction & { readonly kind: "kept" }) | Refused {
  const kept = store.get(name);
  return kept === null ? refused(notFound(arnOf({ name, qualifier: null }, settings))) : { kind: "kept", ...kept };
}

/** The number that a qualifier stands for, an alias's own version among them; null: the function has none of that name. */
export function versionNumberOf(record: FunctionRecord, qualifier: string | null): string | null {
  if (qualifier === null || qualifier === LATEST) return LATEST;
  const wanted = record.aliases.find(({ name }) => name === qualifier)?.version ?? qualifier;
  const isHere = wanted === LATEST || record.published.some(({ version }) => version === wanted);
  return isHere ? wanted : null;
}

export const isNumber = (qualifier: string): boolean => /^[0-9]+$/.test(qualifier);

export const preconditionFailed = (): ApiAnswer =>
  failure(
    "PreconditionFailedException",
    "The Revision Id provided does not match the latest Revision Id. Call the GetFunction/GetAlias API to retrieve the latest Revision Id",
  );
