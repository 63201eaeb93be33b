// The figures of a story for `--json`: everything that the text says, under names that stay.

import { attemptsOf, type BatchStory, type Part } from "./batch-story.ts";
import { type BatchQuestion, verdictOfQuestion } from "./batch-text.ts";
import type { MappingStory } from "./mapping-story.ts";
import type { Why } from "./mapping-why.ts";
import type { QueueFacts } from "./queue-why.ts";

export function batchJson(question: BatchQuestion): object {
  const { story, focus, path } = question;
  return {
    kind: focus.kind,
    ...("position" in focus ? focus : {}),
    ...("requestId" in focus ? { requestId: focus.requestId } : {}),
    mapping: story.mapping,
    lane: story.lane,
    batch: (path.at(-1) ?? story.root).name,
    closed: story.closed,
    met: story.met,
    settings: story.settings,
    tree: partJson(story.root, story),
    checkpoint: { before: story.checkpointBefore, after: story.checkpointAfter },
    deleted: story.deleted,
    returned: story.returned,
    heldMs: story.endedAtMs === null ? null : story.endedAtMs - story.startedAtMs,
    invocationCount: attemptsOf(story).length,
    verdict: verdictOfQuestion(question),
    others: question.others,
  };
}

function partJson(part: Part, story: BatchStory): object {
  const { name, recordCount, first, last, places, attemptsBefore, gaveUp, reported } = part;
  return {
    batch: name,
    places,
    recordCount,
    first,
    last,
    attemptsBefore,
    attempts: part.attempts.map(({ started, ended, isFromBefore }) => ({
      requestId: started.requestId,
      attempt: started.attempt,
      startMs: isFromBefore === true ? null : started.atMs - story.startedAtMs,
      tookMs: ended?.tookMs ?? null,
      outcome: ended?.outcome ?? null,
      verdict: ended?.verdict ?? null,
      retryAfterMs: ended?.retryAfterMs ?? null,
      error: ended?.error ?? null,
    })),
    gaveUp,
    reported,
    parts: part.parts.map((each) => partJson(each, story)),
  };
}

export function mappingJson(story: MappingStory, why: Why, queue: QueueFacts | null = null): object {
  return {
    kind: "mapping",
    mapping: story.uuid,
    state: story.state,
    isPaused: story.isPaused,
    settings: story.settings,
    counts: story.counts,
    units: [...story.units.values()].map(({ unit, placed, opened, lastRead, isEnded }) => ({
      unit,
      earlierCount: placed?.earlierCount ?? null,
      startedFrom: opened?.startedFrom ?? null,
      after: opened?.after ?? null,
      readThrough: lastRead?.last ?? null,
      isEnded,
    })),
    lastFiltered: story.lastFiltered,
    lastScaled: story.lastScaled,
    queue,
    why,
  };
}
