// Where the frames come from: server-sent events of a running server, or one whole frame for an instant of a recorded journal. A
// connection that is lost is tried again every 2 seconds; a tab that is hidden has none.

import type { Frame } from "../../dashboard/frame.ts";
import { emptyPicture, type Picture, pictureAfter } from "./store.ts";

const RETRY_MS = 2_000;

export type Connection =
  | { readonly kind: "connecting"; readonly sinceMs: number }
  | { readonly kind: "live" }
  | { readonly kind: "lost"; readonly sinceMs: number; readonly nextTryAtMs: number }
  | { readonly kind: "hidden" }
  | { readonly kind: "file" };

export interface Feed {
  readonly picture: Picture;
  readonly connection: Connection;
  /** Of this machine's clock, when the newest frame came. */
  readonly cameAtMs: number;
}

export interface FeedSource {
  now(): Feed;
  /** Returns how to stop. */
  subscribe(changed: () => void): () => void;
  /** Of a recorded journal: shows what was then; null: at its end. */
  showInstant(atMs: number | null): void;
  close(): void;
}

export interface FeedOptions {
  /** Where the page lies, with `/` at its end. */
  readonly base: string;
  readonly isFile: boolean;
}

export function openFeed({ base, isFile }: FeedOptions): FeedSource {
  const listeners = new Set<() => void>();
  let feed: Feed = {
    picture: emptyPicture,
    connection: isFile ? { kind: "file" } : { kind: "connecting", sinceMs: Date.now() },
    cameAtMs: Date.now(),
  };
  let events: EventSource | null = null;
  let retry: ReturnType<typeof setTimeout> | null = null;
  let asked: AbortController | null = null;

  const change = (to: Partial<Feed>): void => {
    feed = { ...feed, ...to };
    for (const listener of listeners) listener();
  };

  const take = (frame: Frame): void => {
    const picture = pictureAfter(feed.picture, frame);
    if (picture === null) return connect();
    change({ picture, cameAtMs: Date.now(), connection: isFile ? { kind: "file" } : { kind: "live" } });
  };

  const disconnect = (): void => {
    events?.close();
    events = null;
    if (retry !== null) clearTimeout(retry);
    retry = null;
  };

  const lose = (): void => {
    disconnect();
    const sinceMs = feed.connection.kind === "lost" ? feed.connection.sinceMs : Date.now();
    change({ connection: { kind: "lost", sinceMs, nextTryAtMs: Date.now() + RETRY_MS } });
    retry = setTimeout(connect, RETRY_MS);
  };

  function connect(): void {
    disconnect();
    events = new EventSource(`${base}frames`);
    events.addEventListener("frame", (event) => take(JSON.parse(String(event.data))));
    events.addEventListener("error", lose);
  }

  const askFor = async (instantMs: number | null): Promise<void> => {
    disconnect();
    asked?.abort();
    asked = new AbortController();
    try {
      const answer = await fetch(`${base}frame${instantMs === null ? "" : `?at=${instantMs}`}`, {
        signal: asked.signal,
      });
      if (answer.ok) return take((await answer.json()) as Frame);
    } catch (error) {
      if (error instanceof DOMException && error.name === "AbortError") return;
    }
    const sinceMs = Date.now();
    change({ connection: { kind: "lost", sinceMs, nextTryAtMs: sinceMs + RETRY_MS } });
    retry = setTimeout(() => void askFor(instantMs), RETRY_MS);
  };

  const lookAtVisibility = (): void => {
    if (isFile) return;
    if (document.visibilityState === "hidden") {
      disconnect();
      change({ connection: { kind: "hidden" } });
    } else if (events === null) {
      change({ connection: { kind: "connecting", sinceMs: Date.now() } });
      connect();
    }
  };

  document.addEventListener("visibilitychange", lookAtVisibility);
  if (!isFile && document.visibilityState !== "hidden") connect();

  return {
    now: () => feed,
    subscribe(changed) {
      listeners.add(changed);
      return () => listeners.delete(changed);
    },
    showInstant: (instantMs) => void askFor(instantMs),
    close() {
      document.removeEventListener("visibilitychange", lookAtVisibility);
      asked?.abort();
      disconnect();
      listeners.clear();
    },
  };
}
