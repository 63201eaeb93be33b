// `millrace replay FILE`: folds a recording through the production core, proves that the same journal comes of it, and shows what
// happened; with --until stops at an invocation and shows its lane. No broker, no server, no handler.

import { writeFileSync } from "node:fs";
import { resolve } from "node:path";
import type { Command } from "commander";
import { assertNever } from "../core/assert-never.ts";
import { MillraceError } from "../errors.ts";
import type { Answer } from "../ports/invoker.ts";
import { openRecording, type Recording } from "../recording/read-recording.ts";
import { type Replayed, type ReplayedCall, replay } from "../recording/replay.ts";
import { forShell } from "./carried-flags.ts";
import { type Terminal, wholeNumber } from "./command-options.ts";
import { duration } from "./duration.ts";
import { LEAST_ID } from "./explain/question.ts";
import { type Course, courseOf } from "./replay/course.ts";
import { courseText, headText, proofText, shortDigest } from "./replay/replay-text.ts";
import { handlerOpener } from "./replay/real-handler.ts";
import { recordedSettings } from "./replay/recorded-settings.ts";
import { questionOf, type ReplayFlags } from "./replay/replay-flags.ts";
import { shrinkRecording } from "./replay/shrink-recording.ts";
import { stoppedState, stoppedText } from "./replay/stop-text.ts";
import { whatIf } from "./replay/what-if-command.ts";
import { whatIfText } from "./replay/what-if-text.ts";
import { type Screen, screenOf } from "./screen.ts";
import { counted, oneLine, shownMs } from "./shown-forms.ts";
import { runOnce } from "../wiring/run-once.ts";

const MOST_ATTEMPT = 100_000;

export interface ReplayWorld {
  readonly terminal: Terminal;
  readonly columns: number | undefined;
}

export async function runReplayCommand(file: string, flags: ReplayFlags, world: ReplayWorld): Promise<number> {
  const { terminal } = world;
  const recording = openRecording(resolve(terminal.cwd, file), file);
  const screen = screenOf(terminal.env, world.columns);
  const question = questionOf(file, flags);
  const openHandler = handlerOpener(flags, terminal.cwd);
  if (question.kind === "shrink")
    return runShrink(file, recording, { ...flags, shrink: question.predicate }, { screen, terminal });
  if (question.kind === "set")
    return runWhatIf(file, recording, question.words, { flags, openHandler, screen, terminal });
  const until = question.kind === "until" ? untilOf(question.until, flags) : null;
  const whole = await replay(recording);
  const stopped = until === null ? null : await stopAt(file, recording, until, flags);
  if (stopped !== null && flags.event !== undefined)
    writeFileSync(resolve(terminal.cwd, flags.event), `${eventTextOf(file, recording, stopped)}\n`);
  const answer =
    stopped === null || openHandler === null ? null : await callOnce(file, recording, stopped, openHandler);
  if (flags.json === true)
    terminal.write(`${JSON.stringify({ ...jsonOf(file, recording, whole, stopped), answer })}\n`);
  else
    terminal.write(
      `${textOf(file, recording, whole, { stopped, screen, flags })}${answer === null ? "" : answerText(answer)}`,
    );
  return whole.difference === null ? 0 : 1;
}

async function callOnce(
  file: string,
  recording: Recording,
  stopped: ReplayedCall,
  openHandler: NonNullable<ReturnType<typeof handlerOpener>>,
): Promise<Answer | null> {
  eventTextOf(file, recording, stopped); // Refuses where there is no event.
  if (stopped.call === null) return null;
  const handler = await openHandler(stopped.mapping.spec().functionName);
  try {
    return await runOnce(stopped.call, stopped.atMs, handler.function, handler.work);
  } finally {
    await handler.close();
  }
}

function answerText(answer: Answer): string {
  switch (answer.kind) {
    case "returned":
      return `handler     returned ${oneLine(answer.json ?? "")} in ${shownMs(answer.tookMs)}\n`;
    case "functionError":
      return [
        `handler     ${oneLine(`${answer.errorType}: ${answer.message}`)} after ${shownMs(answer.tookMs)}`,
        ...answer.trace.map((each) => `            ${oneLine(each.trim())}`),
        "",
      ].join("\n");
    case "refused":
      return `handler     not called: ${oneLine(answer.message)}\n`;
    default:
      return assertNever(answer);
  }
}

