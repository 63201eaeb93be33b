// Looks for what a person asks in a journal, as `millrace explain` does, and answers with its course. It reads whole journals and so runs in a
// thread of its own (workers/finder.ts).

import { basename } from "node:path";
import { createServedQueues, createServedRecords } from "../../cli/explain/served-records.ts";
import { explain } from "../../cli/explain/explain.ts";
import type { Explained, ExplainOptions } from "../../cli/explain/explained.ts";
import { openJournalFile } from "../../cli/explain/journal-file.ts";
import type { Met } from "../../cli/explain/met-batch.ts";
import { SeveralError } from "../../cli/explain/question.ts";
import { recordedCourse, recordedRecords } from "../../cli/explain/recorded-journal.ts";
import type { SourceRecords } from "../../cli/explain/source-records.ts";
import { forShell } from "../../cli/carried-flags.ts";
import { recordedPosition } from "../../cli/replay/recorded-records.ts";
import { shortId } from "../../cli/shown-forms.ts";
import { sourceFamily } from "../../cli/source-family.ts";
import { MillraceError } from "../../errors.ts";
import { readJournal, readJournalLines } from "../../journal/read-journal.ts";
import type { Entry } from "../../ports/journal.ts";
import { openRecording } from "../../recording/read-recording.ts";
import type { FindAnswer } from "../frame-answers.ts";
import { eventOf } from "./found-event.ts";
import { timelineOf } from "./timeline.ts";

export type FindPlace =
  /** A server that runs: its state directory's journal, its sources by their calls. */
  | { readonly kind: "server"; readonly journalDir: string; readonly url: string }
  /** A state directory's journal without its server. */
  | { readonly kind: "directory"; readonly journalDir: string }
  /** A recording, a journal in a file, or entries a line each. `shown`: as the person named it. */
  | { readonly kind: "recording" | "journal" | "lines"; readonly path: string; readonly shown: string };

export interface FindQuestion {
  /** Part of a sequence number or of a message's or request's id, a key, a batch, a mapping. */
  readonly what: string;
  /** Of a file: nothing later is looked at, epoch ms; null: all of it. */
  readonly toMs: number | null;
  readonly place: FindPlace;
}

const COMMAND = "millrace";
const MOST_QUESTION = 400;

/** Never rejects for what a person may do about it: nothing is called so, several are, the file cannot be read. */
export async function find({ what, toMs, place }: FindQuestion): Promise<FindAnswer> {
  const asked = what.trim();
  if (asked === "" || asked.length > MOST_QUESTION) return nothing("bad-argument", NO_QUESTION, null);
  let searchedCount = 0;
  const counting = function* (entries: Iterable<Entry | Met>): Generator<Entry | Met> {
    let count = 0;
    for (const entry of entries) {
      if (toMs !== null && entry.atMs > toMs) continue;
      count += 1;
      yield entry;
    }
    searchedCount = count;
  };
  try {
    const source = await openPlace(place, asked);
    const explained = await explain(source.question, {
      screen: { columns: 100, isUnicode: true },
      isFull: false,
      command: COMMAND,
      ...source.options,
      entries: () => counting(source.options.entries()),
    });
    return await found(explained, { asked, place, searchedCount, records: source.options.records });
  } catch (error) {
    if (error instanceof SeveralError)
      return { kind: "several", message: error.message, choices: error.choices.filter((each) => each !== asked) };
    if (error instanceof MillraceError) return nothing(error.code, error.message, error.help);
    throw error;
  }
}

const NO_QUESTION =
  "a search names a part of a sequence number, a message id or a request id, a key, or a batch such as 29.2";

const nothing = (code: string, message: string, help: string | null): FindAnswer => ({
  kind: "nothing",
  code,
  message,
  help,
});

interface OpenPlace {
  /** The question as the journal knows it: a label of a scenario's record is its position. */
  readonly question: string;
  readonly options: Omit<ExplainOptions, "screen" | "isFull" | "command">;
}

