// `millrace explain` without its command line: what is asked is looked for in a journal, and told. What a question may name: a mapping
// (a part of its uuid, or its function), a batch (29, 29.2, 5e1f09c2/29), an invocation (a part of its request id), a record (a part of
// its sequence number, or its key). Pure but for the source, which is asked for what the journal does not hold.
//
// X1  Same entries, same records, same question: the same bytes. No clock of this moment is looked at.

import { MillraceError } from "../../errors.ts";
import { counted, shortId, shortPosition, shownSource } from "../shown-forms.ts";
import { sourceFamily } from "../source-family.ts";
import { type BatchStory, type Part, partNamed, partsOf } from "./batch-story.ts";
import type { BatchQuestion, TextOptions } from "./batch-text.ts";
import { tellDirect } from "./direct-story.ts";
import { type Explained, type ExplainOptions, told } from "./explained.ts";
import type { MappingStory } from "./mapping-story.ts";
import { whyNothingArrives } from "./mapping-why.ts";
import { mappingText } from "./mapping-text.ts";
import type { MessageStory } from "./message-story.ts";
import { messageJson, messageText } from "./message-text.ts";
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
import { isKeyCalled } from "./key-called.ts";
import type { QueueFacts } from "./queue-why.ts";
import { asked, recordsCalled, tellRecord } from "./record-question.ts";
import { tellTopicRecord } from "./topic-record.ts";
import { mappingJson } from "./story-json.ts";
import type { StoryBook } from "./story-book.ts";

/** Throws MillraceError bad-argument: nothing is called so, or several things are. */
export async function explain(question: string, options: ExplainOptions): Promise<Explained> {
  const wanted = parseQuestion(question);
  const reading = read(wanted, options.entries(), options);
  const mapping = mappingCalled(reading.book, wanted.text);
  if (mapping !== null) {
    const queue = await queueOf(mapping, options);
    const why = whyNothingArrives(mapping, options.isServerRunning, queue);
    return { text: mappingText(mapping, why, options, queue), json: mappingJson(mapping, why, queue) };
  }
  const told =
    tellBatch(wanted, reading, options) ??
    tellInvocation(wanted, reading, options) ??
    tellDirect(reading.direct, options) ??
    tellMessage(reading.messages, options);
  if (told !== null) return told;
  const { position, topicRecord } = wanted;
  if (topicRecord !== null) {
    const found = tellTopicRecord(topicRecord, reading, options);
    if (found !== null) return found;
  }
  if (position !== null) {
    const found = await tellRecord(position, reading, options);
    if (found !== null) return found;
  }
  return tellKey(wanted.text, reading, options);
}

// --- A mapping, a batch, an invocation --------------------------------------------------------------------------------

function mappingCalled(book: StoryBook, text: string): MappingStory | null {
  const all = [...book.mappings.values()];
  const named = all.filter(
    ({ uuid, settings }) =>
      (text.length >= LEAST_ID && uuid.startsWith(text.toLowerCase())) ||
      functionOf(settings) === text ||
      settings["FunctionArn"] === text,
  );
  const called = named.length > 0 ? named : all.filter(({ settings }) => polledNameOf(settings) === text);
  const living = called.filter(({ state }) => state?.name !== "Gone");
  const found = living.length > 0 ? living : called.slice(-1);
  if (found.length > 1) {
    const names = found.map(({ uuid }) => shortId(uuid));
    throw several(`${counted(found.length, "mapping")} are called \`${text}\`: ${names.join(", ")}`, names);
  }
  return found[0] ?? null;
}

/** The name of the queue that a mapping polls, of SQS or of a broker, of its topic or collection; null: it reads a stream. */
function polledNameOf(settings: MappingStory["settings"]): string | null {
  const { EventSourceArn: arn, Queues: queues } = settings;
  const [queue]: readonly unknown[] = Array.isArray(queues) ? queues : [];
  const family = sourceFamily(settings);
  if (family === "stream") return null;
  if (family === "topic" || family === "changes") return shownSource(settings).split("/").at(-1) ?? null;
  if (typeof queue === "string") return queue;
  return typeof arn === "string" ? (arn.split(":").at(-1) ?? null) : null;
}

/** Null: its source is no queue, or cannot be asked. */
async function queueOf({ settings }: MappingStory, { queueFacts }: ExplainOptions): Promise<QueueFacts | null> {
  if (queueFacts === undefined || sourceFamily(settings) !== "queue") return null;
  const name = String(settings["EventSourceArn"]).split(":").at(-1) ?? "";
  return asked(() => queueFacts(name));
}

