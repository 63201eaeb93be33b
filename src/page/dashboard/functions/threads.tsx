// A function's threads: what each does, since when, and how long its code took to load.

import type { FunctionThread } from "../../../dashboard/frame.ts";
import { shortId, shownMs, shownNumber } from "../../parts/format.ts";
import { useDashboard } from "../dashboard-context.ts";
import type { Tone } from "../parts/tones.ts";
import { Sign } from "../parts/signs.tsx";
import { hashOf, routeTo } from "../route.ts";

const shownStates: Readonly<
  Record<FunctionThread["state"], { readonly tone: Tone; readonly sign: string; readonly text: string }>
> = {
  starting: { tone: "accent", sign: "▸", text: "starting, cold" },
  busy: { tone: "accent", sign: "▸", text: "busy" },
  idle: { tone: "waiting", sign: "·", text: "idle" },
  "timed out": { tone: "failed", sign: "✗", text: "timed out" },
  ended: { tone: "waiting", sign: "–", text: "ended" },
};
const order: readonly FunctionThread["state"][] = ["timed out", "starting", "busy", "idle", "ended"];

export function Threads({ threads }: { readonly threads: readonly FunctionThread[] }) {
  if (threads.length === 0)
    return <p class="soft">No thread: the first call starts one, cold, and an idle one ends after a minute.</p>;
  const sorted = threads.toSorted((one, other) => order.indexOf(one.state) - order.indexOf(other.state));
  return (
    <table class="threads cards">
      <caption class="spoken">Threads</caption>
      <thead>
        <tr>
          <th scope="col">Thread</th>
          <th scope="col">State</th>
          <th scope="col" class="number">
            For
          </th>
          <th scope="col" class="number">
            Calls
          </th>
          <th scope="col" class="number">
            Cold start
          </th>
          <th scope="col">Request</th>
        </tr>
      </thead>
      <tbody>
        {sorted.map((thread) => (
          <Thread key={thread.thread} thread={thread} />
        ))}
      </tbody>
    </table>
  );
}

function Thread({ thread }: { readonly thread: FunctionThread }) {
  const { nowMs, route } = useDashboard();
  const { tone, sign, text } = shownStates[thread.state];
  const { requestId } = thread;
  return (
    <tr>
      <td>{thread.version === "$LATEST" ? thread.thread : `${thread.thread}, version ${thread.version}`}</td>
      <td>
        <Sign tone={tone} sign={sign} /> <span class={`is-${tone}`}>{text}</span>
      </td>
      <td class="number" data-title="for">
        {shownMs(Math.max(0, nowMs - thread.sinceMs))}
      </td>
      <td class="number" data-title="calls">
        {shownNumber(thread.callCount)}
      </td>
      <td class="number" data-title="cold start">
        {thread.coldMs === null ? "–" : shownMs(thread.coldMs)}
      </td>
      <td data-title="request">
        {requestId === null ? (
          "–"
        ) : (
          <a href={hashOf(routeTo(route, "find", { what: requestId }))}>
            <code>{shortId(requestId)}</code>
          </a>
        )}
      </td>
    </tr>
  );
}
