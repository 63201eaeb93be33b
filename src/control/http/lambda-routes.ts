// The paths of the mapping API and of tags (sections 1.1, 1.2). Labels and queries arrive percent-decoded.

import type { FastifyInstance, FastifyRequest } from "fastify";
import { failure, type ApiAnswer } from "../api-answer.ts";
import type { ControlPlane } from "../control-plane.ts";
import { sendApi } from "./reply-forms.ts";

const MAPPINGS = "/2015-03-31/event-source-mappings";

export function addLambdaRoutes(app: FastifyInstance, control: ControlPlane): void {
  app.post(MAPPINGS, async (request, reply) =>
    sendApi(reply, await withBody(request, (body) => control.createMapping(body))),
  );
  app.get(MAPPINGS, async (request, reply) => {
    const query = queryOf(request);
    const maxItems = single(query["MaxItems"]);
    return sendApi(
      reply,
      await control.listMappings({
        EventSourceArn: single(query["EventSourceArn"]),
        FunctionName: single(query["FunctionName"]),
        Marker: single(query["Marker"]),
        // A query carries texts; what is no whole number fails as a text where a number is due.
        MaxItems: maxItems !== undefined && /^-?\d{1,10}$/.test(maxItems) ? Number(maxItems) : maxItems,
      }),
    );
  });
  app.get(`${MAPPINGS}/:UUID`, async (request, reply) =>
    sendApi(reply, await control.getMapping(label(request, "UUID"))),
  );
  app.put(`${MAPPINGS}/:UUID`, async (request, reply) =>
    sendApi(reply, await withBody(request, (body) => control.updateMapping(label(request, "UUID"), body))),
  );
  app.delete(`${MAPPINGS}/:UUID`, async (request, reply) =>
    sendApi(reply, await control.deleteMapping(label(request, "UUID"))),
  );
  app.get("/2017-03-31/tags/:Resource", async (request, reply) =>
    sendApi(reply, await control.listTags(label(request, "Resource"))),
  );
  app.post("/2017-03-31/tags/:Resource", async (request, reply) =>
    sendApi(reply, await withBody(request, (body) => control.tagResource(label(request, "Resource"), body))),
  );
  app.delete("/2017-03-31/tags/:Resource", async (request, reply) => {
    const keys = queryOf(request)["tagKeys"];
    const list = keys === undefined || Array.isArray(keys) ? keys : [keys];
    return sendApi(reply, await control.untagResource(label(request, "Resource"), list));
  });
}

function label(request: FastifyRequest, name: string): string {
  const { params } = request;
  const value: unknown = typeof params === "object" && params !== null ? Reflect.get(params, name) : "";
  return typeof value === "string" ? value : "";
}

function queryOf(request: FastifyRequest): { readonly [name: string]: unknown } {
  const { query } = request;
  return typeof query === "object" && query !== null ? Object.fromEntries(Object.entries(query)) : {};
}

/** A parameter that is given twice counts once, the first time. */
function single(value: unknown): string | undefined {
  const first: unknown = Array.isArray(value) ? value[0] : value;
  return typeof first === "string" ? first : undefined;
}

/** Parses the body as JSON; no body at all is an empty object, as the service sees it. */
async function withBody(request: FastifyRequest, work: (body: unknown) => Promise<ApiAnswer>): Promise<ApiAnswer> {
  const bytes = request.body instanceof Uint8Array ? request.body : new Uint8Array(0);
  let body: unknown = {};
  try {
    if (bytes.length > 0) body = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch (error) {
    const detail = error instanceof Error ? error.message : "";
    return failure("InvalidRequestContentException", `Could not parse request body into json: ${detail}`);
  }
  return work(body);
}
