// `millrace record [MAPPING] [FILE]`: keeps what is fed to the lanes of a running server's mappings in a file, until Ctrl-C, for a while,
// or up to a limit. The file can be read at any moment; a server that is killed leaves it whole up to its last lines.

import { open } from "node:fs/promises";
import { basename, resolve } from "node:path";
import type { Command } from "commander";
import { MillraceError } from "../errors.ts";
import type { Clock } from "../ports/clock.ts";
import type { EndReason } from "../recording/recording-line.ts";
import { parsePort, type Terminal, wholeNumber, withConfigFlag, withStateFlag } from "./command-options.ts";
import { duration } from "./duration.ts";
import { jsonFrom, textAt } from "./kinesis-endpoint.ts";
import { ask, namedMapping } from "./named-mapping.ts";
import { type AfterwardsFlags, recordAfterwards } from "./record/record-afterwards.ts";
import { urlOf } from "./server-url.ts";
import { counted, shortArn, shortId, shownMs } from "./shown-forms.ts";

const DEFAULT_FILE = "millrace.mrec";
const DEFAULT_LIMIT_MB = 256;
const MB = 1_000_000;

interface RecordFlags extends AfterwardsFlags {
  readonly for?: number;
  /** MB. */
  readonly limit?: number;
}

export interface RecordWorld {
  readonly terminal: Terminal;
  readonly clock: Clock;
  readonly fetchFrom: (url: string, init: RequestInit) => Promise<Response>;
  /** Hears Ctrl-C and its like; answers how to stop hearing. */
  readonly onStop: (stop: () => void) => () => void;
}

/** `[MAPPING] [FILE]`: a file is told by its ending. */
function wordsOf(words: readonly string[]): { readonly mapping: string | null; readonly file: string } {
  const file = words.find((word) => word.endsWith(".mrec"));
  const [mapping = null, ...more] = words.filter((word) => word !== file);
  if (more.length > 0)
    throw new MillraceError("bad-argument", `\`${more[0]}\` is neither a mapping nor a file that ends in .mrec`, {
      help: `millrace record ${mapping} ${basename(more[0] ?? "", ".json")}.mrec`,
    });
  return { mapping, file: file ?? DEFAULT_FILE };
}

async function runRecordCommand(
  words: readonly string[],
  flags: RecordFlags,
  { terminal, clock, fetchFrom, onStop }: RecordWorld,
): Promise<number> {
  const { mapping, file } = wordsOf(words);
  const limitBytes = (flags.limit ?? DEFAULT_LIMIT_MB) * MB;
  if (flags.batch !== undefined || flags.since !== undefined) {
    refuseMixed(flags, mapping);
    const world = { terminal, fetchFrom, nowMs: () => clock.nowMs() };
    return recordAfterwards(mapping, file, { ...flags, limitBytes }, world);
  }
  const url = await urlOf(flags, terminal);
  const named = mapping === null ? null : await namedMapping(mapping, { url, fetchFrom, command: "record" });
  const query = new URLSearchParams({
    ...(named === null ? {} : { mapping: named.uuid }),
    payloads: String(flags.payloads !== false),
    limit: String(limitBytes),
  });
  const answer = await begin(fetchFrom, url, query);
  const path = resolve(terminal.cwd, file);
  const what =
    named === null
      ? "all mappings"
      : `${shortId(named.uuid)} ${shortArn(named.eventSourceArn)} -> ${named.functionName}`;
  const until = flags.for === undefined ? "Ctrl-C ends it" : `${shownMs(flags.for)}, Ctrl-C ends it sooner`;
  terminal.writeError(`recording ${what} to ${file}; ${until}\n`);
  const stop = (): void => void ask(fetchFrom, url, "POST", "recordings/stop").catch(() => undefined);
  const startedAtMs = clock.monotonicMs();
  const forget = onStop(stop);
  const cancel = flags.for === undefined ? () => undefined : clock.wakeAt(clock.nowMs() + flags.for, stop);
  try {
    const { bytes, eventCount, laneCount, why } = await write(answer, path);
    const tookMs = clock.monotonicMs() - startedAtMs;
    if (flags.json === true)
      terminal.write(`${JSON.stringify({ file, bytes, events: eventCount, lanes: laneCount, end: why })}\n`);
    else {
      const counts = `${counted(eventCount, "event")} of ${counted(laneCount, "lane")}`;
      terminal.write(`${file}  ${counts}, ${bytes.toLocaleString("en-US")} B in ${shownMs(tookMs)}${endText(why)}\n`);
      terminal.write(`next  millrace replay ${file}\n`);
    }
    return why === "stopped" ? 0 : 1;
  } finally {
    cancel();
    forget();
  }
}

