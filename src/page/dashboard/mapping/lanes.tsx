// The lanes of a mapping: position, lag, age, and the batch that is being assembled, with the limit that closes it first.

import type { LaneFrame, MappingFrame } from "../../../dashboard/frame.ts";
import { shownClock, shownNumber } from "../../parts/format.ts";
import { Gauge } from "../parts/gauge.tsx";
import { placeText } from "../parts/names.ts";
import { Sign } from "../parts/signs.tsx";
import { ageText, closesText, gaugesOf, listedLanes } from "./lane-texts.ts";

interface LanesProps {
  readonly mapping: MappingFrame;
  readonly nowMs: number;
}

export function Lanes({ mapping, nowMs }: LanesProps) {
  const { lanes, moreCount } = listedLanes(mapping);
  if (lanes.length === 0 || mapping.state === "Disabled") return <p class="soft">{whyNone(mapping)}</p>;
  const hasCheckpoints = lanes.some(({ checkpoint }) => checkpoint !== null);
  return (
    <>
      <table role="table" class="lanes" aria-label={`Lanes of ${mapping.functionName}`}>
        <thead role="rowgroup">
          <tr role="row">
            <th role="columnheader" scope="col">
              Lane
            </th>
            {hasCheckpoints && (
              <th role="columnheader" scope="col">
                Checkpoint
              </th>
            )}
            <th role="columnheader" scope="col" class="number">
              Lag
            </th>
            <th role="columnheader" scope="col" class="number">
              Oldest
            </th>
            <th role="columnheader" scope="col">
              Assembling
            </th>
            <th role="columnheader" scope="col">
              Closes first by
            </th>
          </tr>
        </thead>
        <tbody role="rowgroup">
          {lanes.map((lane) => (
            <LaneRow key={lane.lane} lane={lane} mapping={mapping} nowMs={nowMs} hasCheckpoints={hasCheckpoints} />
          ))}
        </tbody>
      </table>
      {moreCount > 0 && (
        <p class="soft">{`worst ${lanes.length} + ${shownNumber(moreCount)} more with less to tell`}</p>
      )}
    </>
  );
}

interface LaneRowProps extends LanesProps {
  readonly lane: LaneFrame;
  readonly hasCheckpoints: boolean;
}

function LaneRow({ lane, mapping, nowMs, hasCheckpoints }: LaneRowProps) {
  const gauges = gaugesOf(lane, mapping, nowMs);
  const closes = closesText(lane, mapping, nowMs);
  const isHeld = lane.heldBy !== null;
  return (
    <tr role="row">
      <td role="cell" class="lane-name">
        {lane.label}
      </td>
      {hasCheckpoints && (
        <td role="cell" data-title="checkpoint" class="mono">
          {lane.checkpoint === null ? "–" : placeText(lane.checkpoint)}
        </td>
      )}
      <td role="cell" data-title="lag" class="number">
        {shownNumber(lane.lagCount)}
      </td>
      <td role="cell" data-title="oldest" class="number">
        {ageText(lane.oldestAtMs, nowMs)}
      </td>
      <td role="cell" class="gauges">
        {gauges.length === 0 && <span class="soft none">–</span>}
        {gauges.map((gauge) => (
          <Gauge key={gauge.label} {...gauge} />
        ))}
        {lane.tumbling !== null && (
          <span class="soft small">
            {`tumbling window ${shownClock(lane.tumbling.startMs, false)}–${shownClock(lane.tumbling.endMs, false)}, ends in ${ageText(2 * nowMs - lane.tumbling.endMs, nowMs)}`}
          </span>
        )}
      </td>
      <td role="cell" class="closes">
        {isHeld && <Sign tone="failed" sign="✗ " />}
        <span class={isHeld ? "is-failed" : lane.assembling === null ? "soft" : "is-accent"}>{closes}</span>
        {!isHeld && lane.assembling !== null && !mapping.isPaused && <Sign tone="accent" sign=" ◀" />}
      </td>
    </tr>
  );
}

function whyNone({ state, family }: MappingFrame): string {
  if (state === "Disabled") return "Disabled: nothing is read. Enable lets it go on from its checkpoints.";
  if (state !== "Enabled") return `${state}: its lanes come once it runs.`;
  return family === "queue" ? "No poller has anything to do." : "No lane has been read yet.";
}
