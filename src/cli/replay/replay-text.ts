// A replay as text: what the file holds, whether it proves itself, and the batches in which something failed, call by call.

import type { MappingSpec } from "../../ports/mapping-spec.ts";
import type { Difference, Replayed } from "../../recording/replay.ts";
import type { HeaderLine } from "../../recording/recording-line.ts";
import type { RecordingEnd } from "../../recording/read-recording.ts";
import { hanging, type Screen, signsOf } from "../screen.ts";
import { settingsText } from "../settings-text.ts";
import { counted, shortArn, shortId, shortPosition, shownMs, shownNumber } from "../shown-forms.ts";
import { callsOf, type Course, hasFailed, type Tree } from "./course.ts";
import { recordedSettings } from "./recorded-settings.ts";

const MOST_TREES = 20;

export function headText(file: string, header: HeaderLine, replayed: Replayed, screen: Screen): string {
  const { eventCount, laneCount, specs } = replayed;
  const how = header.isWithPayloads ? "with payloads" : "without payloads";
  const counts = `${counted(specs.size, "mapping")}, ${counted(laneCount, "lane")}, ${counted(eventCount, "event")}`;
  const lines = [`${file}  recorded by Millrace ${header.millrace}, ${how}: ${counts}${endText(replayed.end)}`];
  if (header.madeFrom !== undefined) lines.push(`made afterwards from ${header.madeFrom}`);
  for (const each of header.missing ?? []) lines.push(`missing: ${each}`);
  for (const spec of specs.values())
    lines.push(...hanging(`  ${shortId(spec.uuid)}  `, mappingText(spec), screen.columns));
  return `${lines.join("\n")}\n`;
}

const mappingText = (spec: MappingSpec): string =>
  `${shortArn(spec.eventSourceArn)} -> ${spec.functionName}  ${settingsText(recordedSettings(spec))}`;

function endText(end: RecordingEnd): string {
  switch (end) {
    case "stopped":
      return "";
    case "limit":
      return "; it ended at its limit";
    case "behind":
      return "; it ended because it could not be written as fast as things happened";
    case "open":
      return "; it has no end: it is still being written, or what wrote it was killed";
    case "cut":
      return "; its last line is cut off: what wrote it was killed in the middle of it, or is writing it now";
  }
}

/** `as recorded: same journal, digest 7d41c0f2 ✓`, or where it first differs. */
export function proofText({ difference, digest }: Replayed, screen: Screen): string {
  if (difference === null) return `as recorded: same journal, digest ${shortDigest(digest)} ${signsOf(screen).done}\n`;
  return differenceText(difference, screen);
}

export const shortDigest = (digest: string): string => digest.replace(/^sha256:/, "").slice(0, 8);

function differenceText({ lane, number, recorded, replayed }: Difference, screen: Screen): string {
  const [mapping = "", unit = "", index = ""] = lane.split("/");
  const where = `mapping ${shortId(mapping)}, ${unit}, lane ${index}, entry ${number}`;
  const shown = (text: string | null): string => text ?? "nothing";
  return [
    `not as recorded ${signsOf(screen).failed} the journals differ first at ${where}`,
    `  recorded  ${shown(recorded)}`,
    `  replayed  ${shown(replayed)}`,
    "",
  ].join("\n");
}

export function courseText(course: Course, screen: Screen, options: { readonly isFull: boolean }): string {
  const { closedBy, invocationCount, deliveryCount, recordCount, givenUp } = course;
  const closers = [...closedBy].map(([closer, count]) => `${shownNumber(count)} by ${closer}`).join(", ");
  const batchCount = [...closedBy.values()].reduce((sum, count) => sum + count, 0);
  const lines = [
    `  batches      ${shownNumber(batchCount)}${closers === "" ? "" : `: ${closers}`}`,
    `  invocations  ${shownNumber(invocationCount)}, ${shownNumber(deliveryCount)} deliveries of ${counted(recordCount, "record")}`,
    `  given up     ${givenUp.length === 0 ? "nothing" : givenUpText(course)}`,
  ];
  if (course.heldMs > 0) lines.push(`  held         ${shownMs(course.heldMs)} by batches that failed`);
  const told = options.isFull ? course.trees : course.trees.filter(({ story }) => hasFailed(story));
  const shown = options.isFull ? told : told.slice(0, MOST_TREES);
  for (const tree of shown) lines.push(...treeText(tree, screen));
  if (told.length > shown.length)
    lines.push(`${counted(told.length - shown.length, "more batch")} with a failure (--full)`);
  return `${lines.join("\n")}\n`;
}

function givenUpText({ givenUp }: Course): string {
  const shown = givenUp.slice(0, 5).map(({ first, last, recordCount, attempts, condition }) => {
    const what =
      first === last || last === null
        ? shortPosition(first ?? "a window")
        : `${shortPosition(first ?? "")} to ${shortPosition(last)}`;
    return `${what} (${counted(recordCount, "record")}, ${attempts} ${attempts === 1 ? "attempt" : "attempts"}, ${condition})`;
  });
  return `${shown.join("; ")}${givenUp.length > shown.length ? `; and ${shownNumber(givenUp.length - shown.length)} more` : ""}`;
}

export function treeText(tree: Tree, screen: Screen, label = "batch"): readonly string[] {
  return hanging(`${label} ${tree.story.root.name}  `, callsOf(tree, signsOf(screen)).join(" "), screen.columns);
}
