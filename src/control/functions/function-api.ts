// The function API without HTTP: one method for all its operations, named as the SDKs name them, members in one object.

import { MillraceError } from "../../errors.ts";
import { type ApiAnswer, failure } from "../api-answer.ts";
import { createAlias, deleteAlias, getAlias, listAliases, updateAlias } from "./alias-operations.ts";
import { deleteFunctionConcurrency, getFunctionConcurrency, putFunctionConcurrency } from "./concurrency-operations.ts";
import { toldRefusal } from "../told-refusals.ts";
import type { FunctionContext } from "./function-context.ts";
import { createFunction, updateFunctionCode, updateFunctionConfiguration } from "./function-operations.ts";
import {
  getAccountSettings,
  getFunction,
  getFunctionCodeSigningConfig,
  getFunctionConfiguration,
  getFunctionRecursionConfig,
  getPolicy,
  getRuntimeManagementConfig,
  listFunctions,
  listVersionsByFunction,
} from "./function-reads.ts";
import {
  deleteLayerVersion,
  getLayerVersion,
  getLayerVersionByArn,
  listLayers,
  listLayerVersions,
  publishLayerVersion,
} from "./layer-operations.ts";
import { deleteFunction, publishVersion } from "./version-operations.ts";

type Work = (context: FunctionContext, params: unknown, origin: string) => ApiAnswer | Promise<ApiAnswer>;

const operations = {
  CreateFunction: createFunction,
  GetFunction: getFunction,
  GetFunctionConfiguration: getFunctionConfiguration,
  ListFunctions: listFunctions,
  UpdateFunctionCode: updateFunctionCode,
  UpdateFunctionConfiguration: updateFunctionConfiguration,
  DeleteFunction: deleteFunction,
  PublishVersion: publishVersion,
  ListVersionsByFunction: listVersionsByFunction,
  CreateAlias: createAlias,
  GetAlias: getAlias,
  UpdateAlias: updateAlias,
  DeleteAlias: deleteAlias,
  ListAliases: listAliases,
  PutFunctionConcurrency: putFunctionConcurrency,
  GetFunctionConcurrency: getFunctionConcurrency,
  DeleteFunctionConcurrency: deleteFunctionConcurrency,
  GetPolicy: getPolicy,
  GetFunctionCodeSigningConfig: getFunctionCodeSigningConfig,
  GetFunctionRecursionConfig: getFunctionRecursionConfig,
  GetRuntimeManagementConfig: getRuntimeManagementConfig,
  GetAccountSettings: getAccountSettings,
  PublishLayerVersion: publishLayerVersion,
  GetLayerVersion: getLayerVersion,
  GetLayerVersionByArn: getLayerVersionByArn,
  ListLayers: listLayers,
  ListLayerVersions: listLayerVersions,
  DeleteLayerVersion: deleteLayerVersion,
} as const satisfies { readonly [name: string]: Work };

export type FunctionOperation = keyof typeof operations;

export interface FunctionApi {
  /** `origin`: how the client reached us, as `http://127.0.0.1:4566`: what can be fetched is shown under it. */
  call(operation: FunctionOperation, params: unknown, origin: string): Promise<ApiAnswer>;
  /** The zip with this SHA-256 (hexadecimal) of a function that names it; null: there is none. */
  functionZip(name: string, sha256Hex: string): Promise<Uint8Array | null>;
  layerZip(name: string, version: number): Promise<Uint8Array | null>;
}

export function createFunctionApi(context: FunctionContext): FunctionApi {
  return {
    async call(operation, params, origin) {
      const work: Work = operations[operation];
      try {
        return toldRefusal(context.journal, operation, await work(context, params, origin));
      } catch (error) {
        return answerOf(error);
      }
    },
    async functionZip(name, sha256Hex) {
      const record = context.functions.get(name)?.record;
      const sha256 = Buffer.from(sha256Hex, "hex").toString("base64");
      const isNamed =
        record !== undefined &&
        [record, ...record.published].some(({ source }) => source.kind === "zip" && source.sha256 === sha256);
      return isNamed ? await context.functions.readZip(name, sha256) : null;
    },
    async layerZip(name, version) {
      return context.layers.get(name, version) === null ? null : await context.layers.readZip(name, version);
    },
  };
}

/** What was sent cannot be used; anything else is a fault of ours, told as AWS tells its own. */
function answerOf(error: unknown): ApiAnswer {
  const detail = error instanceof Error ? error.message : String(error);
  if (error instanceof MillraceError && error.code === "bad-argument") {
    return failure("InvalidParameterValueException", detail);
  }
  return failure("ServiceException", `An error occurred and the request cannot be processed: ${detail}`);
}
