// A small simulated world with one function, which is a handler file in a guest's thread; its files go with the test.

import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { onTestFinished } from "vitest";
import { createSystemClock } from "../../../src/platform/system-clock.ts";
import { nextTurn } from "../../../src/platform/turn.ts";
import type { Answer, Call } from "../../../src/ports/invoker.ts";
import { createOutsideWork, HANDLER_STUCK_MS } from "../../../src/sim/outside-work.ts";
import { createVirtualClock, type VirtualClock } from "../../../src/sim/virtual-clock.ts";
import { createVirtualFunctions, type VirtualCall } from "../../../src/sim/virtual-functions.ts";
import {
  createGuestFunction,
  type GuestFunction,
  type GuestFunctionOptions,
  type GuestLogLine,
} from "../../../src/wiring/guest-function.ts";

export const STARTS_AT_MS = Date.UTC(2026, 0, 31, 23, 0, 0);

export interface GuestWorld {
  readonly root: string;
  readonly guest: GuestFunction;
  readonly clock: VirtualClock;
  readonly calls: readonly VirtualCall[];
  readonly logs: readonly GuestLogLine[];
  /** An invocation that begins now. */
  begin(event?: unknown): Promise<Answer>;
  /** Takes every event that there is. */
  run(): Promise<void>;
  /** One invocation, from its beginning to its end: what it returned, or how it failed. */
  invoke(event?: unknown): Promise<unknown>;
  crash(): void;
  close(): Promise<void>;
}

export type WorldOptions = Partial<GuestFunctionOptions> & {
  readonly stuckAfterMs?: number;
  /** True: whoever made it closes it. */
  readonly isKept?: boolean;
};

/** `files`: the handler is `handler` of the first one, unless said. */
export async function aGuestWorld(
  files: Readonly<Record<string, string>>,
  options: WorldOptions = {},
): Promise<GuestWorld> {
  const root = await mkdtemp(join(tmpdir(), "millrace-guest-test-"));
  const remove = (): Promise<void> => rm(root, { recursive: true, force: true });
  if (options.isKept !== true) onTestFinished(remove);
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(root, path)), { recursive: true });
    await writeFile(join(root, path), text);
  }
  const [first = ""] = Object.keys(files);
  const logs: GuestLogLine[] = [];
  const { stuckAfterMs = HANDLER_STUCK_MS, isKept, ...others } = options;
  const guest = await createGuestFunction({
    name: "f",
    file: join(root, first),
    root,
    seed: 1,
    extraMs: 0,
    onLog: (line) => void logs.push(line),
    ...others,
  });
  const clock = createVirtualClock(STARTS_AT_MS);
  const work = createOutsideWork({ limit: { clock: createSystemClock(), ms: stuckAfterMs } });
  const calls: VirtualCall[] = [];
  const invoker = createVirtualFunctions(clock, new Map([["f", guest]]), (call) => void calls.push(call), work);
  let callCount = 0;

  const begin = (event: unknown = {}): Promise<Answer> =>
    invoker.invoke(callOf(event, `request-${++callCount}`), new AbortController().signal);

  async function run(): Promise<void> {
    await nextTurn();
    while (clock.runNext(Number.POSITIVE_INFINITY)) {
      await nextTurn();
      await work.settled();
    }
  }

  async function close(): Promise<void> {
    await guest.close();
    await remove();
  }
  if (isKept !== true) onTestFinished(close);

  return {
    root,
    guest,
    clock,
    calls,
    logs,
    begin,
    run,
    async invoke(event) {
      const answering = begin(event);
      await run();
      const answer = await answering;
      return answer.kind === "returned" ? JSON.parse(answer.json ?? "null") : answer;
    },
    crash: () => invoker.crash(),
    close,
  };
}

const callOf = (event: unknown, requestId: string): Call => ({
  functionArn: "arn:aws:lambda:us-east-1:000000000000:function:f",
  mappingUuid: "",
  requestId,
  recordCount: 1,
  pack: () => ({ kind: "", buffer: new ArrayBuffer(0), constants: {} }),
  text: () => JSON.stringify(event),
  isAnswerWanted: true,
});
