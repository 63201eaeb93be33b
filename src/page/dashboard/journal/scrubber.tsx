// The scrubber of a recorded journal: a slider over its time with marks where something failed. Dragging it, or `[` and `]`, shows every view
// as it was then.

import { useEffect, useState } from "preact/hooks";
import type { JournalMark } from "../../../dashboard/frame.ts";
import { counted, shownClock, shownMs } from "../../parts/format.ts";
import { type Dashboard, useDashboard } from "../dashboard-context.ts";
import { RefusalText } from "../parts/action-button.tsx";
import { answerOf, useAnswer } from "../parts/answers.ts";
import { CommandLine } from "../parts/command-line.tsx";
import type { Tone } from "../parts/tones.ts";
import { Sign } from "../parts/signs.tsx";
import { markBefore, markBehind, shownMarks, stopCommand } from "./marks.ts";

interface Marks {
  readonly fromMs: number;
  readonly toMs: number;
  readonly marks: readonly JournalMark[];
}

const kinds: Readonly<
  Record<JournalMark["kind"], { readonly tone: Tone; readonly sign: string; readonly text: string }>
> = {
  failed: { tone: "failed", sign: "✗", text: "failed" },
  "gave-up": { tone: "gave-up", sign: "■", text: "given up" },
  throttled: { tone: "throttled", sign: "≈", text: "throttled" },
  state: { tone: "accent", sign: "▸", text: "state" },
  problem: { tone: "failed", sign: "✗", text: "problem" },
};

/** While it is dragged, at most so often another instant is asked for. */
const DRAG_MS = 120;

export function Scrubber() {
  const dashboard = useDashboard();
  const asked = useAnswer<Marks>(`${dashboard.base}marks`);
  const answer = answerOf(asked);
  if (asked.kind === "refused") return <RefusalText refusal={asked.refusal} />;
  return answer === null ? null : <Slider {...answer} dashboard={dashboard} />;
}

function Slider({ fromMs, toMs, marks, dashboard }: Marks & { readonly dashboard: Dashboard }) {
  const { frame, showInstant } = dashboard;
  const [draggedMs, setDragged] = useState<number | null>(null);
  const atMs = draggedMs ?? Math.max(fromMs, Math.min(toMs, frame.atMs));
  const spanMs = Math.max(1, toMs - fromMs);

  useEffect(() => {
    if (draggedMs === null) return;
    const timer = setTimeout(() => showInstant(draggedMs), DRAG_MS);
    return () => clearTimeout(timer);
  }, [draggedMs]);
  // It stays where it was dragged to until the frame of then has come.
  useEffect(() => setDragged(null), [frame.atMs]);

  const before = markBefore(marks, atMs);
  const behind = markBehind(marks, atMs);
  const near = marks.filter((mark) => Math.abs(mark.atMs - atMs) < 0.5);
  return (
    <section class="scrubber" aria-label="The instant that is shown">
      <div class="scrubber-line">
        <button
          type="button"
          data-key="["
          aria-keyshortcuts="["
          disabled={before === null}
          onClick={() => before !== null && showInstant(before.atMs)}
        >
          [ mark before
        </button>
        <output class="mono">{`${shownClock(atMs)}, ${shownMs(atMs - fromMs)} of ${shownMs(spanMs)}`}</output>
        <button
          type="button"
          data-key="]"
          aria-keyshortcuts="]"
          disabled={behind === null}
          onClick={() => behind !== null && showInstant(behind.atMs)}
        >
          next mark ]
        </button>
      </div>
      <div class="scrubber-track">
        <svg class="marks" viewBox="0 0 1000 14" preserveAspectRatio="none" aria-hidden="true">
          {shownMarks(marks, { fromMs, toMs }).map(({ place, kind }) => (
            <rect key={`${place} ${kind}`} class={`mark is-${kind}`} x={place} y="0" width="3" height="14" />
          ))}
        </svg>
        <input
          type="range"
          aria-label="Instant"
          aria-valuetext={`${shownClock(atMs)}${near[0] === undefined ? "" : `, ${near[0].text}`}`}
          min={0}
          max={Math.ceil(spanMs)}
          step={Math.max(1, Math.round(spanMs / 2_000))}
          value={Math.round(atMs - fromMs)}
          onInput={({ currentTarget }) => setDragged(fromMs + Number(currentTarget.value))}
        />
        <div class="scrubber-ends soft small">
          <span>{shownClock(fromMs, false)}</span>
          <span>{counted(marks.length, "mark")}</span>
          <span>{shownClock(toMs, false)}</span>
        </div>
      </div>
      <ul class="near-marks">
        {near.slice(0, 5).map((mark, index) => (
          <li key={index}>
            <Sign {...kinds[mark.kind]} /> <span class={`is-${kinds[mark.kind].tone}`}>{kinds[mark.kind].text}</span>{" "}
            {mark.text}
          </li>
        ))}
      </ul>
      <StopAt dashboard={dashboard} atMs={atMs} />
    </section>
  );
}

function StopAt({ dashboard, atMs }: { readonly dashboard: Dashboard; readonly atMs: number }) {
  const { frame, picture } = dashboard;
  const commands = stopCommand(frame.origin, picture.batches, atMs);
  return (
    <div class="scrubber-commands">
      {commands.map(({ command, what }) => (
        <p key={command}>
          <CommandLine command={command} /> <span class="soft">{what}</span>
        </p>
      ))}
    </div>
  );
}
