// Reads a journal from its beginning to its end and keeps what a question is about: stories of batches that it may name, and of each
// mapping how it stands. Pure: the same entries make the same book.
//
// B1  Bounded: of batches that are over, those that are asked for, the newest MOST_KEPT of them.
// B2  A batch number is a mapping's own and begins anew with each start of it: a later batch of the same name is another story.

import type { Entry } from "../../ports/journal.ts";
import type { Position } from "../../ports/source.ts";
import {
  type BatchStory,
  type Of,
  type OfMessages,
  openMet,
  openStory,
  tell,
  type ToldOfBatch,
} from "./batch-story.ts";
import { sourceFamily } from "../source-family.ts";
import type { Met } from "./met-batch.ts";
import { createMappingStory, type MappingStory, tellMapping } from "./mapping-story.ts";

const MOST_KEPT = 200;
/** How near another batch's success has to be to show that the function works. */
const NEAR_MS = 60_000;

export interface StoryBook {
  /** By uuid, in the order in which the journal first tells of them. */
  readonly mappings: ReadonlyMap<string, MappingStory>;
  /** Asked for, in order of their beginning. */
  stories(): readonly BatchStory[];
}

export interface BookOptions {
  /** Asked when a batch is over, and of those that are not when the journal ends. */
  readonly isWanted: (story: BatchStory) => boolean;
}

export function readBook(entries: Iterable<Entry | Met>, options: BookOptions): StoryBook {
  const mappings = new Map<string, MappingStory>();
  /** Not over, by mapping and number of the first batch. */
  const open = new Map<string, BatchStory>();
  let kept: BatchStory[] = [];
  /** Those of the kept ones about which more may come. */
  const warm = new Set<BatchStory>();
  const lastSuccess = new Map<string, { readonly story: BatchStory; readonly atMs: number }>();
  const checkpoints = new Map<string, Position | null>();

  function retire(key: string, story: BatchStory): void {
    open.delete(key);
    if (!options.isWanted(story)) return;
    kept.push(story);
    warm.add(story);
    if (kept.length > 2 * MOST_KEPT) kept = kept.slice(-MOST_KEPT);
  }

  function begin(entry: Of<"batch-closed"> | Of<"gave-up"> | Met, key: string): BatchStory {
    const before = open.get(key);
    if (before !== undefined) {
      before.isCutOff = true;
      retire(key, before);
    }
    const settings = mappings.get(entry.mapping ?? "")?.settings ?? {};
    const committed = (unit: string): Position | null => checkpoints.get(`${entry.mapping ?? ""}/${unit}`) ?? null;
    const given = { settings, checkpoint: checkpoints.get(unitPath(entry.lane)) ?? null, committed };
    const story = entry.kind === "met" ? openMet(entry, given) : openStory(entry, given);
    const success = lastSuccess.get(story.mapping);
    story.isMappingSound = success !== undefined && story.startedAtMs - success.atMs <= NEAR_MS;
    open.set(key, story);
    return story;
  }

  function about(entry: ToldOfBatch): void {
    const key = keyOf(entry);
    const story = open.get(key) ?? (entry.kind === "gave-up" ? begin(entry, key) : undefined);
    if (story === undefined) {
      // A destination answers when the lane has long gone on.
      if (entry.kind === "reported" || entry.kind === "deleted" || entry.kind === "returned") tellLate(entry);
      return;
    }
    tell(story, entry);
    if (entry.kind === "decided" && entry.verdict === "done") succeeded(story, entry.atMs);
    if (story.endedAtMs !== null) retire(key, story);
  }

  /** What a queue did with a batch's messages comes when the batch has been decided, too. */
  function tellLate(entry: Of<"reported"> | OfMessages): void {
    const story = kept.findLast(
      (each) => each.mapping === entry.mapping && numberOf(each.root.name) === numberOf(entry.batch),
    );
    if (story !== undefined) tell(story, entry);
  }

  function succeeded(story: BatchStory, atMs: number): void {
    lastSuccess.set(story.mapping, { story, atMs });
    for (const each of unsettled(atMs)) {
      if (each !== story && each.mapping === story.mapping) each.isMappingSound = true;
    }
  }

  /** Batches that are not over, and wanted ones that have ended within the last minute. */
  function* unsettled(atMs: number): Generator<BatchStory> {
    yield* open.values();
    for (const story of warm) {
      if (story.endedAtMs !== null && atMs - story.endedAtMs > NEAR_MS) warm.delete(story);
      else yield story;
    }
  }

  function checkpointed({ lane, after, atMs }: Of<"checkpoint">): void {
    checkpoints.set(lane, after);
    const [mapping = "", unit = ""] = lane.split("/");
    for (const story of unsettled(atMs)) {
      const commits = story.mapping === mapping ? story.commits.get(unit) : undefined;
      // Offsets: the one that is further has more digits, or greater ones.
      if (commits !== undefined && (commits.after === null || BigInt(commits.after) < BigInt(commits.last)))
        commits.after = after;
      if (unitPath(story.lane) !== lane) continue;
      const last = story.root.last;
      const isCovered = last !== null && story.checkpointAfter !== null && story.checkpointAfter >= last;
      if (!isCovered) story.checkpointAfter = after;
    }
  }

  /** A unit is opened by a start: what was under way before it has ended with its process, or its stop. */
  function reopened(entry: Of<"unit-opened">): void {
    checkpoints.set(entry.lane, entry.after);
    for (const [key, story] of open) {
      if (unitPath(story.lane) !== entry.lane) continue;
      story.isCutOff = true;
      retire(key, story);
    }
  }

  /** A group's pollers begin: what those of a start before had in hand is read again. A queue's batches end by themselves. */
  function begunAnew({ mapping }: Of<"scaled">): void {
    if (sourceFamily(mappings.get(mapping ?? "")?.settings ?? {}) !== "topic") return;
    for (const [key, story] of open) {
      if (story.mapping !== mapping) continue;
      story.isCutOff = true;
      retire(key, story);
    }
  }

  for (const entry of entries) {
    const { mapping } = entry;
    if (mapping !== null) {
      const known = mappings.get(mapping) ?? createMappingStory(mapping, entry.atMs);
      mappings.set(mapping, known);
      if (entry.kind !== "met") tellMapping(known, entry);
    }
    switch (entry.kind) {
      case "batch-closed":
        begin(entry, keyOf(entry));
        break;
      case "met":
        begin(entry, `${entry.mapping}|${entry.number}`);
        break;
      case "invoked":
      case "decided":
      case "gave-up":
      case "reported":
        about(entry);
        break;
      case "deleted":
      case "returned":
        if (entry.batch !== null) about({ ...entry, batch: entry.batch });
        break;
      case "checkpoint":
        checkpointed(entry);
        break;
      case "unit-opened":
        reopened(entry);
        break;
      case "scaled":
        if (entry.why === "started") begunAnew(entry);
        break;
      default:
        break;
    }
  }
  const unfinished = [...open.values()].filter((story) => options.isWanted(story));
  return {
    mappings,
    stories: () => [...kept.slice(-MOST_KEPT), ...unfinished].sort((a, b) => a.startedAtMs - b.startedAtMs),
  };
}

/** `<uuid>/<unit>` of a lane's path. */
export const unitPath = (lane: string): string => lane.split("/").slice(0, 2).join("/");

const numberOf = (batch: string): string => /^\d*/.exec(batch)?.[0] ?? batch;

const keyOf = (entry: Entry & { readonly batch: string }): string => `${entry.mapping ?? ""}|${numberOf(entry.batch)}`;
