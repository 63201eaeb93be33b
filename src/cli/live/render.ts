// The whole picture: which blocks, and how much of each, for the room there is. Pure: the same scene gives the same rows, none of
// them wider than the screen, and one row fewer than the screen at most, so that a line above can be read.
//
// Too few rows: DESTINATION goes first, then all batches but the newest, then all lanes but the chosen one, then all mappings but
// the chosen one.

import { cutRow, type Row } from "./cells.ts";
import { drawAssembling } from "./draw-assembling.ts";
import { drawBatches } from "./draw-batches.ts";
import { drawDestinations, drawKeys, drawTitle } from "./draw-edges.ts";
import { drawFailing, failingRowCount } from "./draw-failing.ts";
import { drawMappings } from "./draw-mappings.ts";
import { drawSource } from "./draw-source.ts";
import { drawPage } from "./page.ts";
import type { Scene } from "./scene.ts";

const LEAST_HEIGHT = 23;
/** On a tall screen lines above keep the other part. */
const SHARE_OF_TALL = 0.7;
const MOST_FAILING_ROWS = 10;

export function render(scene: Scene): readonly Row[] {
  const height = heightOf(scene);
  const rows = scene.view.page === null ? picture(scene, height) : drawPage(scene, scene.view.page, height);
  return rows.slice(0, height).map((row) => cutRow(row, scene.columns, scene.look));
}

export function heightOf({ rows }: Pick<Scene, "rows">): number {
  return Math.max(1, Math.min(rows - 1, Math.max(LEAST_HEIGHT, Math.floor(rows * SHARE_OF_TALL))));
}

interface Plan {
  readonly mappings: number;
  readonly lanes: number;
  readonly batches: number;
  readonly hasDestination: boolean;
}

/** From all that is wanted to the least, in the order in which blocks give way. */
function plansFor({ rows }: Scene): readonly Plan[] {
  const isTall = rows >= 36;
  const wanted: Plan = {
    mappings: isTall ? 10 : 5,
    lanes: isTall ? 6 : 3,
    batches: isTall ? 6 : 3,
    hasDestination: true,
  };
  const noDestination = { ...wanted, hasDestination: false };
  const oneBatch = { ...noDestination, batches: 1 };
  const oneLane = { ...oneBatch, lanes: 0 };
  return [wanted, noDestination, oneBatch, oneLane, { ...oneLane, mappings: 1 }];
}

function picture(scene: Scene, height: number): readonly Row[] {
  // Failures that have ended take what is left, and of one that would fill the screen a part is enough to make others give way.
  const failingRows = Math.min(failingRowCount(scene), MOST_FAILING_ROWS);
  let drawn: readonly Row[] = [];
  for (const plan of plansFor(scene)) {
    const upper = [
      drawTitle(scene),
      ...drawMappings(scene, plan.mappings),
      ...drawSource(scene, plan.lanes + 1),
      ...drawAssembling(scene, plan.lanes),
      ...drawBatches(scene, plan.batches),
    ];
    const lower = [...(plan.hasDestination ? drawDestinations(scene) : []), drawKeys(scene)];
    const room = height - upper.length - lower.length;
    drawn = [...upper, ...drawFailing(scene, room), ...lower];
    if (drawn.length <= height && room >= failingRows) return drawn;
  }
  // Far too low a screen: the first rows and the keys.
  return drawn.length <= height ? drawn : [...drawn.slice(0, height - 1), drawKeys(scene)];
}
