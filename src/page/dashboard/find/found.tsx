// What was found: its course as a timeline, its event to copy, commands to go on with, and all that explain says of it.

import type { FindAnswer, FoundStep } from "../../../dashboard/frame-answers.ts";
import { shortId, shownClock, shownMs } from "../../parts/format.ts";
import { useDashboard } from "../dashboard-context.ts";
import { CommandLine, CopyButton } from "../parts/command-line.tsx";
import type { Tone } from "../parts/tones.ts";
import { Sign } from "../parts/signs.tsx";
import { hashOf, routeTo } from "../route.ts";
import "../views/views.css";

type FoundAnswer = Extract<FindAnswer, { readonly kind: "found" }>;

export function Found({ answer }: { readonly answer: FoundAnswer }) {
  const { steps, event, text, commands } = answer;
  const [title = "", ...rest] = text.split("\n");
  return (
    <>
      <h2 class="found-title">{title.trim().replace(/\s{2,}/g, "  ")}</h2>
      {steps.length > 0 && <Timeline steps={steps} />}
      {event !== null && <EventText event={event} />}
      {commands.length > 0 && (
        <section class="found-next">
          <h3>Go on</h3>
          {commands.map(({ command, what }) => (
            <p key={command}>
              <CommandLine command={command} /> <span class="soft">{what}</span>
            </p>
          ))}
        </section>
      )}
      <details open={steps.length === 0}>
        <summary>All that is told of it</summary>
        <div class="scrolls" tabIndex={0} role="region" aria-label="All that is told of it">
          <pre>{steps.length === 0 ? text : rest.join("\n")}</pre>
        </div>
      </details>
    </>
  );
}

const tones: Readonly<
  Record<FoundStep["sign"], { readonly tone: Tone; readonly sign: string; readonly word: string }>
> = {
  done: { tone: "done", sign: "✓", word: "done" },
  failed: { tone: "failed", sign: "✗", word: "failed" },
  "gave-up": { tone: "gave-up", sign: "■", word: "given up" },
  waits: { tone: "waiting", sign: "·", word: "waits" },
  throttled: { tone: "throttled", sign: "≈", word: "throttled" },
  none: { tone: "waiting", sign: "–", word: "" },
};

function Timeline({ steps }: { readonly steps: readonly FoundStep[] }) {
  const { isFile, showInstant } = useDashboard();
  const firstMs = steps.find(({ atMs }) => atMs !== null)?.atMs ?? null;
  return (
    <table class="timeline">
      <caption class="spoken">Its course, oldest first</caption>
      <thead>
        <tr>
          <th scope="col">Time</th>
          <th scope="col" class="number">
            Since
          </th>
          <th scope="col">Step</th>
        </tr>
      </thead>
      <tbody>
        {steps.map((step, index) => (
          <tr key={index}>
            <td class="mono">
              {step.atMs === null ? (
                "–"
              ) : isFile ? (
                <button type="button" class="plain" onClick={() => showInstant(step.atMs ?? 0)}>
                  {shownClock(step.atMs)}
                </button>
              ) : (
                shownClock(step.atMs)
              )}
            </td>
            <td class="number soft">{step.atMs === null || firstMs === null ? "" : shownMs(step.atMs - firstMs)}</td>
            <td>
              <StepText step={step} />
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function StepText({ step }: { readonly step: FoundStep }) {
  const { route } = useDashboard();
  const { tone, sign, word } = tones[step.sign];
  return (
    <>
      <Sign tone={tone} sign={sign} /> <span class="spoken">{word}</span>
      <span class={step.sign === "none" ? "" : `is-${tone}`}>{step.what}</span>
      {step.detail !== "" && <span class="soft step-detail">{step.detail}</span>}
      {step.requestId !== null && (
        <a class="step-request" href={hashOf(routeTo(route, "functions", { request: step.requestId }))}>
          {`log of ${shortId(step.requestId)}`}
        </a>
      )}
    </>
  );
}

function EventText({ event }: { readonly event: string }) {
  const shown = prettyJson(event);
  return (
    <details class="event">
      <summary>The event of this record alone</summary>
      <p>
        <CopyButton text={event} word="copy" spoken="the event" />{" "}
        <span class="soft">as its function gets it: for a test, or `aws lambda invoke`</span>
      </p>
      <div class="scrolls" tabIndex={0} role="region" aria-label="The event">
        <pre>{shown}</pre>
      </div>
    </details>
  );
}

function prettyJson(text: string): string {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}
