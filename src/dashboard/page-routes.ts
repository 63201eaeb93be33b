// `GET /_millrace/`: the page itself, its script and its style, with nothing loaded from elsewhere; and how refusals of a page's questions and
// actions look.

import { createHash } from "node:crypto";
import type { FastifyInstance, FastifyReply } from "fastify";
import { MillraceError } from "../errors.ts";
import type { FrameOrigin } from "./frame.ts";
import { pageFiles } from "./page-files.ts";

const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "connect-src 'self'",
  "img-src data:",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join("; ");

const pageText = (origin: FrameOrigin["kind"]): string => `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <title>Millrace</title>
    <link rel="icon" href="data:,">
    <link rel="stylesheet" href="/_millrace/dashboard.css">
    <script src="/_millrace/dashboard.js" defer></script>
  </head>
  <body>
    <div id="app" data-origin="${origin}"></div>
    <noscript>The dashboard needs JavaScript; \`curl /_millrace/mappings\` and \`millrace explain\` do not.</noscript>
  </body>
</html>
`;

/** `origin`: whether frames come by themselves, or one for each instant that is asked for. */
export function addPageRoutes(app: FastifyInstance, origin: FrameOrigin["kind"]): void {
  app.get("/_millrace/", (request, reply) => {
    // The page's own addresses are relative to it.
    const [path = "", query] = request.url.split("?");
    if (!path.endsWith("/")) return reply.redirect(`${path}/${query === undefined ? "" : `?${query}`}`, 308);
    return sendFile(reply, pageText(origin), "text/html; charset=utf-8");
  });
  app.get("/_millrace/dashboard.js", async (_request, reply) =>
    sendFile(reply, (await pageFiles("dashboard")).script, "text/javascript; charset=utf-8"),
  );
  app.get("/_millrace/dashboard.css", async (_request, reply) =>
    sendFile(reply, (await pageFiles("dashboard")).style, "text/css; charset=utf-8"),
  );
}

function sendFile(reply: FastifyReply, text: string, type: string): FastifyReply {
  const tag = `"${createHash("sha256").update(text).digest("base64url").slice(0, 22)}"`;
  void reply
    .header("content-security-policy", POLICY)
    .header("x-content-type-options", "nosniff")
    .header("referrer-policy", "no-referrer")
    .header("cache-control", "no-cache")
    .header("etag", tag);
  if (reply.request.headers["if-none-match"] === tag) return reply.code(304).send();
  return reply.header("content-type", type).send(text);
}

export interface PageRefusal {
  readonly status: 400 | 403 | 404 | 409 | 503;
  readonly code: string;
  readonly message: string;
  /** A command or a text to paste. */
  readonly help?: string;
}

export function refuse(reply: FastifyReply, { status, ...body }: PageRefusal): FastifyReply {
  return reply.code(status).send(body);
}

/** What the product's own errors look like to a page; others go on. */
export function refuseError(reply: FastifyReply, error: unknown): FastifyReply {
  if (!(error instanceof MillraceError)) throw error;
  const { code, message, help } = error;
  const status = code === "source-unreachable" ? 503 : code === "source-elsewhere" ? 409 : 400;
  return refuse(reply, { status, code, message, ...(help === null ? {} : { help }) });
}
