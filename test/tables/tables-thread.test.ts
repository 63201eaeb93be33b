// T1, T2: the tables' thread as main sees it, when it fails.

import { MessageChannel } from "node:worker_threads";
import { expect, onTestFinished, test } from "vitest";
import { createTablesThread, type TablesThread } from "../../src/tables/tables-thread.ts";

function aThread(folder = "any"): { readonly thread: TablesThread; readonly failures: readonly string[] } {
  const failures: string[] = [];
  const thread = createTablesThread({
    entry: new URL("failing-thread.ts", import.meta.url),
    boot: { folder, partition: "aws", region: "us-east-1", accountId: "000000000000", redis: null },
    connectStore: () => new MessageChannel().port2,
    onFailed: (text) => failures.push(text),
  });
  onTestFinished(() => thread.close());
  return { thread, failures };
}

const ask = (thread: TablesThread, operation: "Scan" | "Query") => thread.call(operation, new Uint8Array(0));

test("T2: a thread that fails is told once, its calls are answered, and the next call starts another", async () => {
  const { thread, failures } = aThread();
  expect(await ask(thread, "Scan")).toEqual({ status: 200, body: "1" });
  expect(await ask(thread, "Scan")).toEqual({ status: 200, body: "2" });
  const [failed, beside] = await Promise.all([ask(thread, "Query"), ask(thread, "Query")]);
  for (const { status, body } of [failed, beside]) {
    expect([status, JSON.parse(body)]).toMatchObject([
      500,
      {
        __type: "com.amazonaws.dynamodb.v20120810#InternalServerError",
        message: expect.stringContaining("a fault in the tables"),
      },
    ]);
  }
  expect(failures).toEqual([expect.stringContaining("a fault in the tables")]);
  expect(await ask(thread, "Scan")).toEqual({ status: 200, body: "1" });
});

test("a database that cannot be opened is told to whoever opens it, and to each call", async () => {
  const { thread, failures } = aThread("broken");
  await expect(thread.open()).rejects.toMatchObject({ code: "state-broken" });
  expect(JSON.parse((await ask(thread, "Scan")).body)).toMatchObject({
    message: "The tables cannot be used now: the tables in broken cannot be opened",
  });
  expect(failures).toEqual([]);
});

test("once closed, calls are answered and nothing is started", async () => {
  const { thread } = aThread();
  await thread.open();
  await thread.close();
  expect((await ask(thread, "Scan")).status).toBe(500);
  await expect(thread.streams()).rejects.toMatchObject({ code: "thread-failed" });
});