function tellBatch({ batch }: Asked, { book }: Reading, options: TextOptions): Explained | null {
  if (batch === null) return null;
  const stories = book.stories().filter((story) => isOfMapping(story, batch.mapping));
  const mappings = new Set(stories.map(({ mapping }) => mapping));
  if (mappings.size > 1) {
    const choices = [...mappings].map((uuid) => `${shortId(uuid)}/${batch.name}`);
    throw several(`${counted(mappings.size, "mapping")} have a batch ${batch.name}: ${choices.join(", ")}`, choices);
  }
  // Numbers begin anew with each start: the newest is meant.
  const story = stories.findLast(({ root }) => partNamed(root, batch.name) !== null);
  return story === undefined
    ? null
    : told({ story, focus: { kind: "batch" }, path: pathToPart(story, batch.name), others: [] }, options);
}

function tellInvocation({ requestId }: Asked, { book }: Reading, options: TextOptions): Explained | null {
  if (requestId === null) return null;
  const found = new Map<string, BatchStory>();
  for (const story of book.stories())
    for (const id of requestIdsOf(story)) if (id.startsWith(requestId)) found.set(id, story);
  if (found.size > 1) {
    const [first = ""] = found.keys();
    throw several(
      `${counted(found.size, "invocation")} begin with \`${requestId}\``,
      [...found.keys()],
      first.slice(0, requestId.length + 4),
    );
  }
  const [pair] = found;
  if (pair === undefined) return null;
  const [id, story] = pair;
  const part = [...partsOf(story.root)].find(
    ({ attempts, gaveUp }) => gaveUp?.requestId === id || attempts.some(({ started }) => started.requestId === id),
  );
  const path = pathToPart(story, part?.name ?? story.root.name);
  return told({ story, focus: { kind: "invocation", requestId: id }, path, others: [] }, options);
}

function tellMessage(found: readonly MessageStory[], options: ExplainOptions): Explained | null {
  const [message, ...more] = found;
  if (message === undefined) return null;
  if (more.length > 0) {
    const ids = found.map(({ id }) => id);
    throw several(`${counted(found.length, "message")} are called so: ${ids.slice(0, 5).join(", ")}`, ids);
  }
  const { isServerRunning } = options;
  return {
    text: messageText(message, isServerRunning, options),
    json: messageJson(message, isServerRunning),
    about: { kind: "message", message },
  };
}

/** The parts down to one of a name. */
function pathToPart(story: BatchStory, name: string): BatchQuestion["path"] {
  const part = partNamed(story.root, name) ?? story.root;
  return pathDownTo(part, story.root) ?? [part];
}

function pathDownTo(part: Part, from: Part): readonly Part[] | null {
  if (from === part) return [part];
  for (const each of from.parts) {
    const path = pathDownTo(part, each);
    if (path !== null) return [from, ...path];
  }
  return null;
}

// --- A key --------------------------------------------------------------------------------------------------------------

async function tellKey(key: string, { book }: Reading, options: ExplainOptions): Promise<Explained> {
  const { records } = options;
  const found =
    records === null ? null : await recordsCalled(book, records, ({ partitionKey }) => isKeyCalled(partitionKey, key));
  const positions = (found ?? []).map(({ position }) => position).sort();
  const [position, ...more] = positions;
  if (more.length > 0) {
    const shown = positions.slice(-5).map(shortPosition).join(", ");
    throw several(
      `${counted(positions.length, "record")} have the key \`${key}\`, the last ${shown}`,
      positions.toReversed(),
    );
  }
  if (position !== undefined) {
    const again = read(parseQuestion(position), options.entries(), options);
    const pattern = positionPattern(position);
    const told = pattern === null ? null : await tellRecord(pattern, again, options);
    if (told !== null) return told;
  }
  const names = [...book.mappings.values()]
    .filter(({ state }) => state?.name !== "Gone")
    .map(({ settings }) => functionOf(settings))
    .filter((name) => name !== "");
  const known = names.length === 0 ? "" : `; mappings there are of ${namesText([...new Set(names)])}`;
  const silence = records?.silence() ?? null;
  const source =
    found !== null ? "" : `, and the source could not be asked for a key${silence === null ? "" : `: ${silence}`}`;
  throw new MillraceError("bad-argument", `nothing in the journal is called \`${key}\`${source}${known}`, {
    help:
      found === null && silence !== null
        ? "--port or --endpoint tells where its server is"
        : names[0] === undefined
          ? "millrace start"
          : `millrace explain ${names[0]}`,
  });
}

const MOST_NAMES = 5;

const namesText = (names: readonly string[]): string =>
  names.length <= MOST_NAMES
    ? names.join(", ")
    : `${names.slice(0, MOST_NAMES).join(", ")} and ${counted(names.length - MOST_NAMES, "more function")}`;
