// The operations on layers. A layer of ours is a zip of Node modules.

import type { LayerVersion } from "../../ports/function-record.ts";
import { type ApiAnswer, failure, type JsonObject, success } from "../api-answer.ts";
import { readRequest } from "../read-request.ts";
import { awsTime } from "./function-body.ts";
import { type FunctionContext, zipOf } from "./function-context.ts";
import { refuseCode } from "./function-rules.ts";
import {
  layerArnShape,
  layerVersionShape,
  listLayersShape,
  listLayerVersionsShape,
  publishLayerShape,
} from "./function-shapes.ts";
import { type Refused, refused } from "./function-target.ts";
import { newestFirstKey, pageOfItems } from "./pages.ts";
import { parseLayerArn } from "./used-layers.ts";

const MOST_ITEMS = 50;

const missing = (): ApiAnswer => failure("ResourceNotFoundException", "The resource you requested does not exist.");

/** The bare name; null: the layer is another account's or region's. */
function nameOf(context: FunctionContext, text: string): string | null {
  if (!text.startsWith("arn:")) return text;
  const { region, accountId } = context.settings;
  const reference = parseLayerArn(`${text}:1`);
  return reference?.region === region && reference.accountId === accountId ? reference.name : null;
}

export async function publishLayerVersion(context: FunctionContext, params: unknown): Promise<ApiAnswer> {
  const read = readRequest(params, publishLayerShape);
  if (read.kind === "refused") return read.answer;
  const { request } = read;
  const { partition, region, accountId } = context.settings;
  const name = nameOf(context, request.LayerName ?? "");
  if (name === null) return missing();
  const refusal = refuseCode(request.Content ?? {});
  if (refusal !== null) return refusal;
  const zip = await zipOf(context, request.Content ?? {});
  if (zip.kind === "refused") return zip.answer;
  const made = await context.layers.publish(
    {
      name,
      layerArn: `arn:${partition}:lambda:${region}:${accountId}:layer:${name}`,
      description: request.Description ?? "",
      createdAtMs: context.clock.nowMs(),
      compatibleRuntimes: (request.CompatibleRuntimes ?? []).filter((each) => each !== null),
      compatibleArchitectures: (request.CompatibleArchitectures ?? []).filter((each) => each !== null),
      licenseInfo: request.LicenseInfo ?? null,
    },
    zip.bytes,
  );
  return success(201, versionBody(made, null));
}

/** `origin`: how the client reached us. */
export function getLayerVersion(context: FunctionContext, params: unknown, origin: string): ApiAnswer {
  const found = find(context, params);
  return found.kind === "refused" ? found.answer : success(200, versionBody(found.layer, origin));
}

export function getLayerVersionByArn(context: FunctionContext, params: unknown, origin: string): ApiAnswer {
  const read = readRequest(params, layerArnShape);
  if (read.kind === "refused") return read.answer;
  const arn = read.request.Arn ?? "";
  const name = nameOf(context, arn.replace(/:\d+$/, ""));
  const layer = name === null ? null : context.layers.get(name, parseLayerArn(arn)?.version ?? 0);
  return layer === null ? missing() : success(200, versionBody(layer, origin));
}

export async function deleteLayerVersion(context: FunctionContext, params: unknown): Promise<ApiAnswer> {
  const read = readVersion(context, params);
  if (read.kind === "refused") return read.answer;
  // One that is not there is gone already.
  if (read.name !== null) await context.layers.delete(read.name, read.version);
  return success(204, null);
}

function readVersion(
  context: FunctionContext,
  params: unknown,
): { readonly kind: "version"; readonly name: string | null; readonly version: number } | Refused {
  const read = readRequest(params, layerVersionShape);
  if (read.kind === "refused") return read;
  const { LayerName = "", VersionNumber: version = 0 } = read.request;
  if (version < 1) return refused(failure("InvalidParameterValueException", "Layer Version Cannot be less than 1."));
  return { kind: "version", name: nameOf(context, LayerName), version };
}

function find(
  context: FunctionContext,
  params: unknown,
): { readonly kind: "found"; readonly layer: LayerVersion } | Refused {
  const read = readVersion(context, params);
  if (read.kind === "refused") return read;
  const layer = read.name === null ? null : context.layers.get(read.name, read.version);
  return layer === null ? refused(missing()) : { kind: "found", layer };
}

export function listLayers(context: FunctionContext, params: unknown): ApiAnswer {
  const read = readRequest(params, listLayersShape);
  if (read.kind === "refused") return read.answer;
  const { Marker, MaxItems } = read.request;
  const newest = new Map<string, LayerVersion>();
  for (const layer of context.layers.list()) if (fits(layer, read.request)) newest.set(layer.name, layer);
  const page = pageOfItems([...newest.values()], ({ name }) => name, {
    marker: Marker,
    maxItems: MaxItems,
    most: MOST_ITEMS,
  });
  return success(200, {
    Layers: page.items.map((layer) => ({
      LayerName: layer.name,
      LayerArn: layer.layerArn,
      LatestMatchingVersion: itemBody(layer),
    })),
    NextMarker: page.nextMarker,
  });
}

export function listLayerVersions(context: FunctionContext, params: unknown): ApiAnswer {
  const read = readRequest(params, listLayerVersionsShape);
  if (read.kind === "refused") return read.answer;
  const { LayerName = "", Marker, MaxItems } = read.request;
  const name = nameOf(context, LayerName);
  // The newest first.
  const shown = context.layers.list().filter((each) => each.name === name && fits(each, read.request));
  const asked = { marker: Marker, maxItems: MaxItems, most: MOST_ITEMS };
  const page = pageOfItems([...shown].reverse(), ({ version }) => newestFirstKey(version), asked);
  return success(200, { LayerVersions: page.items.map(itemBody), NextMarker: page.nextMarker });
}

function fits(
  layer: LayerVersion,
  wanted: { readonly CompatibleRuntime?: string | undefined; readonly CompatibleArchitecture?: string | undefined },
): boolean {
  const { CompatibleRuntime, CompatibleArchitecture } = wanted;
  return (
    (CompatibleRuntime === undefined || layer.compatibleRuntimes.includes(CompatibleRuntime)) &&
    (CompatibleArchitecture === undefined || layer.compatibleArchitectures.includes(CompatibleArchitecture))
  );
}

function itemBody(layer: LayerVersion): JsonObject {
  return {
    LayerVersionArn: layer.arn,
    Version: layer.version,
    Description: layer.description,
    CreatedDate: awsTime(layer.createdAtMs),
    ...(layer.compatibleRuntimes.length === 0 ? {} : { CompatibleRuntimes: layer.compatibleRuntimes }),
    ...(layer.compatibleArchitectures.length === 0 ? {} : { CompatibleArchitectures: layer.compatibleArchitectures }),
    ...(layer.licenseInfo === null ? {} : { LicenseInfo: layer.licenseInfo }),
  };
}

function versionBody(layer: LayerVersion, origin: string | null): JsonObject {
  const location = origin === null ? {} : { Location: `${origin}/_millrace/layers/${layer.name}/${layer.version}.zip` };
  return {
    Content: { ...location, CodeSha256: layer.sha256, CodeSize: layer.sizeBytes },
    LayerArn: layer.layerArn,
    ...itemBody(layer),
  };
}
