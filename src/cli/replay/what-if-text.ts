// What was recorded and what would have been, side by side.

import type { HandlerModel } from "../../sim/observed-handler.ts";
import { EVENT_LIMIT_BYTES } from "../../core/settings.ts";
import { positionOfKey, type RecordKey } from "../../recording/observed.ts";
import { hanging, type Screen } from "../screen.ts";
import { counted, shortPosition, shownMs, shownNumber } from "../shown-forms.ts";
import { type Course, hasFailed } from "./course.ts";
import { treeText } from "./replay-text.ts";

const COLUMN = 15;
const LABEL = 30;
const MOST_TREES = 6;

export interface Compared {
  readonly recorded: Course;
  readonly changed: Course;
  /** `BatchSize=50`. */
  readonly label: string;
  /** Null: the user's own handler ran. */
  readonly model: HandlerModel | null;
  /** Under the recorded settings, in the same world. */
  readonly modelled: Course;
  /** Records that had not ended at its end: as recorded, and under the changed settings. */
  readonly recordedLeftCount: number;
  readonly leftCount: number;
  readonly notes: readonly string[];
}

export function whatIfText(compared: Compared, screen: Screen): string {
  const { recorded, changed, label, recordedLeftCount, leftCount } = compared;
  const heading = label.length < COLUMN ? label : "changed";
  const lines = heading === label ? [] : [`changed: ${label}`];
  lines.push(row("", "recorded", heading, ""));
  const count = (name: string, of: (course: Course) => number): void => {
    lines.push(row(name, shownNumber(of(recorded)), shownNumber(of(changed)), difference(of(changed) - of(recorded))));
  };
  count("batches", batchCount);
  for (const closer of new Set([...recorded.closedBy.keys(), ...changed.closedBy.keys()]))
    count(`  closed by ${closer}`, ({ closedBy }) => closedBy.get(closer) ?? 0);
  count("invocations", ({ invocationCount }) => invocationCount);
  if (changed.recordCount === recorded.recordCount)
    count(`deliveries of ${counted(recorded.recordCount, "record")}`, ({ deliveryCount }) => deliveryCount);
  else {
    count("records in batches", ({ recordCount }) => recordCount);
    count("deliveries", ({ deliveryCount }) => deliveryCount);
  }
  const share = `${((changed.largestEventBytes / EVENT_LIMIT_BYTES) * 100).toFixed(1)} % of ${shownNumber(EVENT_LIMIT_BYTES)}`;
  lines.push(row("largest event", bytes(recorded.largestEventBytes), bytes(changed.largestEventBytes), share));
  const isSame = givenUpText(recorded) === givenUpText(changed);
  lines.push(row("given up", givenUpText(recorded), givenUpText(changed), isSame ? "the same" : ""));
  lines.push(
    row(
      "held by batches that failed",
      shownMs(recorded.heldMs),
      shownMs(changed.heldMs),
      durationDifference(changed.heldMs - recorded.heldMs),
    ),
  );
  if (recordedLeftCount + leftCount > 0)
    lines.push(
      row(
        "records left at the end",
        shownNumber(recordedLeftCount),
        shownNumber(leftCount),
        difference(leftCount - recordedLeftCount),
      ),
    );
  const drained = ({ beganAtMs, endedAtMs }: Course): number => (endedAtMs ?? 0) - (beganAtMs ?? 0);
  const by = durationDifference(drained(changed) - drained(recorded));
  if (recordedLeftCount === 0)
    lines.push(
      row(
        "drained after",
        shownMs(drained(recorded)),
        leftCount > 0 ? "not drained" : shownMs(drained(changed)),
        leftCount > 0 ? "" : `${by} estimated`,
      ),
    );
  for (const [name, course] of [
    ["recorded", recorded],
    ["changed", changed],
  ] as const) {
    const failed = course.trees.filter(({ story }) => hasFailed(story));
    for (const tree of failed.slice(0, MOST_TREES)) lines.push(...treeText(tree, screen, `${name} batch`));
    if (failed.length > MOST_TREES) lines.push(`${name} ${counted(failed.length - MOST_TREES, "more failure")}`);
  }
  lines.push(...hanging("assumed  ", assumedText(compared), screen.columns));
  return `${lines.join("\n")}\n`;
}

function assumedText({ model, recorded, modelled, notes }: Compared): string {
  const told = [...notes];
  if (model !== null) {
    const poison = [...model.thrown].map(shown);
    const named = [...model.named].map(shown);
    if (poison.length > 0) told.push(`${listed(poison)} ${poison.length === 1 ? "fails" : "fail"} (failed alone)`);
    if (named.length > 0)
      told.push(`${listed(named)} ${named.length === 1 ? "is" : "are"} reported as failed (was named)`);
    told.push(
      `${poison.length + named.length === 0 ? "every record" : "the rest"} succeeds; a success takes ${model.baseMs.toFixed(1)} ms + ${model.perRecordMs.toFixed(2)} ms a record, fitted to ${model.successCount}`,
    );
    if (model.refusedCount > 0)
      told.push(`${shownNumber(model.refusedCount)} throttled or faulty calls of the recording are not repeated`);
    told.push("--handler runs the real function");
  }
  const isSame = modelled.invocationCount === recorded.invocationCount;
  told.push(
    `under the recorded settings the simulated world makes ${isSame ? "as many" : shownNumber(modelled.invocationCount)} invocations${isSame ? " as were recorded" : ` where ${shownNumber(recorded.invocationCount)} were recorded`}`,
  );
  return `${told.join("; ")}.`;
}

const shown = (record: RecordKey): string => shortPosition(positionOfKey(record));

const MOST_LISTED = 5;
const listed = (all: readonly string[]): string =>
  all.length <= MOST_LISTED
    ? all.join(", ")
    : `${all.slice(0, MOST_LISTED).join(", ")} and ${all.length - MOST_LISTED} more`;

const batchCount = ({ closedBy }: Course): number => [...closedBy.values()].reduce((sum, count) => sum + count, 0);

const bytes = (count: number): string => `${shownNumber(count)} B`;

function givenUpText({ givenUp }: Course): string {
  if (givenUp.length === 0) return "nothing";
  const records = givenUp.reduce((sum, { recordCount }) => sum + recordCount, 0);
  const attempts = new Set(givenUp.map((each) => each.attempts));
  const [only] = attempts;
  return `${shownNumber(records)}${attempts.size === 1 ? ` (x${only})` : ""}`;
}

function row(label: string, recorded: string, changed: string, note: string): string {
  return `  ${label.padEnd(LABEL)}${recorded.padStart(COLUMN)}${changed.padStart(COLUMN)}  ${note}`.trimEnd();
}

function difference(by: number): string {
  return by === 0 ? "" : by > 0 ? `+${shownNumber(by)}` : shownNumber(by);
}

const durationDifference = (byMs: number): string =>
  Math.round(byMs) === 0 ? "" : `${byMs > 0 ? "+" : "-"}${shownMs(Math.abs(byMs))}`;
