// The view Journal: what happened then? Of a recorded journal the scrubber, which sets the instant of every view; and the entries, of a
// running server its newest ones.

import { type Dashboard, useDashboard } from "../dashboard-context.ts";
import { explainCommand, quoted } from "../parts/commands.ts";
import { Entries } from "../journal/entries.tsx";
import { Scrubber } from "../journal/scrubber.tsx";
import "./views.css";

export function JournalView() {
  const { isFile, frame } = useDashboard();
  return (
    <>
      <div class="view-head">
        <h1>Journal</h1>
        {frame.origin.kind === "file" && <p class="soft">{frame.origin.name}</p>}
      </div>
      {isFile && <Scrubber />}
      <Entries />
    </>
  );
}

export function journalCommand({ frame }: Dashboard): string {
  if (frame.origin.kind !== "file") return `curl -sN ${location.origin}/_millrace/journal`;
  const { name } = frame.origin;
  return name.endsWith(".mrec") ? `millrace replay ${quoted(name)}` : explainCommand("RECORD", frame.origin);
}