function refuseMixed({ batch, since, for: forMs }: RecordFlags, mapping: string | null): void {
  const help = "millrace record orders orders.mrec --since 5m    # or --batch 29";
  const wrong =
    forMs !== undefined
      ? "--for is about what is to come, --batch and --since about what has been"
      : batch !== undefined && since !== undefined
        ? "--batch names one batch, --since all of a while: one of them, please"
        : batch !== undefined && mapping !== null
          ? "--batch names its mapping itself: 5e1f09c2/29"
          : since !== undefined && mapping === null
            ? "--since is about the batches of a mapping, and none is named"
            : null;
  if (wrong !== null) throw new MillraceError("bad-argument", wrong, { help });
}

async function begin(fetchFrom: RecordWorld["fetchFrom"], url: string, query: URLSearchParams): Promise<Response> {
  let answer: Response;
  try {
    answer = await fetchFrom(new URL(`/_millrace/recordings?${query.toString()}`, url).href, { method: "POST" });
  } catch (error) {
    throw new MillraceError("server-unreachable", `no Millrace answers at ${url}`, {
      cause: error,
      help: "millrace start",
    });
  }
  if (answer.ok) return answer;
  const text = textAt(jsonFrom(await answer.text()), "message") ?? `the server answers ${answer.status}`;
  throw new MillraceError("bad-argument", text);
}

interface Written {
  readonly bytes: number;
  readonly eventCount: number;
  readonly laneCount: number;
  /** `open`: the server has gone. */
  readonly why: EndReason | "open";
}

async function write(answer: Response, path: string): Promise<Written> {
  const out = await open(path, "w").catch((error: unknown) => {
    throw new MillraceError("bad-argument", `${path} cannot be written: ${String(error)}`, { cause: error });
  });
  const decoder = new TextDecoder();
  const lanes = new Set<string>();
  let bytes = 0;
  let eventCount = 0;
  let rest = "";
  let why: Written["why"] = "open";
  try {
    for await (const chunk of answer.body ?? []) {
      await out.appendFile(chunk);
      bytes += chunk.byteLength;
      const lines = (rest + decoder.decode(chunk, { stream: true })).split("\n");
      rest = lines.pop() ?? "";
      for (const line of lines) {
        if (line.startsWith('{"k":"fed"')) eventCount += 1;
        else if (line.startsWith('{"k":"lane"')) lanes.add(/"l":"([^"]*)"/.exec(line)?.[1] ?? "");
        else if (line.startsWith('{"k":"end"')) why = reasonFrom(line);
      }
    }
  } catch {
    why = "open"; // The connection broke: the server has gone, and the file says as much by having no last line.
  } finally {
    await out.close();
  }
  return { bytes, eventCount, laneCount: lanes.size, why };
}

function reasonFrom(line: string): EndReason {
  const { why }: { why: EndReason } = JSON.parse(line);
  return why;
}

function endText(why: Written["why"]): string {
  switch (why) {
    case "stopped":
      return "";
    case "limit":
      return "; ended by its limit (--limit)";
    case "behind":
      return "; ended because it could not be written as fast as things happened";
    case "open":
      return "; the server has gone, what had come by then is kept";
  }
}

export function registerRecordCommand(
  program: Command,
  run: (work: () => Promise<number>) => Promise<void>,
  world: RecordWorld,
): void {
  withStateFlag(withConfigFlag(program.command("record")))
    .description("keep what is fed to the lanes of a running server in a file, for `millrace replay`")
    .argument("[words...]", "a mapping (part of its UUID, or its function's name; else all), a file (*.mrec)")
    .option("--batch <what>", "afterwards: the batch 29, or that of a request id or record, from journal and source")
    .option("--since <time>", "afterwards: the mapping's batches of the last 5m", duration)
    .option("--for <time>", "end after so long: 30s, 5m (else at Ctrl-C)", duration)
    .option("--no-payloads", "leave the data of records out: batches and retries can be replayed, handlers not run")
    .option(
      "--limit <mb>",
      `end before the file is larger than so many MB (default: ${DEFAULT_LIMIT_MB})`,
      wholeNumber(1, 100_000),
    )
    .option("--host <host>", "where the server is")
    .option("--port <n>", "where the server is", parsePort)
    .option("--endpoint <url>", "where the server is, in one")
    .option("--json", "answer in JSON")
    .action((words: readonly string[], flags: RecordFlags) => run(() => runRecordCommand(words, flags, world)));
}
