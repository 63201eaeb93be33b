// The dashboard's routes for a recorded journal: the same page, one whole frame for each instant that is asked for, the scrubber's marks, and
// entries. There is nothing to act on.

import type { FastifyInstance } from "fastify";
import type { FrameOrigin } from "../frame.ts";
import { askedLimit, askedMs, sendAnswer } from "../asked.ts";
import type { Clock } from "../../ports/clock.ts";
import type { FindPlace } from "../find/find.ts";
import { addFindRoutes } from "../find/find-routes.ts";
import { addPageRoutes, refuse } from "../page-routes.ts";
import type { FoldedJournal } from "./folded-journal.ts";

export interface FilePages {
  readonly journal: FoldedJournal;
  /** Of the file, as the page shows it. */
  readonly name: string;
  readonly version: string;
  readonly place: FindPlace;
  readonly clock: Clock;
}

export function addFileRoutes(app: FastifyInstance, { journal, name, version, place, clock }: FilePages): void {
  const { fromMs, toMs, marks } = journal;
  const origin: FrameOrigin = { kind: "file", version, name, fromMs, toMs, isReadOnly: true };
  app.addHook("onRequest", async (request, reply) => {
    if (request.method === "GET") return undefined;
    return refuse(reply, {
      status: 403,
      code: "read-only",
      message: `What ${name} tells has happened: there is nothing to act on.`,
    });
  });
  addPageRoutes(app, "file");
  addFindRoutes(app, { place: () => place, clock });
  app.get("/_millrace/frame", async (request, reply) =>
    sendAnswer(reply.header("cache-control", "no-store"), () => journal.frame(askedMs(request, "at") ?? toMs, origin)),
  );
  app.get("/_millrace/marks", async (_request, reply) => reply.send({ fromMs, toMs, marks }));
  app.get("/_millrace/entries", async (request, reply) =>
    sendAnswer(reply, () => ({
      entries: journal.entries(askedMs(request, "before") ?? toMs + 1, askedLimit(request)),
    })),
  );
  app.get("/_millrace/frames", async (_request, reply) =>
    refuse(reply, {
      status: 404,
      code: "no-frames",
      message: `${name} does not go on: /_millrace/frame?at=MS answers with an instant of it.`,
    }),
  );
}
