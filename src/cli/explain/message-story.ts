// The story of one message of a queue or a broker, folded from the journal: each receive that brought it, the calls of its batch, and how
// each receive ended. A queue's messages are named by their ids, RabbitMQ's, which have none, by `EPOCH.TAG` of a delivery.
//
// G1  A batch number begins anew with each start of its mapping: a later batch of the same name is another one.

import type { Entry, NamedMessages } from "../../ports/journal.ts";
import { type SourceFamily, sourceFamily } from "../source-family.ts";
import type { Attempt, Of } from "./batch-story.ts";
import type { Met } from "./met-batch.ts";

/** Fewer characters of an id name too much; from so many on a part of it will do, wherever it stands. */
const LEAST_BEGINNING = 4;
const LEAST_PART = 8;

/** One receive that brought the message, and the batch that it came into. */
export interface Delivery {
  readonly mapping: string;
  readonly receivedAtMs: number;
  /** Null: its broker does not count them. */
  readonly receiveCount: number | null;
  readonly closed: Of<"batch-closed">;
  /** In its batch, from 1. */
  readonly place: number;
  readonly attempts: Attempt[];
  returned: Of<"returned"> | null;
  deleted: Of<"deleted"> | null;
  /** It could not be deleted any more. */
  isMissed: boolean;
  /** Settled as poison: the broker's dead letters have it, if it has any. */
  gaveUp: Of<"gave-up"> | null;
}

export interface MessageStory {
  readonly id: string;
  readonly deliveries: Delivery[];
  /** Let go before it was in a batch. */
  readonly letGo: Of<"returned">[];
  passedOver: Of<"read"> | null;
  deadLetter: Of<"dead-letter"> | null;
  unsupported: Of<"unsupported"> | null;
  /** Mappings that have met it, with their settings then, in that order. */
  readonly mappings: Map<string, { readonly family: SourceFamily; readonly settings: Settings }>;
  /** Why the filter passed it over, if it was the one that is told of each second. */
  why: string | null;
}

type Settings = Readonly<Record<string, unknown>>;

export interface MessageReader {
  take(entry: Entry | Met): void;
  /** Those that are called so. */
  found(): readonly MessageStory[];
}

export function isCalled(id: string, asked: string): boolean {
  if (id === asked) return true;
  const [own, text] = [id.toLowerCase(), asked.toLowerCase()];
  return (text.length >= LEAST_BEGINNING && own.startsWith(text)) || (text.length >= LEAST_PART && own.includes(text));
}

export function createMessageReader(asked: string): MessageReader {
  const stories = new Map<string, MessageStory>();
  const settings = new Map<string, Settings>();
  /** By mapping and batch: what of the message is in it. */
  const open = new Map<string, Delivery[]>();

  function storyOf(id: string, mapping: string): MessageStory {
    const own = settings.get(mapping) ?? {};
    const story = stories.get(id) ?? {
      id,
      deliveries: [],
      letGo: [],
      passedOver: null,
      deadLetter: null,
      unsupported: null,
      mappings: new Map(),
      why: null,
    };
    stories.set(id, story);
    if (!story.mappings.has(mapping)) story.mappings.set(mapping, { family: sourceFamily(own), settings: own });
    return story;
  }

  function closed(entry: Of<"batch-closed">): void {
    const key = keyOf(entry, entry.batch);
    open.delete(key); // G1
    let place = 0;
    for (const { ids, receivedAtMs, receiveCount } of receivesOf(entry))
      for (const id of ids) {
        place += 1;
        if (!isCalled(id, asked)) continue;
        const mapping = entry.mapping ?? "";
        const made: Delivery = {
          mapping,
          receivedAtMs,
          receiveCount,
          closed: entry,
          place,
          attempts: [],
          returned: null,
          deleted: null,
          isMissed: false,
          gaveUp: null,
        };
        const story = storyOf(id, mapping);
        story.deliveries.push(made);
        // It came again, so a delivery whose end nobody wrote down has ended with its process.
        open.set(key, [...(open.get(key) ?? []), made]);
      }
  }

  function aboutBatch(entry: Of<"invoked" | "decided" | "gave-up" | "returned" | "deleted">): void {
    if (entry.batch === null) return;
    for (const delivery of open.get(keyOf(entry, entry.batch)) ?? []) tell(delivery, idOf(delivery), entry);
  }

  const idOf = (delivery: Delivery): string =>
    [...stories.values()].find(({ deliveries }) => deliveries.includes(delivery))?.id ?? "";

  function named(ids: readonly string[] | undefined, mapping: string | null): readonly MessageStory[] {
    return (ids ?? []).filter((id) => isCalled(id, asked)).map((id) => storyOf(id, mapping ?? ""));
  }

  return {
    take(entry) {
      switch (entry.kind) {
        case "settings":
          settings.set(entry.mapping ?? "", entry.settings);
          return;
        case "batch-closed":
          return closed(entry);
        case "invoked":
        case "decided":
        case "gave-up":
        case "deleted":
          return aboutBatch(entry);
        case "returned":
          aboutBatch(entry);
          if (entry.batch === null) for (const story of named(entry.messages, entry.mapping)) story.letGo.push(entry);
          return;
        case "read":
          for (const story of named(entry.passedOver, entry.mapping)) story.passedOver = entry;
          return;
        case "filtered":
          if (stories.has(entry.position)) storyOf(entry.position, entry.mapping ?? "").why = entry.why;
          return;
        case "dead-letter":
          for (const story of named([entry.messageId], entry.mapping)) story.deadLetter = entry;
          return;
        case "unsupported":
          for (const story of named([entry.position], entry.mapping)) story.unsupported = entry;
          return;
        default:
          return;
      }
    },
    found: () => [...stories.values()],
  };
}

function tell(
  delivery: Delivery,
  id: string,
  entry: Of<"invoked" | "decided" | "gave-up" | "returned" | "deleted">,
): void {
  switch (entry.kind) {
    case "invoked":
      delivery.attempts.push({ started: entry, ended: null });
      return;
    case "decided": {
      const last = delivery.attempts.at(-1);
      if (last !== undefined && last.ended === null) last.ended = entry;
      return;
    }
    case "gave-up":
      // Of a part only its ends are named.
      if (entry.recordCount >= delivery.closed.recordCount || entry.first === id || entry.last === id)
        delivery.gaveUp = entry;
      return;
    case "returned":
      if (entry.messages === undefined || entry.messages.includes(id)) delivery.returned = entry;
      return;
    case "deleted":
      if (delivery.returned !== null) return;
      delivery.deleted = entry;
      delivery.isMissed = entry.missed?.includes(id) === true;
      return;
  }
}

const receivesOf = ({ receives }: Of<"batch-closed">): readonly NamedMessages[] => receives ?? [];

/** Rests of a broker's batch have its number. */
const keyOf = (entry: Entry, batch: string): string => `${entry.mapping ?? ""}|${/^\d*/.exec(batch)?.[0] ?? batch}`;

export type DeliveryEnd = "deleted" | "acknowledged" | "missed" | "returned" | "poison" | "open" | "cut off";

/** `isOver`: what has not ended ended with its process, or came again since. */
export function endOfDelivery(delivery: Delivery, family: SourceFamily, isOver: boolean): DeliveryEnd {
  if (delivery.gaveUp !== null) return "poison";
  if (delivery.returned !== null) return "returned";
  if (delivery.deleted !== null) return delivery.isMissed ? "missed" : "deleted";
  if (delivery.attempts.at(-1)?.ended?.verdict === "done" && family === "broker") return "acknowledged";
  return isOver ? "cut off" : "open";
}
