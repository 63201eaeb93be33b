// What lies in a destination: each document with what it says, and what can be done: sent again, and of a queue redriven and purged.

import { useState } from "preact/hooks";
import type { DestinationFrame } from "../../../dashboard/frame.ts";
import type { DestinationContents, DestinationDocument } from "../../../dashboard/frame-answers.ts";
import { counted, shortId, shownClock } from "../../parts/format.ts";
import { sent } from "../actions.ts";
import { useDashboard } from "../dashboard-context.ts";
import { RefusalText, useAction } from "../parts/action-button.tsx";
import { answerOf, useAnswer } from "../parts/answers.ts";
import { CommandLine } from "../parts/command-line.tsx";
import { hashOf, routeTo } from "../route.ts";
import { factsOf } from "./document-facts.ts";
import { QueueActions } from "./queue-actions.tsx";

export function Documents({ of }: { readonly of: DestinationFrame }) {
  const { base, isFile } = useDashboard();
  const [asks, setAsks] = useState(0);
  // What is delivered or moved changes a count, and then it is asked again.
  const again = `${of.documentCount} ${of.messageCount ?? ""} ${asks}`;
  const path = isFile ? null : `${base}documents?destination=${encodeURIComponent(of.arn)}`;
  const asked = useAnswer<DestinationContents>(path, again);
  const contents = answerOf(asked);
  const isQueue = of.kind === "queue" || of.kind === "dead-letter queue";
  return (
    <section class="documents" aria-label={of.name}>
      <div class="view-head">
        <h2>
          {of.name} <span class="soft">{contents === null ? "" : counted(contents.documents.length, "document")}</span>
        </h2>
        {isQueue && !isFile && <QueueActions of={of} onDone={() => setAsks((count) => count + 1)} />}
      </div>
      {isFile && <p class="soft">What lies in a destination is not in a journal: a running server reads it back.</p>}
      {asked.kind === "refused" && (
        <div class="empty" role="alert">
          <RefusalText refusal={asked.refusal} />
        </div>
      )}
      {contents !== null && contents.note !== "" && <p class="soft">{contents.note}</p>}
      {contents !== null && contents.command !== null && <CommandLine command={contents.command} />}
      {contents !== null && contents.documents.length === 0 && contents.note === "" && (
        <p class="soft">{isQueue ? "Nothing lies in it." : "There is no document in it."}</p>
      )}
      <ul class="document-list">
        {contents?.documents.map((document) => (
          <li key={document.id}>
            <OneDocument document={document} of={of} />
          </li>
        ))}
      </ul>
    </section>
  );
}

function OneDocument({ document, of }: { readonly document: DestinationDocument; readonly of: DestinationFrame }) {
  const { isReadOnly, route } = useDashboard();
  const { atMs, body, isCut, isResendable, why } = document;
  const facts = factsOf(body);
  return (
    <article>
      <div class="document-head">
        <span class="mono">{shownClock(atMs)}</span>
        {facts === null ? (
          <span>{firstLine(body)}</span>
        ) : (
          <>
            <b>{facts.condition}</b>
            <span>{facts.what}</span>
            <a href={hashOf(routeTo(route, "find", { what: facts.requestId }))}>
              <code>{shortId(facts.requestId)}</code>
            </a>
          </>
        )}
        {!isReadOnly && (isResendable ? <Resend document={document} of={of} /> : <WhyNot of={of} why={why} />)}
      </div>
      <details>
        <summary>{isCut ? "Document, its beginning" : "Document"}</summary>
        <div class="scrolls" tabIndex={0} role="region" aria-label="Document">
          <pre>{pretty(body, isCut)}</pre>
        </div>
      </details>
    </article>
  );
}

function WhyNot({ of, why }: { readonly of: DestinationFrame; readonly why: string }) {
  const text = of.kind === "dead-letter queue" ? "a dead letter: redrive moves it back" : why;
  return <span class="soft small document-why">{text}</span>;
}

function Resend({ document, of }: { readonly document: DestinationDocument; readonly of: DestinationFrame }) {
  const { base } = useDashboard();
  const [said, setSaid] = useState("");
  const act = async () => {
    const done = await sent("POST", `${base}documents/resend`, { destination: of.arn, id: document.id });
    if (done.kind === "done") {
      const { sentCount, to } = done.answer;
      setSaid(`${counted(Number(sentCount), "record")} sent to ${String(to)}`);
    } else setSaid("");
    return done;
  };
  const { isBusy, refusal, run } = useAction(act);
  return (
    <span class="action">
      <button type="button" aria-busy={isBusy} onClick={run}>
        Resend
      </button>
      <span class="is-done" role="status">
        {said === "" ? "" : `✓ ${said}`}
      </span>
      <RefusalText refusal={refusal} />
    </span>
  );
}

const firstLine = (body: string): string => {
  const [line = ""] = body.split("\n");
  return line.length > 120 ? `${line.slice(0, 120)} …` : line;
};

function pretty(body: string, isCut: boolean): string {
  if (isCut) return `${body} …`;
  try {
    return JSON.stringify(JSON.parse(body), null, 2);
  } catch {
    return body;
  }
}
