// `millrace record --batch WHAT [FILE]` and `millrace record MAPPING [FILE] --since 5m`: recordings made afterwards, from what the journal
// and the source still have. The server may run or be stopped.

import { existsSync, writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { loadConfig } from "../../config/load-config.ts";
import { MillraceError } from "../../errors.ts";
import { readJournal } from "../../journal/read-journal.ts";
import { statePaths } from "../../platform/state-directory.ts";
import type { CourseLine, HeaderLine } from "../../recording/recording-line.ts";
import { loadOptionsOf, type PlaceFlags, shownFolder, type Terminal } from "../command-options.ts";
import type { BatchStory } from "../explain/batch-story.ts";
import { explain } from "../explain/explain.ts";
import { functionOf } from "../explain/question.ts";
import { createServedRecords } from "../explain/served-records.ts";
import type { SourceRecords } from "../explain/source-records.ts";
import { openIfStopped } from "../explain/stored-records.ts";
import { readBook } from "../explain/story-book.ts";
import type { Fetch } from "../kinesis-endpoint.ts";
import { type EndpointFlags, urlOf } from "../server-url.ts";
import { counted } from "../shown-forms.ts";
import { sourceFamily } from "../source-family.ts";
import { batchRecording } from "./batch-recording.ts";

export interface AfterwardsFlags extends EndpointFlags {
  readonly batch?: string;
  /** ms. */
  readonly since?: number;
  readonly payloads?: boolean;
  readonly json?: boolean;
}

export interface AfterwardsWorld {
  readonly terminal: Terminal;
  readonly fetchFrom: Fetch;
  readonly nowMs: () => number;
}

/** Exit code 1: nothing of it can be replayed. */
export async function recordAfterwards(
  mapping: string | null,
  file: string,
  flags: AfterwardsFlags & { readonly limitBytes: number },
  world: AfterwardsWorld,
): Promise<number> {
  const { terminal } = world;
  const journalDir = await journalOf(flags, terminal);
  const entries = () => readJournal(journalDir);
  const source = await recordsOf(flags, world);
  const { records } = source;
  try {
    const stories =
      flags.batch !== undefined
        ? [await storyCalled(flags.batch, entries, records)]
        : storiesSince(mapping ?? "", world.nowMs() - (flags.since ?? 0), entries);
    const made: { readonly lines: readonly (HeaderLine | CourseLine)[]; readonly missing: readonly string[] }[] = [];
    const left: string[] = [];
    for (const story of stories) {
      try {
        const isWithPayloads = flags.payloads !== false;
        made.push(
          await batchRecording({ story, entries: entries(), records, isWithPayloads, limitBytes: flags.limitBytes }),
        );
      } catch (error) {
        if (!(error instanceof MillraceError) || error.code !== "recording-incomplete" || stories.length === 1)
          throw error;
        left.push(`batch ${story.root.name}: ${error.message}`);
      }
    }
    const text = joined(made, left);
    if (Buffer.byteLength(text) > flags.limitBytes)
      throw new MillraceError("bad-argument", `the recording would have ${Buffer.byteLength(text)} B, over its limit`, {
        help: `--limit ${Math.ceil(Buffer.byteLength(text) / 1_000_000)}`,
      });
    writeFileSync(resolve(terminal.cwd, file), text);
    const missing = [...new Set([...made.flatMap((each) => each.missing), ...left])];
    if (flags.json === true) terminal.write(`${JSON.stringify({ file, batches: made.length, missing })}\n`);
    else {
      terminal.write(`${file}  ${counted(made.length, "batch")}, made from the journal and the source\n`);
      for (const each of missing) terminal.write(`missing  ${each}\n`);
      terminal.write(`next  millrace replay ${file}\n`);
    }
    return made.length > 0 ? 0 : 1;
  } finally {
    source.close();
  }
}

async function journalOf(flags: PlaceFlags, terminal: Terminal): Promise<string> {
  const { stateDir } = await loadConfig(loadOptionsOf(flags, terminal));
  const { journalDir } = statePaths(stateDir);
  if (existsSync(journalDir)) return journalDir;
  throw new MillraceError(
    "bad-argument",
    `there is no journal in ${shownFolder(stateDir, terminal)}: nothing has run there`,
    {
      help: "millrace start",
    },
  );
}

async function recordsOf(
  flags: EndpointFlags,
  { terminal, fetchFrom, nowMs }: AfterwardsWorld,
): Promise<{ readonly records: SourceRecords; close(): void }> {
  const { stateDir } = await loadConfig(loadOptionsOf(flags, terminal));
  const stored = openIfStopped(stateDir, nowMs);
  if (stored !== null) return { records: stored, close: () => stored.close() };
  const url = await urlOf(flags, terminal);
  return { records: createServedRecords(url, fetchFrom), close: () => undefined };
}

/** Whatever `millrace explain` takes for a batch, an invocation or a record. */
async function storyCalled(
  question: string,
  entries: () => ReturnType<typeof readJournal>,
  records: SourceRecords,
): Promise<BatchStory> {
  const { story } = await explain(question, {
    entries,
    isServerRunning: true,
    records,
    screen: { columns: 80, isUnicode: false },
    isFull: false,
    command: "millrace",
  });
  if (story !== undefined) return story;
  throw new MillraceError("bad-argument", `\`${question}\` is about no batch: there is nothing to replay`, {
    help: `millrace explain ${question}`,
  });
}

function storiesSince(
  mapping: string,
  sinceMs: number,
  entries: () => ReturnType<typeof readJournal>,
): readonly BatchStory[] {
  const isMeant = (story: BatchStory): boolean =>
    story.mapping.startsWith(mapping) || functionOf(story.settings) === mapping;
  const stories = readBook(entries(), {
    isWanted: (story) => story.startedAtMs >= sinceMs && isMeant(story),
  }).stories();
  const [first] = stories;
  // Where all are of a queue or a broker, the first says why none is recorded.
  if (first !== undefined)
    return stories.some(({ settings }) => sourceFamily(settings) === "stream") ? stories : [first];
  throw new MillraceError("bad-argument", `the journal has no batch of \`${mapping}\` in that time`, {
    help: `millrace explain ${mapping}`,
  });
}

/** One file: a batch after another, each from its own beginning. */
function joined(
  made: readonly { readonly lines: readonly (HeaderLine | CourseLine)[] }[],
  left: readonly string[],
): string {
  const headers = made.flatMap(({ lines }) => lines.filter((line) => line.k === "recording"));
  const [first] = headers;
  if (first === undefined) throw new MillraceError("recording-incomplete", left.join("; "));
  const missing = [...new Set([...headers.flatMap((header) => header.missing ?? []), ...left])];
  const madeFrom =
    headers.length === 1 ? first.madeFrom : `the journal and the source: ${counted(headers.length, "batch")}`;
  const course = made.flatMap(({ lines }) => lines.filter((line) => line.k !== "recording" && line.k !== "end"));
  const end: CourseLine = { k: "end", atMs: first.atMs, why: "stopped" };
  const states = headers.some(({ isWithoutStates }) => isWithoutStates === true) ? { isWithoutStates: true } : {};
  return [{ ...first, ...(madeFrom === undefined ? {} : { madeFrom }), missing, ...states }, ...course, end]
    .map((line) => `${JSON.stringify(line)}\n`)
    .join("");
}
