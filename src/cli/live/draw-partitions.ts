// A row a partition of a topic's mapping: how far it is done, what of it was read and has not ended, how old that is, and what holds it.

import { counted, oneLine, shownNumber } from "../shown-forms.ts";
import type { PartitionReport } from "../../runtime/lane-report.ts";
import { type Cell, inColumns, right, type Row, span } from "./cells.ts";
import { ageText } from "./figures.ts";
import type { LiveMapping } from "./live-model.ts";
import type { Scene } from "./scene.ts";

/** At most so many rows; where there are more partitions, those that are furthest behind. */
export function drawPartitions(mapping: LiveMapping, scene: Scene, most: number): readonly Row[] {
  const all = (mapping.view?.summary?.lanes ?? []).flatMap(({ partitions }) => partitions ?? []);
  const byNumber = all.toSorted((one, other) => numberOf(one) - numberOf(other));
  const shown =
    byNumber.length <= most
      ? byNumber
      : byNumber
          .toSorted((one, other) => other.lagCount - one.lagCount)
          .slice(0, most)
          .toSorted((one, other) => numberOf(one) - numberOf(other));
  const rows = inColumns(shown.map((each) => cellsOf(each, mapping, scene)));
  const left = all.length - shown.length;
  return left === 0 || most === 0 ? rows : [...rows, [span(`  and ${counted(left, "more partition")}`, "quiet")]];
}

const numberOf = ({ unit }: PartitionReport): number => Number(/\d+$/.exec(unit)?.[0] ?? 0);

function cellsOf(report: PartitionReport, mapping: LiveMapping, { nowMs }: Scene): readonly Cell[] {
  const { unit, through, lagCount, oldestArrivedAtMs } = report;
  return [
    span(`  ${oneLine(unit)}`),
    span(through === null ? "at its beginning" : `done to ${through}`),
    right(`lag ${shownNumber(lagCount)}`),
    span(oldestArrivedAtMs === null ? "" : `oldest ${ageText(nowMs - oldestArrivedAtMs)}`),
    holderOf(unit, mapping),
  ];
}

/** Of a partition whose records are in a batch the others wait (M-207). */
function holderOf(unit: string, { inHand, story }: LiveMapping): Cell {
  for (const [lane, family] of inHand) {
    if (family.endedAtMs !== null) continue;
    const batch = story.batches.get(lane);
    if (batch?.batch !== family.number || batch.partitions?.some((each) => each.unit === unit) !== true) continue;
    return family.hasFailed ? span(`held by batch ${family.number}`, "warning") : span(`in batch ${family.number}`);
  }
  return span("");
}
