// A user's handler file as a function of the simulated world: bundled like a live one, run in a guest's thread whose clocks, timers and
// chance are the world's. What it waits for takes the world's time; what its code does takes none.
//
// GF1 One environment an invocation; the idle one with the lowest number is taken, else a new one is started. So which environment an
// invocation gets is a function of the order of invocations. GF2 An environment that was ended is not used again. GF3 Every thread has
// ended when `close` resolves.

import { basename, dirname } from "node:path";
import { holdBundler } from "../functions/bundler-process.ts";
import { environmentOf, setupOf } from "../functions/guest-environment.ts";
import type { GuestAnswer, GuestFailure } from "../functions/guest-protocol.ts";
import { type Environment, startEnvironment, type Step } from "../functions/virtual/environment.ts";
import { buildGuestCode, type GuestCode } from "../functions/virtual/guest-code.ts";
import type { FencedCall } from "../functions/virtual/fence.ts";
import { withRelativePlaces } from "../functions/virtual/relative-places.ts";
import type { Moment } from "../functions/virtual/virtual-time.ts";
import type { Cancel, Clock } from "../ports/clock.ts";
import type { FileSource } from "../ports/function-record.ts";
import { type FunctionSettings, type FunctionVersion, LATEST } from "../ports/functions.ts";
import { createSeededRandom } from "../sim/seeded-random.ts";
import type { Invocation, Run, RunAnswer, RunningFunction } from "../sim/virtual-functions.ts";
import { workerEntry } from "../threads/entries.ts";

/** What a call takes in the world beside what its code waits for. */
const CALL_MS = 2;
const DEFAULT_TIMEOUT_MS = 3_000;
const DEFAULT_MEMORY_MB = 128;
const WORDS = 2 ** 32;
/** Where the function's own AWS calls go; they are refused unless real work is allowed. */
const ENDPOINT_URL = "http://127.0.0.1:4566";
/** Of the host's environment nothing is passed on: it differs from machine to machine. */
const HOST = { PATH: "/usr/local/bin:/usr/bin:/bin" };

export interface GuestFunctionOptions {
  /** The function's name. */
  readonly name: string;
  /** Absolute path of the handler's file, TypeScript or JavaScript. */
  readonly file: string;
  /** Name of the export, dots allowed. Default `handler`. */
  readonly exportName?: string;
  /** The world's seed: the guest's chance is drawn from it, by the function's name and the environment's number. */
  readonly seed: number;
  /** Absolute folder that places in the user's source are told from. Default: the file's own. */
  readonly root?: string;
  /** Default 3,000. */
  readonly timeoutMs?: number;
  /** What the function is told; nothing is held to it here. Default 128. */
  readonly memoryMb?: number;
  readonly environment?: Readonly<Record<string, string>>;
  /** Null, the default: none reserved. */
  readonly reservedConcurrency?: number | null;
  readonly qualifiers?: readonly string[];
  /** Default `nodejs24.x`. */
  readonly runtime?: string;
  readonly region?: string;
  /** False: Node loads the file as it is. Default true. */
  readonly isBundled?: boolean;
  /** True: real work is waited for in real time, and noted; the run's digest is then not guaranteed. Default false. */
  readonly isIoAllowed?: boolean;
  /** What a call takes in the world beside what its code waits for. Default 2. */
  readonly extraMs?: number;
  readonly onLog?: (line: GuestLogLine) => void;
}

export interface GuestLogLine {
  readonly functionName: string;
  readonly requestId: string;
  readonly stream: "stdout" | "stderr";
  /** AWS's level, for what was written by the console. */
  readonly level: string | null;
  readonly text: string;
}

/** Something about the handler's code that whoever runs the world is to be told. */
export interface GuestNote {
  readonly kind: "refused" | "allowed" | "never-settles";
  readonly functionName: string;
  /** Of the first invocation in which it was seen. */
  readonly requestId: string;
  /** One sentence: what, where and why. */
  readonly text: string;
  /** How often it was seen. */
  readonly count: number;
}

