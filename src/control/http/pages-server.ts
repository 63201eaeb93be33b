// A port for pages alone: what a recorded journal is shown on. The same checks of who may ask as the server's own port has.

import fastify, { type FastifyInstance } from "fastify";
import type { Random } from "../../ports/random.ts";
import { createHostCheck } from "./host-check.ts";
import { addHttpFrame, listenError } from "./http-frame.ts";

export interface PagesServer {
  /** Opens the port (0: a free one) and answers its URL. Throws MillraceError port-taken, or bad-argument for an address of no use. */
  listen(address: { readonly host: string; readonly port: number }): Promise<string>;
  /** Cuts what is under way. */
  close(): Promise<void>;
}

/** `command`: what an error's help begins with. */
export function createPagesServer(options: {
  readonly addPages: (app: FastifyInstance) => void;
  readonly random: Random;
  readonly command: string;
}): PagesServer {
  let listensOn: string | null = null;
  const app = fastify({
    logger: false,
    genReqId: () => options.random.uuid("request"),
    exposeHeadRoutes: false,
    routerOptions: { ignoreTrailingSlash: true },
  });
  addHttpFrame(app, createHostCheck({ allowedHosts: [], listensOn: () => listensOn }));
  options.addPages(app);
  return {
    async listen({ host, port }) {
      listensOn = host;
      try {
        return await app.listen({ host, port });
      } catch (error) {
        throw listenError(error, host, port, options.command);
      }
    },
    async close() {
      const closed = app.close();
      app.server.closeAllConnections();
      await closed;
    },
  };
}