async function runWhatIf(
  file: string,
  recording: Recording,
  words: readonly string[],
  given: {
    readonly flags: ReplayFlags;
    readonly openHandler: ReturnType<typeof handlerOpener>;
    readonly screen: Screen;
    readonly terminal: Terminal;
  },
): Promise<number> {
  const { flags, openHandler, screen, terminal } = given;
  const told = await whatIf(file, recording, words, { mapping: flags.mapping, openHandler });
  if ("why" in told) {
    const help = `millrace replay ${file} --handler handlers/orders.ts ${words.map((word) => `--set ${word}`).join(" ")}`;
    return cannotTell(file, told.why, help, { isJson: flags.json === true, terminal });
  }
  const { replayed, compared } = told;
  const { recorded, changed, modelled, model, recordedLeftCount, leftCount, notes } = compared;
  if (flags.json === true) {
    const assumed = model === null ? null : { ...model, thrown: [...model.thrown], named: [...model.named] };
    terminal.write(
      `${JSON.stringify({
        file,
        canTell: true,
        isAsRecorded: replayed.difference === null,
        digest: replayed.digest,
        set: compared.label,
        recorded: courseJson(recorded),
        changed: courseJson(changed),
        modelled: courseJson(modelled),
        recordedLeftCount,
        leftCount,
        assumed,
        notes,
      })}\n`,
    );
  } else terminal.write(`${proofText(replayed, screen)}${whatIfText(compared, screen)}`);
  return replayed.difference === null ? 0 : 1;
}

function cannotTell(
  file: string,
  why: string,
  help: string,
  { isJson, terminal }: { readonly isJson: boolean; readonly terminal: Terminal },
): number {
  if (isJson) terminal.write(`${JSON.stringify({ file, canTell: false, why, help })}\n`);
  else terminal.write(`cannot tell, give --handler FILE: ${why}\nhelp: ${help}\n`);
  return 1;
}

async function runShrink(
  file: string,
  recording: Recording,
  flags: ReplayFlags & { readonly shrink: string },
  { screen, terminal }: { readonly screen: Screen; readonly terminal: Terminal },
): Promise<number> {
  const shrunk = await shrinkRecording(file, recording, flags, terminal.cwd);
  if (shrunk === null) {
    const text = `\`${flags.shrink}\` does not hold when the recorded records run in the simulated world`;
    terminal.write(flags.json === true ? `${JSON.stringify({ file, holds: false, text })}\n` : `${text}\n`);
    return 1;
  }
  if ("why" in shrunk) {
    const help = `millrace replay ${file} --shrink ${forShell(flags.shrink)} --handler handlers/orders.ts`;
    return cannotTell(file, shrunk.why, help, { isJson: flags.json === true, terminal });
  }
  const { run, before, after, runCount, isSpent, notes } = shrunk;
  writeFileSync(resolve(terminal.cwd, shrunk.file), shrunk.text);
  if (flags.json === true) {
    terminal.write(
      `${JSON.stringify({ file, holds: true, out: shrunk.file, before, after, runCount, notes, digest: run.digest })}\n`,
    );
    return 0;
  }
  const bound = isSpent ? "; there may be a smaller one: it ended at its bound" : "";
  terminal.write(
    `shrunk from ${counted(before.records, "record")} and ${counted(before.settings, "setting")} to ${after.records} and ${after.settings} in ${counted(runCount, "run")}${bound}\n`,
  );
  terminal.write(courseText(courseOf(run.entries), screen, { isFull: true }));
  for (const note of notes) terminal.write(`note    ${note}\n`);
  const again = shrunk.file.endsWith(".ts")
    ? `vitest run ${shrunk.file}`
    : `millrace simulate ${shrunk.file}${flags.allowIo === true ? " --allow-io" : ""}`;
  terminal.write(`saved   ${shrunk.file}; again: ${again}\ndigest  ${shortDigest(run.digest)}\n`);
  return 0;
}

type Until = (call: ReplayedCall) => boolean;

/** A batch (29.2.1.2, 5e1f09c2/29) or the beginning of a request id; of its attempts the first unless said. */
function untilOf(text: string, { attempt, after }: Pick<ReplayFlags, "attempt" | "after">): Until {
  const [, mapping = "", batch] = /^(?:([^/\s]+)\/)?(\d{1,9}(?:\.[12]|\+\d*)*)$/.exec(text) ?? [];
  const id = text.toLowerCase();
  const isId = text.length >= LEAST_ID && /^[0-9a-f][0-9a-f-]*$/.test(id);
  if (batch === undefined && !isId)
    throw new MillraceError("bad-argument", `\`${text}\` names neither a batch nor the beginning of a request id`, {
      help: "--until 29.2.1.2    # or 52ad7710",
    });
  return (call) => {
    if (call.isEnded !== (after ?? false)) return false;
    if (attempt !== undefined && call.attempt !== attempt) return false;
    const isBatch = batch !== undefined && call.batch === batch && call.lane.startsWith(mapping);
    return isBatch || (isId && call.requestId.startsWith(id));
  };
}