export const guestNoteText = ({ kind, functionName, text, count }: GuestNote): string => {
  const often = count === 1 ? "" : `, ${count} times`;
  return kind === "refused" ? `${functionName}: refused${often}: ${text}` : `${functionName}${often}: ${text}`;
};

export interface GuestFunction extends RunningFunction {
  /** In the order in which they were first seen. */
  notes(): readonly GuestNote[];
  /** Reasons why the same seed may give another digest; empty: none is known. */
  digestDoubts(): readonly string[];
  /** Ends all of its threads. */
  close(): Promise<void>;
}

/** Throws `handler-not-found` where the file or the export is missing. What cannot be built fails at its invocations, as a live one does. */
export async function createGuestFunction(options: GuestFunctionOptions): Promise<GuestFunction> {
  const { name, file, exportName = "handler" } = options;
  const root = options.root ?? dirname(file);
  const source: FileSource = { kind: "file", root, file, exportName, isBundled: options.isBundled ?? true };
  const releaseBundler = holdBundler();
  try {
    const built = await buildGuestCode(source, name);
    return runGuests(options, root, built, async () => {
      await built.giveBack();
      await releaseBundler();
    });
  } catch (error) {
    await releaseBundler();
    throw error;
  }
}

interface Held {
  readonly number: number;
  readonly environment: Environment;
  /** Of its newest invocation. */
  requestId: string;
}

