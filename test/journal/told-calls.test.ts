// What a poller thread tells of a call: its failure, behind what the function wrote, and nothing of calls that went well.

import { expect, test } from "vitest";
import type { LoggedText } from "../../src/journal/function-logs.ts";
import type { Answer, Call } from "../../src/ports/invoker.ts";
import { createVirtualClock } from "../../src/sim/virtual-clock.ts";
import { logsOfFailures } from "../../workers/told-calls.ts";

const call: Call = {
  functionArn: "arn:aws:lambda:us-east-1:000000000000:function:f:live",
  mappingUuid: "m",
  requestId: "3f9c21d0",
  recordCount: 1,
  pack: () => {
    throw new Error("it is not packed");
  },
  text: () => "",
  isAnswerWanted: false,
};

const failed = (reason: "threw" | "timedOut", message: string): Answer => ({
  kind: "functionError",
  reason,
  errorType: "TypeError",
  message,
  trace: ["at f"],
  executedVersion: "$LATEST",
  tookMs: 1,
});

async function told(answers: readonly Answer[]) {
  const lines: LoggedText[] = [];
  const clock = createVirtualClock(0);
  const logs = { write: (line: LoggedText) => void lines.push(line), close: () => Promise.resolve() };
  const left = [...answers];
  const invoke = (): Promise<Answer> => {
    const next = left.shift();
    return next === undefined ? Promise.reject(new Error("no answer is left")) : Promise.resolve(next);
  };
  const invoker = logsOfFailures({ invoke }, logs, clock);
  for (const answer of answers) expect(await invoker.invoke(call, new AbortController().signal)).toBe(answer);
  return { lines, clock, invoker };
}

test("a failure comes after a moment, as Lambda's own log has it; a call that went well says nothing", async () => {
  const { lines, clock } = await told([
    { kind: "returned", json: null, executedVersion: "$LATEST", tookMs: 1 },
    failed("threw", "no total"),
    failed("timedOut", "Task timed out after 3.00 seconds"),
  ]);
  expect(lines).toEqual([]);
  while (clock.runNext(Number.POSITIVE_INFINITY));
  expect(lines.map(({ functionName, stream }) => [functionName, stream])).toEqual([
    ["f", "stderr"],
    ["f", "stderr"],
  ]);
  expect(lines.map(({ text }) => text)).toEqual([
    'Invoke Error \t{"errorType":"TypeError","errorMessage":"no total","stack":["at f"]}',
    "Task timed out after 3.00 seconds",
  ]);
});

test("at a stop what is held back is written at once, and not again", async () => {
  const { lines, clock, invoker } = await told([failed("threw", "late")]);
  invoker.flush();
  expect(lines).toHaveLength(1);
  while (clock.runNext(Number.POSITIVE_INFINITY));
  expect(lines).toHaveLength(1);
});
