// What state the connection is in, in words.

import type { Connection, Feed } from "./connection.ts";
import { shownClock } from "../parts/format.ts";

export interface Status {
  readonly text: string;
  readonly tone: "done" | "failed" | "waiting";
  /** The picture is of a while ago. */
  readonly isStale: boolean;
  readonly rate: string;
}

/** `wallMs`: this machine's clock. */
export function statusOf({ connection, picture }: Feed, isFrozen: boolean, wallMs: number): Status {
  const shownOf = picture.frame?.shownOf ?? 1;
  const shown = shownOf > 1 ? `1 of ${shownOf} shown; counts and failures are complete` : "all shown";
  const rate = connection.kind === "live" && picture.frame !== null ? `up to 4 updates/s, ${shown}` : "";
  if (isFrozen) return { text: "frozen: f lets it go on", tone: "failed", isStale: false, rate: "frozen" };
  return { ...connectionText(connection, picture, wallMs), rate };
}

function connectionText(
  connection: Connection,
  { frame }: Feed["picture"],
  wallMs: number,
): Pick<Status, "text" | "tone" | "isStale"> {
  switch (connection.kind) {
    case "live":
      return { text: frame?.origin.isReadOnly === true ? "live, read-only" : "live", tone: "done", isStale: false };
    case "connecting":
      return { text: "connecting", tone: "waiting", isStale: frame !== null };
    case "hidden":
      return { text: "stopped while hidden", tone: "waiting", isStale: true };
    case "file": {
      const at = frame === null ? "" : ` at ${shownClock(frame.atMs)}`;
      return { text: `recorded${at}, read-only`, tone: "waiting", isStale: false };
    }
    case "lost": {
      const left = Math.max(0, Math.ceil((connection.nextTryAtMs - wallMs) / 1_000));
      const text = `not connected since ${shownClock(connection.sinceMs, false)}, next try in ${left} s`;
      return { text, tone: "failed", isStale: true };
    }
  }
}

export function StatusText({ status }: { readonly status: Status }) {
  return (
    <span class={`status is-${status.tone}`}>
      <span aria-hidden="true">{status.tone === "failed" ? "✗" : "●"}</span> {status.text}
    </span>
  );
}