function runGuests(
  options: GuestFunctionOptions,
  root: string,
  { code, compileCacheDir }: GuestCode,
  giveBack: () => Promise<void>,
): GuestFunction {
  const { name } = options;
  const isIoAllowed = options.isIoAllowed === true;
  const timeoutMs = options.timeoutMs ?? DEFAULT_TIMEOUT_MS;
  const reservedConcurrency = options.reservedConcurrency ?? null;
  const region = options.region ?? "us-east-1";
  const random = createSeededRandom(options.seed);
  const settings: FunctionSettings = {
    name,
    arn: `arn:aws:lambda:${region}:000000000000:function:${name}`,
    timeoutMs,
    memoryMb: options.memoryMb ?? DEFAULT_MEMORY_MB,
    environment: options.environment ?? {},
    reservedConcurrency,
    runtime: options.runtime ?? "nodejs24.x",
    roleArn: "",
  };
  // Where the code was put is another place each time; files beside the source are looked for beside it.
  const deployed: FunctionVersion = { version: LATEST, settings, code: { ...code, taskRoot: dirname(options.file) } };
  const isUtc = /^(?:Etc\/)?(?:UTC|GMT)$/.test(new Intl.DateTimeFormat().resolvedOptions().timeZone);
  const idle = new Map<number, Held>();
  const alive = new Set<Held>();
  const ends = new Set<Promise<void>>();
  const notes = new Map<string, GuestNote>();
  let startedCount = 0;

  function note(kind: GuestNote["kind"], requestId: string, text: string): void {
    const key = `${kind} ${text}`;
    const found = notes.get(key);
    notes.set(
      key,
      found === undefined
        ? { kind, functionName: name, requestId, text, count: 1 }
        : { ...found, count: found.count + 1 },
    );
  }

  function start(moment: Moment, requestId: string): Held {
    const number = ++startedCount;
    const logStreamId = random.uuid(`log stream/${name}/${number}`).replaceAll("-", "");
    const guest = setupOf(deployed, { nowMs: moment.wallMs, logStreamId, isDebugged: false });
    const place = { endpointUrl: ENDPOINT_URL, region, host: isIoAllowed ? process.env : HOST, compileCacheDir };
    const environment = startEnvironment({
      workerUrl: workerEntry("virtual-function"),
      setup: {
        guest,
        seed: Math.floor(random.draw(`guest/${name}/${number}`) * WORDS),
        origin: moment,
        isIoAllowed,
        isUtc,
        root,
      },
      variables: environmentOf(deployed, guest, place),
      onLog: ({ requestId, stream, level, text }) =>
        options.onLog?.({ functionName: name, requestId, stream, level, text: withRelativePlaces(text, root) }),
      onFenced: (call) => note(isIoAllowed ? "allowed" : "refused", held.requestId, textOf(call)),
    });
    const held: Held = { number, environment, requestId };
    alive.add(held);
    return held;
  }

  function discard(held: Held): void {
    alive.delete(held);
    idle.delete(held.number);
    const end = held.environment.end();
    ends.add(end);
    void end.then(() => ends.delete(end));
  }

  function take(moment: Moment, requestId: string): Held {
    const lowest = Math.min(...idle.keys());
    const held = idle.get(lowest) ?? start(moment, requestId);
    idle.delete(lowest);
    held.requestId = requestId;
    return held;
  }

  function run(invocation: Invocation): Run {
    const { clock, requestId } = invocation;
    const { promise, resolve } = Promise.withResolvers<RunAnswer>();
    if (code.buildError !== null) {
      resolve({ kind: "failed", reason: "initFailed", ...code.buildError, trace: [] });
      return { answer: promise, end: () => undefined };
    }
    const held = take(momentOf(clock), requestId);
    const { environment } = held;
    const hold = (): (() => void) => invocation.hold(() => environment.where());
    let letGo = hold();
    let cancelWake: Cancel = () => undefined;
    let isOver = false;

    async function follow(stepping: Promise<Step>): Promise<void> {
      const step = await stepping;
      if (isOver) return;
      if (step.kind === "waiting") waitFor(step.wakeSteadyMs);
      else {
        isOver = true;
        if (step.kind === "done") idle.set(held.number, held);
        else discard(held);
        resolve(step.kind === "done" ? answerOf(step.answer, root) : failedAt(step.failure, root));
      }
      letGo();
    }

    function waitFor(wakeSteadyMs: number | null): void {
      if (wakeSteadyMs === null) {
        note(
          "never-settles",
          requestId,
          `${basename(options.file)}: the handler awaits a promise that nothing will keep`,
        );
        return;
      }
      const inMs = Math.max(0, Math.ceil(wakeSteadyMs - clock.monotonicMs()));
      cancelWake = clock.wakeAt(clock.nowMs() + inMs, () => {
        letGo = hold();
        void follow(environment.wake(momentOf(clock)));
      });
    }

    const { functionArn, eventText: event } = invocation;
    void follow(environment.begin(momentOf(clock), { callId: 1, requestId, functionArn, timeoutMs, event }));
    return {
      answer: promise,
      end() {
        if (isOver) return;
        isOver = true;
        cancelWake();
        discard(held);
        letGo();
      },
    };
  }

  return {
    timeoutMs,
    reservedConcurrency,
    extraMs: options.extraMs ?? CALL_MS,
    ...(options.qualifiers === undefined ? {} : { qualifiers: options.qualifiers }),
    run,
    crash() {
      for (const held of alive) discard(held);
    },
    notes: () => [...notes.values()],
    digestDoubts: () => [...notes.values()].filter(({ kind }) => kind === "allowed").map(({ text }) => text),
    async close() {
      for (const held of alive) discard(held);
      await Promise.all(ends);
      await giveBack();
    },
  };
}

const momentOf = (clock: Clock): Moment => ({ wallMs: clock.nowMs(), steadyMs: clock.monotonicMs() });

const textOf = ({ what, why, place }: FencedCall): string =>
  place === null ? `${what}: ${why}` : `${what} at ${place}: ${why}`;

function answerOf(given: GuestAnswer, root: string): RunAnswer {
  if (given !== null && typeof given === "object") return failedAt(given, root);
  return { kind: "returned", json: given ?? "null" };
}

function failedAt({ message, trace, ...failure }: GuestFailure, root: string): RunAnswer {
  const told = (text: string): string => withRelativePlaces(text, root);
  return { kind: "failed", ...failure, message: told(message), trace: trace.map(told) };
}
