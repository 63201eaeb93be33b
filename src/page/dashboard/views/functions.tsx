// The view Functions: is it my code? Each function's calls and threads, and what it wrote, by request.

import type { FunctionFrame } from "../../../dashboard/frame.ts";
import { counted, shownNumber } from "../../parts/format.ts";
import { type Dashboard, useDashboard } from "../dashboard-context.ts";
import { LogLines } from "../functions/log-lines.tsx";
import { Threads } from "../functions/threads.tsx";
import { Empty } from "../parts/empty.tsx";
import "./views.css";

export function FunctionsView() {
  const { frame } = useDashboard();
  const { functions } = frame;
  return (
    <>
      <div class="view-head">
        <h1>Functions</h1>
        <p class="soft">{counted(functions.length, "function")}</p>
      </div>
      {functions.length === 0 ? (
        <Empty text="No function has been called yet:" command="millrace send orders --count 10" />
      ) : (
        functions.map((each) => <OneFunction key={each.name} of={each} />)
      )}
    </>
  );
}

function OneFunction({ of }: { readonly of: FunctionFrame }) {
  const { isFile } = useDashboard();
  const { name, invocationCount, failedCount, timedOutCount, throttledCount, threads, logs } = of;
  return (
    <section class="function" aria-label={name}>
      <div class="view-head">
        <h2>{name}</h2>
        <p>
          <Figure count={invocationCount} word="called" />
          <Figure count={failedCount} word="failed" tone="is-failed" sign="✗" />
          <Figure count={timedOutCount} word="timed out" tone="is-failed" sign="✗" />
          <Figure count={throttledCount} word="throttled" tone="is-throttled" sign="≈" />
        </p>
      </div>
      {isFile ? (
        <p class="soft">Which thread had which call is not in a journal: a running server tells it.</p>
      ) : (
        <Threads threads={threads} />
      )}
      <LogLines logs={logs} name={name} />
    </section>
  );
}

interface FigureProps {
  readonly count: number;
  readonly word: string;
  readonly tone?: string;
  readonly sign?: string;
}

function Figure({ count, word, tone = "", sign }: FigureProps) {
  if (sign !== undefined && count === 0) return null;
  return (
    <span class={`figure ${tone}`}>
      {sign !== undefined && <span aria-hidden="true">{sign} </span>}
      {`${shownNumber(count)} ${word}`}
    </span>
  );
}

export function functionsCommand({ route }: Dashboard): string {
  const request = route.params["request"] ?? "";
  return request === "" ? "millrace logs --follow" : `millrace logs --request ${request.slice(0, 8)}`;
}
