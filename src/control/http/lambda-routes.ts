// The paths of the mapping API and of tags (sections 1.1, 1.2). Labels and queries arrive percent-decoded.

import type { FastifyInstance } from "fastify";
import type { ControlPlane } from "../control-plane.ts";
import { label, numberFrom, queryOf, single, withBody } from "./lambda-request.ts";
import { sendApi } from "./reply-forms.ts";

const MAPPINGS = "/2015-03-31/event-source-mappings";

export function addLambdaRoutes(app: FastifyInstance, control: ControlPlane): void {
  app.post(MAPPINGS, async (request, reply) =>
    sendApi(reply, await withBody(request, (body) => control.createMapping(body))),
  );
  app.get(MAPPINGS, async (request, reply) => {
    const query = queryOf(request);
    return sendApi(
      reply,
      await control.listMappings({
        EventSourceArn: single(query["EventSourceArn"]),
        FunctionName: single(query["FunctionName"]),
        Marker: single(query["Marker"]),
        MaxItems: numberFrom(single(query["MaxItems"])),
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
