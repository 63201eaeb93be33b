// The operations that only look: functions, versions, and what Terraform asks beside them.

import type { FunctionRecord, FunctionSnapshot } from "../../ports/function-record.ts";
import type { KeptFunction } from "../../ports/function-store.ts";
import { LATEST } from "../../ports/functions.ts";
import { type ApiAnswer, failure, type JsonObject, success } from "../api-answer.ts";
import { readRequest } from "../read-request.ts";
import { parseTags } from "../tags.ts";
import { codeSha256, configurationBody, runtimeVersionArn, type ShownFunction } from "./function-body.ts";
import { type FunctionContext, MOST_UNZIPPED_BYTES } from "./function-context.ts";
import { listFunctionsShape, pagedTargetShape, targetShape } from "./function-shapes.ts";
import { arnOf, keptOf, notFound, type Refused, refused, readTarget, versionNumberOf } from "./function-target.ts";
import { pageOfItems, versionKey } from "./pages.ts";

/** As on AWS, whatever MaxItems says. */
const MOST_ITEMS = 50;
const ACCOUNT_CONCURRENCY = 1_000;
const TOTAL_CODE_BYTES = 80_530_636_800;
const MOST_ZIPPED_BYTES = 52_428_800;

interface Found {
  readonly kind: "found";
  readonly record: FunctionRecord;
  readonly snapshot: FunctionSnapshot;
  /** `$LATEST` or a number. */
  readonly version: string;
  readonly qualifier: string | null;
  readonly codeSha256: string;
}

function find(context: FunctionContext, params: unknown): Found | Refused {
  const { settings, functions } = context;
  const read = readTarget(params, targetShape, settings);
  if (read.kind === "refused") return read;
  const missing = refused(notFound(arnOf(read, settings)));
  const kept = functions.get(read.name);
  if (kept === null) return missing;
  const version = versionNumberOf(kept.record, read.qualifier);
  const shown = versionsOf(kept).find((each) => each.version === version);
  return shown === undefined ? missing : { kind: "found", record: kept.record, ...shown, qualifier: read.qualifier };
}

/** `origin`: how the client reached us, as `http://127.0.0.1:4566`. */
export async function getFunction(context: FunctionContext, params: unknown, origin: string): Promise<ApiAnswer> {
  const found = find(context, params);
  if (found.kind === "refused") return found.answer;
  const { record, snapshot } = found;
  const { reservedConcurrency, arn } = record.settings;
  const tags = parseTags(await context.tables.get("tags", arn));
  return success(200, {
    Configuration: configurationBody({ ...found, phase: "settled" }, context.settings),
    Code: { RepositoryType: "S3", Location: locationOf(snapshot, origin) },
    ...(tags.size === 0 ? {} : { Tags: Object.fromEntries(tags) }),
    ...(reservedConcurrency === null ? {} : { Concurrency: { ReservedConcurrentExecutions: reservedConcurrency } }),
  });
}

/** Where the zip can be fetched; the file itself where the configuration names one. */
function locationOf({ settings, source }: FunctionSnapshot, origin: string): string {
  if (source.kind === "file") return `file://${source.file}`;
  // Without user and password, should it have them.
  if (source.kind === "endpoint") return new URL(source.url).origin;
  const hex = Buffer.from(source.sha256, "base64").toString("hex");
  return `${origin}/_millrace/functions/${settings.name}/${hex}.zip`;
}

export function getFunctionConfiguration(context: FunctionContext, params: unknown): ApiAnswer {
  const found = find(context, params);
  if (found.kind === "refused") return found.answer;
  return success(200, configurationBody({ ...found, phase: "settled" }, context.settings));
}

export function listFunctions(context: FunctionContext, params: unknown): ApiAnswer {
  const read = readRequest(params, listFunctionsShape);
  if (read.kind === "refused") return read.answer;
  const { Marker, MaxItems, FunctionVersion, MasterRegion = "ALL" } = read.request;
  const isAll = FunctionVersion === "ALL";
  // No function here is a copy of another region's.
  const isOurs = MasterRegion === "ALL" || MasterRegion === context.settings.region;
  const shown = (isOurs ? context.functions.list() : []).flatMap((each) =>
    isAll ? versionsOf(each) : [latestOf(each, null)],
  );
  // A blank comes before whatever a name may go on with.
  const keyOf = (each: Shown): string => `${each.snapshot.settings.name} ${versionKey(each.version)}`;
  const page = pageOfItems(shown, keyOf, { marker: Marker, maxItems: MaxItems, most: MOST_ITEMS });
  return success(200, {
    Functions: page.items.map((each) => configurationBody({ ...each, phase: "listed" }, context.settings)),
    NextMarker: page.nextMarker,
  });
}

