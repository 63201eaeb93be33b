// The commands of the terminal that answer the same questions. Pure.

import type { FailingFrame, FrameOrigin, TreeNodeFrame } from "../../../dashboard/frame.ts";
import { batchName } from "./names.ts";

/** Keeps the batch's story in a file, and of it the fewest records with which one is still given up, as a test; while none is, the story alone. */
export function saveAsTestCommand(family: FailingFrame): string {
  const file = `batch-${family.batch}`;
  const record = `millrace record --batch ${batchName(family.mapping, family.batch)} ${file}.mrec`;
  const given = givenUpPlace(family.root);
  if (given === null) return record;
  return `${record} && millrace replay ${file}.mrec --shrink "given-up r${given}" --out ${file}.test.ts`;
}

/** The place in the batch of the first record that was given up. */
function givenUpPlace(node: TreeNodeFrame): number | null {
  if (node.state === "gave-up") return node.from;
  return node.children.map(givenUpPlace).find((place) => place !== null) ?? null;
}

/** A file that is simulated keeps no journal of its own: it is written first. */
const STORY = "story.jsonl";

/** `what`: a batch, a request id, a record, a key or a mapping. Of a recorded journal it is read in its file. */
export function explainCommand(what: string, origin: FrameOrigin): string {
  const command = `millrace explain ${quoted(what)}`;
  if (origin.kind === "server") return command;
  const { name } = origin;
  if (/\.(?:jsonc?|ya?ml)$/.test(name))
    return `millrace simulate ${quoted(name)} --journal ${STORY} && ${command} --journal ${STORY}`;
  return `${command} ${/^\.?[^.]+$/.test(name) ? "--state" : "--journal"} ${quoted(name)}`;
}

/** A word as a shell takes it whole. */
export const quoted = (text: string): string =>
  /^[\w./:+-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
