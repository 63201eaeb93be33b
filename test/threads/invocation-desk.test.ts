// Which thread gets an invocation, and that each is answered exactly once.

import { expect, test } from "vitest";
import type { Answer, DirectCall } from "../../src/ports/invoker.ts";
import { createInvocationDesk, type Desk } from "../../src/threads/invocation-desk.ts";

interface Thread extends Desk {
  readonly name: string;
  readonly mappingCount: number;
}

const aThread = (name: string, mappingCount: number): Thread => ({ name, mappingCount, pending: new Map() });

const aCall = (): DirectCall => ({
  requestId: "r",
  functionArn: "arn:f",
  payload: new ArrayBuffer(2),
  clientContext: null,
  isLogWanted: false,
});

const returned: Answer = { kind: "returned", json: "1", executedVersion: "$LATEST", tookMs: 1 };

function aDesk() {
  const sent: { readonly thread: Thread; readonly id: number }[] = [];
  const desk = createInvocationDesk<Thread>({
    mappingCount: ({ mappingCount }) => mappingCount,
    send: (thread, { id }) => void sent.push({ thread, id }),
  });
  return { desk, sent };
}

test("V4: the thread with the fewest invocations has it, of equals the one with the fewest mappings", () => {
  const { desk, sent } = aDesk();
  const [busy, calm] = [aThread("busy", 3), aThread("calm", 1)];
  for (let count = 0; count < 4; count += 1) void desk.call([busy, calm], aCall());
  expect(sent.map(({ thread }) => thread.name)).toEqual(["calm", "busy", "calm", "busy"]);
  for (const { thread, id } of sent.filter((each) => each.thread === busy)) desk.answer(thread, id, returned);
  void desk.call([busy, calm], aCall());
  expect(sent.at(-1)?.thread.name).toBe("busy");
});

test("V5: a thread that ends answers what it had with a fault, and an answer that comes after that is nobody's", async () => {
  const { desk, sent } = aDesk();
  const [dying, other] = [aThread("dying", 0), aThread("other", 0)];
  const lost = desk.call([dying], aCall());
  const kept = desk.call([other], aCall());
  desk.fail(dying, "poller-0 has ended");
  expect(await lost).toEqual({
    kind: "refused",
    reason: "fault",
    message: "The invocation was lost: poller-0 has ended",
  });
  desk.answer(dying, sent[0]?.id ?? 0, returned);
  desk.answer(other, sent[1]?.id ?? 0, returned);
  expect(await kept).toBe(returned);
  expect([dying.pending.size, other.pending.size]).toEqual([0, 0]);
});

test("V6: a thousand run or wait at once, and one more is throttled until one has its answer", async () => {
  const { desk, sent } = aDesk();
  const threads = [aThread("one", 0), aThread("two", 0)];
  const calls = Array.from({ length: 1_000 }, () => desk.call(threads, aCall()));
  expect(await desk.call(threads, aCall())).toEqual({
    kind: "refused",
    reason: "throttled",
    message: "Rate Exceeded.",
  });
  expect(sent).toHaveLength(1_000);
  const [first] = sent;
  if (first !== undefined) desk.answer(first.thread, first.id, returned);
  expect(await calls[0]).toBe(returned);
  void desk.call(threads, aCall());
  expect(sent).toHaveLength(1_001);
});

test("V5: with no thread left the answer is a fault at once", async () => {
  expect(await aDesk().desk.call([], aCall())).toMatchObject({ kind: "refused", reason: "fault" });
});
