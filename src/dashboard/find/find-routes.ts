// `GET /_millrace/find?what=TEXT`: a record, a message, an invocation, a batch or a key, with its course. `at=MS`, of a recorded journal: as it
// stood then.

import type { FastifyInstance } from "fastify";
import { queryText } from "../../control/http/query.ts";
import type { Clock } from "../../ports/clock.ts";
import { askedMs, sendAnswer } from "../asked.ts";
import type { FindPlace } from "./find.ts";
import { createFinder } from "./finder.ts";

export interface FindRoutes {
  /** Where to look; asked for each search. */
  readonly place: () => FindPlace;
  readonly clock: Clock;
}

export function addFindRoutes(app: FastifyInstance, { place, clock }: FindRoutes): void {
  const finder = createFinder(clock);
  app.addHook("preClose", async () => finder.close());
  app.get("/_millrace/find", async (request, reply) => {
    const left = new AbortController();
    reply.raw.once("close", () => left.abort());
    return sendAnswer(reply, async () => {
      const toMs = askedMs(request, "at");
      const answer = await finder.find({ what: queryText(request, "what") ?? "", toMs, place: place() }, left.signal);
      if (answer.kind !== "nothing") return answer;
      const { code, message, help } = answer;
      const status = code === "busy" ? 503 : code === "bad-argument" && message.startsWith("nothing") ? 404 : 400;
      void reply.code(status);
      return { code, message, ...(help === null ? {} : { help }) };
    });
  });
}
