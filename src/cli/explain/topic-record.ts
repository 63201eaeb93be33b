// A record of a topic, named by its partition and its offset there (`orders-2:17`, or `2:17` as `millrace send` writes it): which batches
// of which mappings it was in, or why it was in none. Offsets are compared as numbers, since they have no fixed width.

import type { BatchPartition } from "../../ports/journal.ts";
import type { Position } from "../../ports/source.ts";
import { counted, localTime, shortId, shownSource } from "../shown-forms.ts";
import { sourceFamily } from "../source-family.ts";
import { type BatchStory, fateIn, type Of, partsOf } from "./batch-story.ts";
import { type BatchQuestion, otherText, type TextOptions } from "./batch-text.ts";
import { type Explained, told } from "./explained.ts";
import { type MappingStory, readThrough, type UnitStory } from "./mapping-story.ts";
import { isWithin } from "./partition-parts.ts";
import type { StoryBook } from "./story-book.ts";
import { closing, headline, labelled, nextLines } from "./story-forms.ts";

export interface TopicRecord {
  /** `orders-2`; of a number alone every topic's partition of it is meant. */
  readonly unit: string;
  readonly offset: Position;
}

/** Null: the text names no record of a topic. */
export function topicRecordNamed(text: string): TopicRecord | null {
  const [, unit, offset] = /^(?:kafka:[^/]*\/)?((?:[\w.-]+-)?\d+):(\d{1,19})$/.exec(text) ?? [];
  return unit === undefined || offset === undefined ? null : { unit, offset: String(BigInt(offset)) };
}

export const isOfUnit = (wanted: TopicRecord, unit: string): boolean =>
  unit === wanted.unit || (/^\d+$/.test(wanted.unit) && unit.endsWith(`-${wanted.unit}`));

const runOf = (partitions: readonly BatchPartition[] | undefined, wanted: TopicRecord): BatchPartition | undefined =>
  partitions?.find((each) => isOfUnit(wanted, each.unit) && isWithin(wanted.offset, each));

/** Whether a batch may have it. */
export const mayHold = ({ closed }: BatchStory, wanted: TopicRecord): boolean =>
  runOf(closed?.partitions, wanted) !== undefined;

/** Null: no mapping of the journal reads its partition. */
export function tellTopicRecord(
  wanted: TopicRecord,
  given: { readonly book: StoryBook; readonly reads: readonly Of<"read">[] },
  options: TextOptions,
): Explained | null {
  const { book, reads } = given;
  // The newest of each mapping: what a process that ended had in hand is delivered again.
  const newest = new Map(
    book
      .stories()
      .flatMap((story) => questionOf(story, wanted))
      .map((question) => [question.story.mapping, question]),
  );
  const [main, ...others] = [...newest.values()].sort((a, b) => callCount(b) - callCount(a));
  if (main !== undefined) return told({ ...main, others: others.map(otherText) }, options);
  const places = [...book.mappings.values()]
    .filter(({ settings }) => sourceFamily(settings) === "topic")
    .flatMap((mapping) =>
      [...mapping.units.values()]
        .filter(({ unit }) => isOfUnit(wanted, unit))
        .map(
          (unit): Place => ({
            mapping,
            unit,
            read: reads.findLast(({ lane }) => lane === `${mapping.uuid}/${unit.unit}`),
          }),
        ),
    );
  return places.length === 0 ? null : unbatched(wanted.offset, places, options);
}

const callCount = ({ story }: BatchQuestion): number =>
  [...partsOf(story.root)].reduce((sum, { attempts }) => sum + attempts.length, 0);

function questionOf(story: BatchStory, wanted: TopicRecord): readonly BatchQuestion[] {
  const partitions = story.closed?.partitions ?? [];
  const run = runOf(partitions, wanted);
  if (run === undefined) return [];
  const before = partitions.slice(0, partitions.indexOf(run)).reduce((sum, { recordCount }) => sum + recordCount, 0);
  const within = placeWithin(run, wanted.offset);
  const place = within === null ? null : before + within;
  const { path, end } = fateIn(story.root, { unit: run.unit, offset: wanted.offset });
  return [
    {
      story,
      focus: {
        kind: "record",
        unit: run.unit,
        position: wanted.offset,
        place,
        key: null,
        arrivedAtMs: null,
        passed: null,
        sourceSilence: null,
      },
      path,
      end,
      others: [],
    },
  ];
}

