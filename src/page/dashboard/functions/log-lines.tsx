// What a function wrote: the last lines, of all requests or of one.

import type { FunctionFrame } from "../../../dashboard/frame.ts";
import { counted, shortId, shownClock } from "../../parts/format.ts";
import { useDashboard } from "../dashboard-context.ts";
import { hashOf, routeTo } from "../route.ts";

const MOST_KEPT = 200;

interface LogLinesProps {
  readonly logs: FunctionFrame["logs"];
  readonly name: string;
}

export function LogLines({ logs, name }: LogLinesProps) {
  const { route, setParams } = useDashboard();
  const request = route.params["request"] ?? "";
  const shown = request === "" ? logs : logs.filter(({ requestId }) => requestId.startsWith(request));
  const kept = logs.length >= MOST_KEPT ? `, the last ${MOST_KEPT} kept` : "";
  return (
    <div class="log-part">
      <div class="log-head">
        <h3>
          Log <span class="soft">{`${counted(shown.length, "line")}${kept}`}</span>
        </h3>
        {request !== "" && (
          <button type="button" onClick={() => setParams({ request: "" })}>
            {`Of request ${shortId(request)}: show all`}
          </button>
        )}
      </div>
      {shown.length === 0 ? (
        <p class="soft">
          {request === "" ? "It has written nothing." : "No line of this request is kept here; its log file has all."}
        </p>
      ) : (
        <div class="scrolls log" tabIndex={0} role="region" aria-label={`Log of ${name}`}>
          <table>
            <caption class="spoken">Lines, oldest first</caption>
            <thead class="spoken">
              <tr>
                <th scope="col">Time</th>
                <th scope="col">Request</th>
                <th scope="col">Text</th>
              </tr>
            </thead>
            <tbody>
              {shown.map(({ atMs, requestId, stream, text }, index) => (
                <tr key={index}>
                  <td class="soft mono">{shownClock(atMs)}</td>
                  <td>
                    {requestId === "" ? (
                      <span class="soft">–</span>
                    ) : (
                      <a href={hashOf(routeTo(route, "functions", { request: requestId }))}>
                        <code>{shortId(requestId)}</code>
                      </a>
                    )}
                  </td>
                  <td class="mono log-text">
                    {stream === "stderr" && <span class="is-failed">stderr </span>}
                    {text}
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </div>
  );
}
