// Frames as server-sent events to the pages that are open.
//
// E1  A page that reads too slowly is skipped, and nothing is queued for it; once it has read on, it is given a whole frame.
// E2  Beyond MOST_PAGES nobody is let in: a page that was forgotten in some window does not cost for ever.

import type { FastifyReply } from "fastify";
import type { Frame } from "./frame.ts";

const MOST_PAGES = 50;
/** A frame is sent only where so little waits to be read. */
const MOST_WAITING_BYTES = 65_536;

export interface FrameStreams {
  /** Takes the reply over. False: too many pages are open, and the reply is as it was. */
  open(reply: FastifyReply, whole: Frame): boolean;
  /** The same text for all; `whole` is made only for those that missed one. */
  send(frame: Frame, whole: () => Frame): void;
  count(): number;
  close(): void;
}

export function createFrameStreams(hooks: { readonly onFirst: () => void; readonly onNone: () => void }): FrameStreams {
  const pages = new Map<FastifyReply["raw"], { hasMissed: boolean }>();
  const textOf = (frame: Frame): string => `event: frame\nid: ${frame.number}\ndata: ${JSON.stringify(frame)}\n\n`;

  function gone(raw: FastifyReply["raw"]): void {
    if (pages.delete(raw) && pages.size === 0) hooks.onNone();
  }

  return {
    open(reply, whole) {
      if (pages.size >= MOST_PAGES) return false;
      const { raw } = reply;
      void reply.hijack();
      // It has gone while the frame was made.
      if (raw.destroyed) return true;
      raw.writeHead(200, {
        "x-amzn-RequestId": reply.request.id,
        "content-type": "text/event-stream",
        "cache-control": "no-store",
      });
      raw.write(textOf(whole));
      pages.set(raw, { hasMissed: false });
      raw.on("close", () => gone(raw));
      // A page that resets its connection has gone; `close` follows.
      raw.on("error", () => undefined);
      if (pages.size === 1) hooks.onFirst();
      return true;
    },
    send(frame, whole) {
      const text = textOf(frame);
      let wholeText: string | null = null;
      for (const [raw, page] of pages) {
        if (raw.writableLength > MOST_WAITING_BYTES) {
          page.hasMissed = true;
          continue;
        }
        if (page.hasMissed) wholeText ??= textOf(whole());
        raw.write(page.hasMissed ? (wholeText ?? text) : text);
        page.hasMissed = false;
      }
    },
    count: () => pages.size,
    close() {
      for (const raw of pages.keys()) raw.end();
    },
  };
}
