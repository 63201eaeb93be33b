// The view Find: where is my record? What is asked is looked for in the journal by the server, and told as its course.

import type { FindAnswer } from "../../../dashboard/frame-answers.ts";
import { counted, shownClock } from "../../parts/format.ts";
import { type Dashboard, useDashboard } from "../dashboard-context.ts";
import { explainCommand } from "../parts/commands.ts";
import { Found } from "../find/found.tsx";
import { RefusalText } from "../parts/action-button.tsx";
import { answerOf, useAnswer } from "../parts/answers.ts";
import { Empty } from "../parts/empty.tsx";
import { useTicks } from "../parts/ticks.ts";
import { hashOf, routeTo } from "../route.ts";

export function FindView() {
  const { route, base, isFile, frame } = useDashboard();
  const what = route.params["what"] ?? "";
  // Of a recorded journal it is looked for up to the instant that is shown.
  const at = isFile ? `&at=${Math.round(frame.atMs)}` : "";
  const asked = useAnswer<FindAnswer>(what === "" ? null : `${base}find?what=${encodeURIComponent(what)}${at}`);
  const answer = answerOf(asked);
  return (
    <>
      <div class="view-head">
        <h1>{what === "" ? "Find" : `Find: ${what}`}</h1>
        {answer?.kind === "found" && (
          <p class="soft">{`looked through ${counted(answer.searchedCount, "entry")} of the journal`}</p>
        )}
      </div>
      {what === "" ? <Hints /> : <Later />}
      {asked.kind === "waiting" && answer === null && <Waiting sinceMs={asked.sinceMs} />}
      {asked.kind === "refused" && (
        <div class="empty" role="alert">
          <RefusalText refusal={asked.refusal} />
        </div>
      )}
      {answer?.kind === "several" && <Several message={answer.message} choices={answer.choices} />}
      {answer?.kind === "found" && <Found answer={answer} />}
    </>
  );
}

/** Of a recorded journal only what had happened by the instant that is shown is looked through. */
function Later() {
  const { frame, showInstant } = useDashboard();
  const { origin, atMs } = frame;
  if (origin.kind !== "file" || atMs >= origin.toMs) return null;
  return (
    <p class="later">
      {`Looked through until ${shownClock(atMs)}, the instant that is shown. `}
      <button type="button" onClick={() => showInstant(origin.toMs)}>
        Look through all of it
      </button>
    </p>
  );
}

function Hints() {
  const kinds: readonly (readonly [string, string])[] = [
    ["record", "a part of its sequence number; of a topic orders-2:17"],
    ["message", "a part of its id"],
    ["request", "the beginning of an invocation's request id"],
    ["key", "a record's partition key, whole"],
    ["batch", "29, 29.2, or 5e1f09c2/29"],
    ["mapping", "the beginning of its UUID, or its function"],
  ];
  return (
    <>
      <p>
        Type what you know into the search above; <kbd>/</kbd> leads there.
      </p>
      <dl class="settings">
        {kinds.map(([term, value]) => (
          <div key={term}>
            <dt>{term}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
      <Empty text="The same in a terminal:" command="millrace explain RECORD" />
    </>
  );
}

/** What is awaited; after 2 seconds, for how long. */
function Waiting({ sinceMs }: { readonly sinceMs: number }) {
  const nowMs = useTicks(500, true);
  const waitedMs = nowMs - sinceMs;
  const soFar = waitedMs < 2_000 ? "" : `, ${Math.round(waitedMs / 1_000)} s so far`;
  return <p class="empty" role="status">{`The journal is being looked through${soFar}.`}</p>;
}

function Several({ message, choices }: { readonly message: string; readonly choices: readonly string[] }) {
  const { route } = useDashboard();
  return (
    <section>
      <h2>{choices.length === 0 ? "Which one?" : `${choices.length} to choose from`}</h2>
      <p class="soft">{`${message}.`}</p>
      <ul class="choices">
        {choices.map((choice) => (
          <li key={choice}>
            <a data-row href={hashOf(routeTo(route, "find", { what: choice }))}>
              <code>{choice}</code>
            </a>
          </li>
        ))}
      </ul>
    </section>
  );
}

export const findCommand = ({ route, frame }: Dashboard): string =>
  explainCommand(route.params["what"] || "RECORD", frame.origin);