async function stopAt(file: string, recording: Recording, stopsAt: Until, flags: ReplayFlags): Promise<ReplayedCall> {
  const { stoppedAt } = await replay(recording, { stopsAt });
  if (stoppedAt === null) {
    const attempt = flags.attempt === undefined ? "" : ` with an attempt ${flags.attempt}`;
    throw new MillraceError("bad-argument", `${file} has no invocation called \`${flags.until}\`${attempt}`, {
      help: `millrace replay ${file} --full`,
    });
  }
  return stoppedAt;
}

/** The event as the function gets it, exactly. */
function eventTextOf(file: string, { header }: Recording, { call, batch, runner }: ReplayedCall): string {
  if (!header.isWithPayloads)
    throw new MillraceError("bad-argument", `${file} was recorded without payloads: the event cannot be made`, {
      help: "millrace record    # without --no-payloads",
    });
  if (header.isWithoutStates === true && runner.lane().tumbling !== null)
    throw new MillraceError(
      "bad-argument",
      `${file} was made from the journal, which has the size of its window's state and not the state: the event of batch ${batch} cannot be made`,
      { help: "millrace record    # while the mapping runs" },
    );
  if (call === null)
    throw new MillraceError("bad-argument", `batch ${batch} has no event here: stop before its call, not after it`);
  return call.text();
}

function textOf(
  file: string,
  recording: Recording,
  whole: Replayed,
  shown: { readonly stopped: ReplayedCall | null; readonly screen: Screen; readonly flags: ReplayFlags },
): string {
  const { stopped, screen, flags } = shown;
  const options = { isFull: flags.full === true };
  const course = courseOf(whole.entries);
  const head = `${headText(file, recording.header, whole, screen)}${proofText(whole, screen)}`;
  if (stopped === null) return `${head}${courseText(course, screen, options)}`;
  return `${head}${stoppedText(stoppedState(stopped), course.beganAtMs ?? 0, options)}`;
}

function jsonOf(file: string, { header }: Recording, whole: Replayed, stopped: ReplayedCall | null): object {
  const { difference, digest, recordedDigest, end, eventCount, laneCount, specs } = whole;
  return {
    file,
    millrace: header.millrace,
    isWithPayloads: header.isWithPayloads,
    missing: header.missing ?? [],
    end,
    isAsRecorded: difference === null,
    digest,
    recordedDigest,
    difference,
    eventCount,
    laneCount,
    mappings: [...specs.values()].map((spec) => ({ uuid: spec.uuid, settings: recordedSettings(spec) })),
    ...courseJson(courseOf(whole.entries)),
    stopped: stopped === null ? null : stoppedState(stopped),
  };
}

function courseJson(course: Course): object {
  return {
    closedBy: Object.fromEntries(course.closedBy),
    invocationCount: course.invocationCount,
    deliveryCount: course.deliveryCount,
    recordCount: course.recordCount,
    largestEventBytes: course.largestEventBytes,
    heldMs: course.heldMs,
    givenUp: course.givenUp.map(({ batch, requestId, condition, recordCount, attempts, first, last }) => ({
      batch,
      requestId,
      condition,
      recordCount,
      attempts,
      first,
      last,
    })),
  };
}

const gathered = (word: string, before: readonly string[] | undefined): readonly string[] => [...(before ?? []), word];

export function registerReplayCommand(
  program: Command,
  run: (work: () => Promise<number>) => Promise<void>,
  world: ReplayWorld,
): void {
  program
    .command("replay")
    .description("fold a recording to the same batches, retries and splits, without a broker")
    .argument("<file>", "made by `millrace record`")
    .option("--until <what>", "stop before an invocation: a batch (29.2.1.2) or the beginning of a request id")
    .option("--attempt <n>", "of its attempts the nth (default: the first)", wholeNumber(1, MOST_ATTEMPT))
    .option("--after", "stop after it, not before")
    .option("--event <file>", "write the event of that invocation")
    .option("--set <setting>", "what would have been: BatchSize=50 (again for more)", gathered)
    .option("--mapping <name>", "with --set or --shrink: which of several mappings")
    .option(
      "--shrink <predicate>",
      'the fewest records and settings with which it holds: "given-up r7", a checker, expect.NAME',
    )
    .option("--out <file>", "with --shrink: the scenario (.json) or test (.test.ts) to write")
    .option("--expect <file>", "with --shrink expect.NAME: the scenario file that expects it")
    .option(
      "--handler <file>",
      "run this handler in the simulated world: with --set or --shrink, or for the call at --until",
    )
    .option("--export <name>", "the handler's export (default: handler)")
    .option("--timeout <time>", "the handler's time-out (default: 3s)", duration)
    .option("--allow-io", "let the handler do real I/O; results may then differ from run to run")
    .option("--full", "cut nothing, and show every batch")
    .option("--json", "answer in JSON")
    .action((file: string, flags: ReplayFlags) => run(() => runReplayCommand(file, flags, world)));
}
