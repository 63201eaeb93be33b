// `POST /_millrace/mappings/UUID/pause|step|resume`: a person holds a mapping before its next call and lets it go on. By POST only, so
// that no link and no image acts; the server's check of host and origin keeps foreign pages out.

import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { assertNever } from "../../core/assert-never.ts";
import type { Steer } from "../../ports/steer.ts";
import type { ControlPlane } from "../control-plane.ts";
import type { Steered } from "../steering.ts";

const commands: readonly Steer[] = ["pause", "step", "resume"];

export function addSteerRoutes(app: FastifyInstance, control: Pick<ControlPlane, "steer" | "views">): void {
  for (const command of commands) {
    app.post(`/_millrace/mappings/:uuid/${command}`, async (request, reply) => {
      const uuid = uuidOf(request);
      return answer(reply, control, uuid, control.steer(uuid, command));
    });
  }
}

function answer(
  reply: FastifyReply,
  control: Pick<ControlPlane, "views">,
  uuid: string,
  steered: Steered,
): FastifyReply {
  switch (steered) {
    case "done": {
      const view = control.views().find((each) => each.uuid === uuid);
      return reply.send({ uuid, state: view?.state ?? null, isPaused: view?.isPaused ?? false });
    }
    case "missing":
      return reply.code(404).send({ message: `There is no mapping ${uuid}.` });
    case "notRunning":
      return reply.code(409).send({ message: `Mapping ${uuid} does not run: there is nothing to pause or let go on.` });
    case "notPaused":
      return reply.code(409).send({ message: `Mapping ${uuid} is not paused: its calls go through as they come.` });
    default:
      return assertNever(steered);
  }
}

function uuidOf({ params }: FastifyRequest): string {
  const uuid: unknown = typeof params === "object" && params !== null ? Reflect.get(params, "uuid") : "";
  return typeof uuid === "string" ? uuid : "";
}
