// One recorded call made once more, with a handler in the simulated world at the instant at which it was made.

import { nextTurn } from "../platform/turn.ts";
import type { Answer, Call } from "../ports/invoker.ts";
import type { OutsideWork } from "../sim/outside-work.ts";
import { createVirtualClock } from "../sim/virtual-clock.ts";
import { createVirtualFunctions, type VirtualFunction } from "../sim/virtual-functions.ts";

export async function runOnce(call: Call, atMs: number, handler: VirtualFunction, work: OutsideWork): Promise<Answer> {
  const clock = createVirtualClock(atMs);
  const name = call.functionArn.split(":")[6] ?? "";
  const functions = createVirtualFunctions(clock, new Map([[name, handler]]), () => undefined, work);
  let answer: Answer | null = null;
  void functions.invoke({ ...call, isAnswerWanted: true }, new AbortController().signal).then((given) => {
    answer = given;
  });
  for (;;) {
    await work.settled();
    await nextTurn();
    if (answer !== null) return answer;
    clock.runNext(Number.POSITIVE_INFINITY);
  }
}
