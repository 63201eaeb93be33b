// The rows of topics and subscriptions: kept in memory, changed one at a time, shown only once they are stored. What they mean is
// topics.ts's matter.

import type { Subscription, TopicView } from "../../ports/topics.ts";
import type { TableChange, Tables } from "../../ports/tables.ts";

export interface TopicCatalog {
  topics(): readonly TopicView[];
  topic(name: string): TopicView | null;
  /** In order of topic, then as they were made. */
  subscriptions(topic: string | null): readonly Subscription[];
  subscription(topic: string, id: string): Subscription | null;
  /** Runs `decide` in its turn, stores what it wants and only then shows it. Rejects, with nothing changed, where it cannot be stored. */
  change<T>(decide: () => { readonly answer: T; readonly edits: readonly CatalogEdit[] }): Promise<T>;
}

export type CatalogEdit =
  | { readonly kind: "topic"; readonly topic: TopicView }
  /** With its subscriptions. */
  | { readonly kind: "topic-gone"; readonly name: string }
  | { readonly kind: "subscription"; readonly subscription: Subscription }
  | { readonly kind: "subscription-gone"; readonly topic: string; readonly id: string };

/** What an earlier version stored names its queues by `arn:aws:sqs:::NAME`. */
const HERE = "arn:aws:sqs:::";

/** `queueArn`: that of a queue of this name here. */
export async function openTopicCatalog(tables: Tables, queueArn: (name: string) => string): Promise<TopicCatalog> {
  const topics = new Map<string, TopicView>();
  for (const { key, value } of await tables.list("topics")) {
    const { attributes = {}, tags = {} } = JSON.parse(value) as Partial<TopicView>;
    topics.set(key, { name: key, attributes, tags });
  }
  const subscriptions = new Map<string, Subscription>();
  for (const { key, value } of await tables.list("subscriptions")) {
    const stored = JSON.parse(value) as Subscription;
    const { endpoint } = stored;
    const isShort = endpoint.startsWith(HERE);
    subscriptions.set(key, isShort ? { ...stored, endpoint: queueArn(endpoint.slice(HERE.length)) } : stored);
  }
  let last: Promise<unknown> = Promise.resolve();

  const inOrder = (): readonly Subscription[] =>
    [...subscriptions.values()].toSorted((one, other) =>
      one.topic < other.topic ? -1 : one.topic > other.topic ? 1 : 0,
    );

  const ofTopic = (name: string): readonly Subscription[] =>
    [...subscriptions.values()].filter(({ topic }) => topic === name);

  /** A topic that goes takes its subscriptions along. */
  const whole = (edits: readonly CatalogEdit[]): readonly CatalogEdit[] =>
    edits.flatMap((edit): readonly CatalogEdit[] =>
      edit.kind === "topic-gone"
        ? [edit, ...ofTopic(edit.name).map(({ topic, id }) => ({ kind: "subscription-gone", topic, id }) as const)]
        : [edit],
    );

  function show(edit: CatalogEdit): void {
    switch (edit.kind) {
      case "topic":
        return void topics.set(edit.topic.name, edit.topic);
      case "topic-gone":
        return void topics.delete(edit.name);
      case "subscription":
        return void subscriptions.set(keyOf(edit.subscription), edit.subscription);
      case "subscription-gone":
        return void subscriptions.delete(keyOf(edit));
    }
  }

  return {
    topics: () => [...topics.values()].toSorted((one, other) => (one.name < other.name ? -1 : 1)),
    topic: (name) => topics.get(name) ?? null,
    subscriptions: (topic) => (topic === null ? inOrder() : ofTopic(topic)),
    subscription: (topic, id) => subscriptions.get(keyOf({ topic, id })) ?? null,
    change(decide) {
      const turn = last.then(async () => {
        const { answer, edits } = decide();
        const all = whole(edits);
        if (all.length > 0) await tables.change(all.map(rowChange));
        for (const edit of all) show(edit);
        return answer;
      });
      // Whoever asked hears that it failed; the next turn is another's.
      last = turn.catch(() => undefined);
      return turn;
    },
  };
}

const keyOf = ({ topic, id }: { readonly topic: string; readonly id: string }): string => `${topic}:${id}`;

function rowChange(edit: CatalogEdit): TableChange {
  switch (edit.kind) {
    case "topic":
      return { kind: "put", table: "topics", key: edit.topic.name, value: JSON.stringify(edit.topic) };
    case "topic-gone":
      return { kind: "delete", table: "topics", key: edit.name };
    case "subscription":
      return {
        kind: "put",
        table: "subscriptions",
        key: keyOf(edit.subscription),
        value: JSON.stringify(edit.subscription),
      };
    case "subscription-gone":
      return { kind: "delete", table: "subscriptions", key: keyOf(edit) };
  }
}