type Shown = Omit<ShownFunction, "phase"> & { readonly codeSha256: string };

const latestOf = ({ record, codeSha256: sha }: KeptFunction, qualifier: string | null): Shown => ({
  snapshot: record,
  version: LATEST,
  qualifier,
  codeSha256: sha,
});

const versionsOf = (kept: KeptFunction): readonly Shown[] => [
  latestOf(kept, LATEST),
  ...kept.record.published.map((each) => ({
    snapshot: each,
    version: each.version,
    qualifier: each.version,
    codeSha256: codeSha256(each.source),
  })),
];

export function listVersionsByFunction(context: FunctionContext, params: unknown): ApiAnswer {
  const read = readTarget(params, pagedTargetShape, context.settings);
  if (read.kind === "refused") return read.answer;
  const kept = keptOf(context.functions, read, context.settings);
  if (kept.kind === "refused") return kept.answer;
  const { Marker, MaxItems } = read.request;
  const asked = { marker: Marker, maxItems: MaxItems, most: MOST_ITEMS };
  const page = pageOfItems(versionsOf(kept), (each) => versionKey(each.version), asked);
  return success(200, {
    Versions: page.items.map((each) => configurationBody({ ...each, phase: "listed" }, context.settings)),
    NextMarker: page.nextMarker,
  });
}

/** Nobody has rights here, so a function never has a policy. */
export function getPolicy(context: FunctionContext, params: unknown): ApiAnswer {
  const found = find(context, params);
  if (found.kind === "refused") return found.answer;
  return failure("ResourceNotFoundException", "The resource you requested does not exist.");
}

/** What is the same for every function that is there. */
const sameForAll =
  (body: JsonObject) =>
  (context: FunctionContext, params: unknown): ApiAnswer => {
    const found = find(context, params);
    return found.kind === "refused" ? found.answer : success(200, body);
  };

/** Nothing is signed. */
export const getFunctionCodeSigningConfig = sameForAll({});
export const getFunctionRecursionConfig = sameForAll({ RecursiveLoop: "Terminate" });

export function getRuntimeManagementConfig(context: FunctionContext, params: unknown): ApiAnswer {
  const found = find(context, params);
  if (found.kind === "refused") return found.answer;
  const { name, runtime } = found.snapshot.settings;
  return success(200, {
    UpdateRuntimeOn: "Auto",
    RuntimeVersionArn: runtimeVersionArn(runtime, context.settings),
    FunctionArn: arnOf({ name, qualifier: found.qualifier }, context.settings),
  });
}

export function getAccountSettings(context: FunctionContext): ApiAnswer {
  const kept = context.functions.list();
  const sizes = kept.flatMap(({ record }) =>
    [record, ...record.published].map(({ source }) => (source.kind === "zip" ? source.sizeBytes : 0)),
  );
  const layerBytes = context.layers.list().reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  return success(200, {
    AccountLimit: {
      TotalCodeSize: TOTAL_CODE_BYTES,
      CodeSizeUnzipped: MOST_UNZIPPED_BYTES,
      CodeSizeZipped: MOST_ZIPPED_BYTES,
      ConcurrentExecutions: ACCOUNT_CONCURRENCY,
      UnreservedConcurrentExecutions: ACCOUNT_CONCURRENCY - reservedSum(context, null),
    },
    AccountUsage: {
      TotalCodeSize: sizes.reduce((sum, bytes) => sum + bytes, layerBytes),
      FunctionCount: kept.length,
    },
  });
}

/** What all functions but one have reserved. */
function reservedSum(context: FunctionContext, exceptName: string | null): number {
  return context.functions
    .list()
    .filter(({ record }) => record.settings.name !== exceptName)
    .reduce((sum, { record }) => sum + (record.settings.reservedConcurrency ?? 0), 0);
}

/** What a function may reserve at most, and what must be left for those without a reservation. */
export const unreservedBeside = (context: FunctionContext, name: string): number =>
  ACCOUNT_CONCURRENCY - reservedSum(context, name);