/** From 1; null where offsets are missing in between, and it is neither end (M-105). */
function placeWithin({ first, last, recordCount }: BatchPartition, offset: Position): number | null {
  if (offset === last) return recordCount;
  const from = BigInt(first);
  if (BigInt(last) - from + 1n === BigInt(recordCount) || offset === first) return Number(BigInt(offset) - from) + 1;
  return null;
}

interface Place {
  readonly mapping: MappingStory;
  readonly unit: UnitStory;
  /** The newest read that went over it. */
  readonly read: Of<"read"> | undefined;
}

function unbatched(offset: Position, places: readonly Place[], options: TextOptions): Explained {
  const { screen, command } = options;
  const [first] = places;
  const reasons = places.map((place) => ({ mapping: place.mapping.uuid, ...reasonOf(offset, place) }));
  const isPassedOver = reasons.every(({ code }) => code === "filtered");
  const source = first === undefined ? "" : shownSource(first.mapping.settings);
  const read = first?.read;
  const lines = [
    ...headline(
      `record ${first?.unit.unit}:${offset}  ${source}`,
      isPassedOver ? "PASSED OVER" : "NOT IN A BATCH",
      options,
    ),
    ...(read === undefined
      ? []
      : labelled(
          "read",
          `${localTime(read.atMs)}, ${read.recordCount} at once, ${read.filteredCount} passed over`,
          screen,
        )),
    ...reasons.flatMap(({ text, mapping }, index) =>
      closing(
        index === 0 ? "verdict" : "",
        places.length === 1 ? text : `mapping ${shortId(mapping)}: ${text}`,
        screen,
      ),
    ),
    ...nextLines(
      [[`${command} explain ${shortId(first?.mapping.uuid ?? "")}`, "how the mapping stands now"]],
      screen,
      options,
    ),
  ];
  const json = {
    kind: "record",
    unit: first?.unit.unit,
    position: offset,
    verdict: { code: reasons[0]?.code },
    reasons,
  };
  return { text: `${lines.join("\n")}\n`, json };
}

function reasonOf(offset: Position, { mapping, unit, read }: Place): { readonly code: string; readonly text: string } {
  const { lastLost, lastFiltered } = mapping;
  const isLost = lastLost !== null && lastLost.lane.endsWith(`/${unit.unit}`) && isBetween(offset, lastLost);
  if (isLost) {
    const among = lastLost.count === null ? "" : `, one of ${counted(lastLost.count, "record")}`;
    return { code: "lost", text: `the source: it left the topic before it was read${among}` };
  }
  if (read !== undefined) {
    const isLast = lastFiltered?.position === offset && lastFiltered.lane.endsWith(`/${unit.unit}`);
    if (isLast) return { code: "filtered", text: `the filter: ${lastFiltered.why}` };
    if (read.filteredCount === read.recordCount)
      return {
        code: "filtered",
        text: "the filter: no pattern fits, so the record is in no batch and goes to no destination",
      };
    if (read.filteredCount > 0)
      return {
        code: "undecided",
        text: "the filter, perhaps: the read passed records over, and the journal does not say which",
      };
    return { code: "undecided", text: "not in a batch yet, or its batch is no longer in the journal" };
  }
  const { opened } = unit;
  if (opened?.after !== null && opened !== null && BigInt(offset) <= BigInt(opened.after))
    return { code: "earlier", text: `it is before ${BigInt(opened.after) + 1n}, where reading begins: ${EARLIER}` };
  const through = readThrough(unit);
  if (through === null || BigInt(offset) > BigInt(through)) {
    const far =
      through === null ? "nothing of its partition has been read yet" : `its partition is read up to ${through}`;
    return { code: "waiting", text: `it has not been read: ${far}` };
  }
  return { code: "earlier", text: "it was read before the journal begins, or its offset has no record" };
}

const EARLIER = "the group had come so far, or the mapping starts behind it";

const isBetween = (offset: Position, { after, before }: Of<"lost">): boolean =>
  BigInt(offset) > BigInt(after ?? "-1") && before !== null && BigInt(offset) < BigInt(before);
