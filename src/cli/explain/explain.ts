// `millrace explain` without its command line: what is asked is looked for in a journal, and told. What a question may name: a mapping
// (a part of its uuid, or its function), a batch (29, 29.2, 5e1f09c2/29), an invocation (a part of its request id), a record (a part of
// its sequence number, or its key). Pure but for the source, which is asked for what the journal does not hold.
//
// X1  Same entries, same records, same question: the same bytes. No clock of this moment is looked at.

import { MillraceError } from "../../errors.ts";
import { counted, shortId, shortPosition } from "../shown-forms.ts";
import { type BatchStory, partNamed, partsOf, pathTo } from "./batch-story.ts";
import type { BatchQuestion, TextOptions } from "./batch-text.ts";
import { tellDirect } from "./direct-story.ts";
import { type Explained, type ExplainOptions, told } from "./explained.ts";
import type { MappingStory } from "./mapping-story.ts";
import { whyNothingArrives } from "./mapping-why.ts";
import { mappingText } from "./mapping-text.ts";
import { positionPattern } from "./position-pattern.ts";
import {
  type Asked,
  functionOf,
  isOfMapping,
  LEAST_ID,
  parseQuestion,
  read,
  type Reading,
  requestIdsOf,
  several,
} from "./question.ts";
import { recordsCalled, tellRecord } from "./record-question.ts";
import { mappingJson } from "./story-json.ts";
import type { StoryBook } from "./story-book.ts";

/** Throws MillraceError bad-argument: nothing is called so, or several things are. */
export async function explain(question: string, options: ExplainOptions): Promise<Explained> {
  const wanted = parseQuestion(question);
  const reading = read(wanted, options.entries(), options.isServerRunning);
  const mapping = mappingCalled(reading.book, wanted.text);
  if (mapping !== null) {
    const why = whyNothingArrives(mapping, options.isServerRunning);
    return { text: mappingText(mapping, why, options), json: mappingJson(mapping, why) };
  }
  const told =
    tellBatch(wanted, reading, options) ??
    tellInvocation(wanted, reading, options) ??
    tellDirect(reading.direct, options);
  if (told !== null) return told;
  const { position } = wanted;
  if (position !== null) {
    const found = records === null ? null : await recordsCalled(book, records, ({ partitionKey }) => partitionKey === key);
  const positions = (found ?? []).map((record) => record.position).sort();
  const [position, ...more] = positions;
  if (more.length > 0) {
    const shown = positions.slice(-5).map(shortPosition).join(", ");
    throw several(
      `${counted(positions.length, "record")} have the key \`${key}\`, the last ${shown}`,
      positions.at(-1) ?? "",
    );
  }
  if (position !== undefined) {
    const again = read(parseQuestion(position), options.entries(), options.isServerRunning);
    const pattern = positionPattern(position);
    const told = pattern === null ? null : await tellRecord(pattern, again, options);
    if (told !== null) return told;
  }
  const names = [...book.mappings.values()]
    .filter(({ state }) => state?.name !== "Gone")
    .map(({ settings }) => functionOf(settings));
  const known = names.length === 0 ? "" : `; mappings there are of ${[...new Set(names)].slice(0, 5).join(", ")}`;
  const source = found !== null ? "" : ", and the source could not be asked for a key";
  throw new MillraceError("bad-argument", `nothing in the journal is called \`${key}\`${source}${known}`, {
    help: names[0] === undefined ? "millrace start" : `millrace explain ${names[0]}`,
  });
}
