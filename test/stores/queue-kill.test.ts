import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { Queues } from "../../src/ports/queues.ts";
import { createQueues } from "../../src/stores/store-queues.ts";
import { createHandClock, openStoreAside } from "./aside.ts";
import { acknowledgedBeforeKill } from "./killed.ts";

const victim = new URL("killed-queue-worker.ts", import.meta.url);
const names = ["q", "q.fifo", "dead-q", "dead-q.fifo"];
const bodiesOf = async (queues: Queues, name: string): Promise<readonly { body: string; messageId: string }[]> =>
  (await queues.peek(name, 1e6)) ?? [];

test("D1, Q4: after kill -9 every message whose sending was acknowledged is there once, and none whose deletion was", async () => {
  const dir = await mkdtemp(join(tmpdir(), "millrace-queue-kill-"));
  const lines = await acknowledgedBeforeKill(victim, { dir, lineCount: 6_000 });
  const wordsAfter = (kind: string): readonly string[] =>
    lines.map((line) => line.split(" ")).flatMap(([first, word = ""]) => (first === kind ? [word] : []));
  const store = await openStoreAside({ dir, clock: createHandClock(Date.now()) });
  try {
    const queues = createQueues(store.client);
    const stored = (await Promise.all(names.map((name) => bodiesOf(queues, name)))).flat();
    const bodies = new Set(stored.map(({ body }) => body));
    expect(bodies.size).toBe(stored.length);
    const deleted = new Set(wordsAfter("deleted"));
    expect(deleted.size).toBeGreaterThan(500);
    expect([...deleted].filter((body) => bodies.has(body))).toEqual([]);
    // What was received in the last moment may be deleted without its acknowledgement having been read: at most one call's.
    const missing = wordsAfter("sent").filter((body) => !bodies.has(body) && !deleted.has(body));
    expect(missing.length).toBeLessThanOrEqual(10);
    const dead = new Set(
      (await Promise.all(names.slice(2).map((name) => bodiesOf(queues, name)))).flat().map((each) => each.messageId),
    );
    expect(dead.size).toBeGreaterThan(0);
    expect(wordsAfter("dead").filter((messageId) => !dead.has(messageId))).toEqual([]);
  } finally {
    await store.close();
  }
});
