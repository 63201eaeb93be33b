// What an explanation comes to, for a terminal and for `--json`.

import type { Entry } from "../../ports/journal.ts";
import type { BatchStory, Of } from "./batch-story.ts";
import type { MessageStory } from "./message-story.ts";
import type { Met } from "./met-batch.ts";
import { type BatchQuestion, batchText, type TextOptions } from "./batch-text.ts";
import type { QueueFacts } from "./queue-why.ts";
import type { SourceRecords } from "./source-records.ts";
import { batchJson } from "./story-json.ts";

export interface ExplainOptions extends TextOptions {
  /** The journal, oldest first; asked for again where a key was given. */
  readonly entries: () => Iterable<Entry | Met>;
  /** Whether a server has the state directory now. */
  readonly isServerRunning: boolean;
  /** Null: the source cannot be asked; what only it knows is left out. */
  readonly records: SourceRecords | null;
  /** What lies in a queue now; answers null where there is none of the name. Absent: nobody can be asked. */
  readonly queueFacts?: (queueName: string) => Promise<QueueFacts | null>;
}

export interface Explained {
  readonly text: string;
  readonly json: object;
  /** The batch's story that it is about, where it is about one. */
  readonly story?: BatchStory;
  /** What it is about, where that has a course; absent: a mapping, or what no batch has had. */
  readonly about?:
    | { readonly kind: "batch"; readonly question: BatchQuestion }
    | { readonly kind: "message"; readonly message: MessageStory }
    | { readonly kind: "invocation"; readonly attempts: readonly Of<"invocation">[] };
}

export const told = (question: BatchQuestion, options: TextOptions): Explained => ({
  text: batchText(question, options),
  json: batchJson(question),
  story: question.story,
  about: { kind: "batch", question },
});
