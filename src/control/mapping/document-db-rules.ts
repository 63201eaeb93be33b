// What DocumentDB misses or does not take, told in one list. The order of the names in a list of several is ours.

import type { ApiAnswer } from "../api-answer.ts";
import { lowerFirst } from "../shape.ts";
import type { CreateRequest, UpdateRequest } from "./mapping-members.ts";
import type { MappingSettings } from "./mapping-settings.ts";
import { mappingTable, memberNames } from "./mapping-table.ts";
import { invalidParameters, refusal } from "./refusal.ts";

export function refuseDocumentDbCreate(request: CreateRequest): ApiAnswer | null {
  const { DocumentDBEventSourceConfig: config } = request;
  const names = [
    ...(config === undefined ? ["documentDBEventSourceConfig"] : []),
    ...(config?.DatabaseName === undefined ? ["databaseName"] : []),
    ...missingAccess(request.SourceAccessConfigurations),
    ...foreign(request),
  ];
  return names.length === 0 ? null : invalidParameters(names);
}

/** The database and its collection are fixed once the mapping is made. */
export function refuseDocumentDbUpdate(request: UpdateRequest): ApiAnswer | null {
  const { DocumentDBEventSourceConfig: config, SourceAccessConfigurations: access } = request;
  const names = [
    ...(config?.CollectionName === undefined ? [] : ["collectionName"]),
    ...(config?.DatabaseName === undefined ? [] : ["databaseName"]),
    ...(access === undefined ? [] : missingAccess(access)),
    ...foreign(request),
  ];
  return names.length === 0 ? null : invalidParameters(names);
}

/** V26. */
export function refuseSecret(settings: MappingSettings, hasSecret: (arn: string) => boolean): ApiAnswer | null {
  const isHere = settings.SourceAccessConfigurations?.every((entry) => hasSecret(entry?.URI ?? "")) ?? true;
  return isHere ? null : refusal("Lambda received ResourceNotFoundException from Secrets Manager.");
}

/** AWS says the word twice. */
const missingAccess = (access: readonly unknown[] | undefined): readonly string[] =>
  access === undefined || access.length === 0 ? ["sourceAccessConfigurations", "sourceAccessConfigurations"] : [];

function foreign(request: UpdateRequest): readonly string[] {
  const sent: { readonly [name: string]: unknown } = request;
  return memberNames
    .filter((member) => mappingTable[member].cells.documentDb.kind === "refused" && sent[member] !== undefined)
    .map(lowerFirst);
}
