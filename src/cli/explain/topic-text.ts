// What a batch of a topic has of each partition, and what its group has committed since.

import { signsOf } from "../screen.ts";
import { partitionsText } from "../partitions-text.ts";
import { counted } from "../shown-forms.ts";
import type { BatchStory } from "./batch-story.ts";
import type { TextOptions } from "./batch-text.ts";
import { labelled, secondsText } from "./story-forms.ts";

const MOST_PARTITIONS = 6;

/** Of a topic: which offsets of which partitions, in the event's order. */
export function partitionLines({ closed }: BatchStory, { screen, isFull }: TextOptions): readonly string[] {
  const { partitions } = closed ?? {};
  if (partitions === undefined) return [];
  const through = signsOf(screen).dash;
  const most = isFull ? partitions.length : MOST_PARTITIONS;
  return labelled("offsets", partitionsText(partitions, { most, through }), screen);
}

/** `orders-0 behind 17, before it behind 14; orders-2 not yet`. */
export function committedText({ commits, startedAtMs, endedAtMs }: BatchStory, { isFull }: TextOptions): string {
  const shown = [...commits].slice(0, isFull ? commits.size : MOST_PARTITIONS).map(([unit, { before, after }]) => {
    const was = before === null ? "" : `, before it behind ${before}`;
    return after === null || after === before ? `${unit} not yet${was}` : `${unit} behind ${after}${was}`;
  });
  const left = commits.size - shown.length;
  const more = left === 0 ? "" : `; and ${counted(left, "more partition")}`;
  const held = endedAtMs === null ? "" : `; partitions held ${secondsText(endedAtMs - startedAtMs)}`;
  return `${shown.join("; ")}${more}${held}`;
}