async function openPlace(place: FindPlace, asked: string): Promise<OpenPlace> {
  switch (place.kind) {
    case "server": {
      const records = createServedRecords(place.url, fetch);
      const queueFacts = createServedQueues(place.url, fetch);
      const entries = (): Iterable<Entry> => readJournal(place.journalDir);
      return { question: asked, options: { entries, isServerRunning: true, records, queueFacts, url: place.url } };
    }
    case "directory":
      return {
        question: asked,
        options: { entries: () => readJournal(place.journalDir), isServerRunning: false, records: null },
      };
    case "recording": {
      const recording = openRecording(place.path, place.shown);
      return {
        question: (await recordedPosition(recording, asked)) ?? asked,
        options: {
          entries: () => recordedCourse(recording),
          isServerRunning: false,
          records: recordedRecords(recording),
          recording: forShell(place.shown),
          carried: { journal: forShell(place.shown) },
        },
      };
    }
    case "journal": {
      const file = openJournalFile(place.path);
      return {
        question: file.positionOf(asked) ?? asked,
        options: {
          entries: () => file.entries(),
          isServerRunning: false,
          records: file.records,
          carried: { journal: forShell(place.shown) },
          isNextLeftOut: isMade(place),
        },
      };
    }
    case "lines":
      return {
        question: asked,
        options: { entries: () => readJournalLines(place.path), isServerRunning: false, records: null },
      };
  }
}

/** A journal that was made of a scenario, for this search alone. */
const isMade = (place: FindPlace): boolean =>
  place.kind === "journal" && basename(place.path) !== basename(place.shown);

async function found(
  explained: Explained,
  given: {
    readonly asked: string;
    readonly place: FindPlace;
    readonly searchedCount: number;
    readonly records: SourceRecords | null;
  },
): Promise<FindAnswer> {
  const { json: story, about } = explained;
  const question = about?.kind === "batch" ? about.question : null;
  const of = String(Reflect.get(story, "kind") ?? "record");
  return {
    kind: "found",
    of,
    text: explained.text,
    steps: timelineOf(explained),
    event: question === null ? null : await eventOf(question, given.records),
    commands: commandsFor(explained, given),
    mapping: question?.story.mapping ?? null,
    batch: question === null ? null : (question.path.at(-1) ?? question.story.root).name,
    searchedCount: given.searchedCount,
    story,
  };
}

function commandsFor(
  { about }: Explained,
  { asked, place }: { readonly asked: string; readonly place: FindPlace },
): readonly { readonly command: string; readonly what: string }[] {
  // The page says itself how a scenario is explained.
  if (isMade(place)) return [];
  const from = "shown" in place && place.kind !== "lines" ? ` --journal ${forShell(place.shown)}` : "";
  const explainIt = { command: `${COMMAND} explain ${forShell(asked)}${from}`, what: "the same in a terminal" };
  if (about?.kind !== "batch") return [explainIt];
  const { story, path } = about.question;
  const part = path.at(-1) ?? story.root;
  const requestId = part.attempts.at(-1)?.started.requestId ?? null;
  if (place.kind === "recording" && requestId !== null) {
    const command = `${COMMAND} replay ${forShell(place.shown)} --until ${shortId(requestId)}`;
    return [explainIt, { command, what: "replay, and stop before this call" }];
  }
  if (place.kind !== "server" || sourceFamily(story.settings) !== "stream") return [explainIt];
  const number = /^\d*/.exec(story.root.name)?.[0] ?? "";
  const file = `b${number}.mrec`;
  const until = requestId === null ? "" : ` --until ${shortId(requestId)}`;
  return [
    explainIt,
    { command: `${COMMAND} record --batch ${shortId(story.mapping)}/${number} ${file}`, what: "its story as a file" },
    { command: `${COMMAND} replay ${file}${until}`, what: "replay that file, and stop before this call" },
  ];
}
