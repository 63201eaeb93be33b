// The paths of the function API, and two local ones under which its zips can be fetched. Labels and queries are members by their
// own names; which body a call has is in the table.

import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import type { ApiAnswer } from "../api-answer.ts";
import type { FunctionApi, FunctionOperation } from "../functions/function-api.ts";
import { label, numberFrom, queryOf, single, withBody } from "./lambda-request.ts";
import { sendApi, sendFault } from "./reply-forms.ts";

/** A zip of 50 MB as base64, and then some: AWS's own limit of a request. */
const MOST_ZIP_BODY_BYTES = 70_167_211;

const FUNCTIONS = "/2015-03-31/functions";
const ONE = "/:FunctionName";
const LAYERS = "/2018-10-31/layers";
const ONE_VERSION = "/:LayerName/versions/:VersionNumber";

interface Route {
  readonly method: "GET" | "POST" | "PUT" | "DELETE";
  readonly path: string;
  readonly operation: FunctionOperation;
}

const route = (method: Route["method"], path: string, operation: FunctionOperation): Route => ({
  method,
  path,
  operation,
});

const routes: readonly Route[] = [
  route("POST", FUNCTIONS, "CreateFunction"),
  route("GET", FUNCTIONS, "ListFunctions"),
  route("GET", `${FUNCTIONS}${ONE}`, "GetFunction"),
  route("DELETE", `${FUNCTIONS}${ONE}`, "DeleteFunction"),
  route("GET", `${FUNCTIONS}${ONE}/configuration`, "GetFunctionConfiguration"),
  route("PUT", `${FUNCTIONS}${ONE}/configuration`, "UpdateFunctionConfiguration"),
  route("PUT", `${FUNCTIONS}${ONE}/code`, "UpdateFunctionCode"),
  route("POST", `${FUNCTIONS}${ONE}/versions`, "PublishVersion"),
  route("GET", `${FUNCTIONS}${ONE}/versions`, "ListVersionsByFunction"),
  route("POST", `${FUNCTIONS}${ONE}/aliases`, "CreateAlias"),
  route("GET", `${FUNCTIONS}${ONE}/aliases`, "ListAliases"),
  route("GET", `${FUNCTIONS}${ONE}/aliases/:Name`, "GetAlias"),
  route("PUT", `${FUNCTIONS}${ONE}/aliases/:Name`, "UpdateAlias"),
  route("DELETE", `${FUNCTIONS}${ONE}/aliases/:Name`, "DeleteAlias"),
  route("GET", `${FUNCTIONS}${ONE}/policy`, "GetPolicy"),
  route("PUT", `/2017-10-31/functions${ONE}/concurrency`, "PutFunctionConcurrency"),
  route("DELETE", `/2017-10-31/functions${ONE}/concurrency`, "DeleteFunctionConcurrency"),
  route("GET", `/2019-09-30/functions${ONE}/concurrency`, "GetFunctionConcurrency"),
  route("GET", `/2020-06-30/functions${ONE}/code-signing-config`, "GetFunctionCodeSigningConfig"),
  route("GET", `/2021-07-20/functions${ONE}/runtime-management-config`, "GetRuntimeManagementConfig"),
  route("GET", `/2024-08-31/functions${ONE}/recursion-config`, "GetFunctionRecursionConfig"),
  route("GET", "/2016-08-19/account-settings", "GetAccountSettings"),
  route("GET", `${LAYERS}/:LayerName/versions`, "ListLayerVersions"),
  route("POST", `${LAYERS}/:LayerName/versions`, "PublishLayerVersion"),
  route("GET", `${LAYERS}${ONE_VERSION}`, "GetLayerVersion"),
  route("DELETE", `${LAYERS}${ONE_VERSION}`, "DeleteLayerVersion"),
];

/** The last two share a path, below. */
export const functionOperations: readonly FunctionOperation[] = [
  ...routes.map(({ operation }) => operation),
  "ListLayers",
  "GetLayerVersionByArn",
];

const queryMembers: readonly string[] = [
  "Qualifier",
  "FunctionVersion",
  "MasterRegion",
  "Marker",
  "CompatibleRuntime",
  "CompatibleArchitecture",
];

export function addFunctionRoutes(app: FastifyInstance, functions: FunctionApi): void {
  for (const { method, path, operation } of routes) {
    app.route({
      method,
      url: path,
      bodyLimit: MOST_ZIP_BODY_BYTES,
      handler: async (request, reply) => sendApi(reply, await called(functions, operation, request)),
    });
  }
  // Two operations share this path, and are told apart by the query.
  app.get(LAYERS, async (request, reply) => {
    const { find, Arn } = queryOf(request);
    const answer =
      single(find) === "LayerVersion"
        ? await functions.call("GetLayerVersionByArn", { Arn: single(Arn) }, originOf(request))
        : await called(functions, "ListLayers", request);
    return sendApi(reply, answer);
  });
  app.get("/_millrace/functions/:FunctionName/:file", async (request, reply) => {
    const hex = /^([0-9a-f]{64})\.zip$/.exec(label(request, "file"))?.[1];
    const zip = hex === undefined ? null : await functions.functionZip(label(request, "FunctionName"), hex);
    return sendZip(reply, zip);
  });
  app.get("/_millrace/layers/:LayerName/:file", async (request, reply) => {
    const version = /^(\d{1,9})\.zip$/.exec(label(request, "file"))?.[1];
    const zip = version === undefined ? null : await functions.layerZip(label(request, "LayerName"), Number(version));
    return sendZip(reply, zip);
  });
}

async function called(
  functions: FunctionApi,
  operation: FunctionOperation,
  request: FastifyRequest,
): Promise<ApiAnswer> {
  const query = queryOf(request);
  const members: { [name: string]: unknown } = {};
  for (const name of queryMembers) members[name] = single(query[name]);
  members["MaxItems"] = numberFrom(single(query["MaxItems"]));
  const { params } = request;
  if (typeof params === "object" && params !== null) Object.assign(members, params);
  if ("VersionNumber" in members) members["VersionNumber"] = numberFrom(single(members["VersionNumber"]));
  const given = Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined));
  if (request.method === "GET" || request.method === "DELETE") {
    return await functions.call(operation, given, originOf(request));
  }
  return await withBody(request, (body) => functions.call(operation, withMembers(body, given), originOf(request)));
}

/** A body that is no object is left for the model layer to refuse. */
function withMembers(body: unknown, members: { readonly [name: string]: unknown }): unknown {
  return typeof body === "object" && body !== null && !Array.isArray(body) ? { ...body, ...members } : body;
}

const originOf = (request: FastifyRequest): string => `http://${request.host}`;

function sendZip(reply: FastifyReply, zip: Uint8Array | null): FastifyReply {
  if (zip === null) return sendFault(reply, "UnknownOperation", "There is no such zip.");
  return reply.header("content-type", "application/zip").send(Buffer.from(zip.buffer, zip.byteOffset, zip.byteLength));
}
