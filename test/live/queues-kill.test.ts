// Queues over a process that is killed (-9) in mid-batch: what was acknowledged stays, what was in hand comes again, groups go on in order.

import { CreateEventSourceMappingCommand } from "@aws-sdk/client-lambda";
import { join } from "node:path";
import { expect, test } from "vitest";
import { grouped, inSoakElse } from "../in-soak.ts";
import { countIn, lambdaAt, queueAt, sendAll, sqsAt } from "./support/aws-clients.ts";
import { aFolder, configIn, inTime, messagesOf, queueArn, toldBy } from "./support/live-server.ts";
import { started } from "./support/process.ts";
import { doneOf, groupDisorder, queueLedgerOf } from "./support/queue-lines.ts";
import { aGate, aWitness, goOn } from "./support/witness.ts";

const MESSAGE_COUNT = inSoakElse(3_000, 1_500);

test("Q-11, Q-12: killed in mid-batch, what was in hand comes again when its visibility is over, what was deleted does not, and poison ends in the dead letters", async () => {
  const witness = await aWitness();
  const folder = aFolder();
  configIn(folder, { functions: { f: toldBy(witness.url, { Timeout: 3 }) } });
  const first = await started(folder);
  const never = aGate();
  witness.orders(async ({ texts }) => {
    if (texts.includes("held") || texts.includes("poison")) await never.opened;
    return goOn;
  });
  const sqs = sqsAt(first.url);
  const dead = { deadLetterTargetArn: queueArn("dead"), maxReceiveCount: 2 };
  await queueAt(sqs, "dead");
  const orders = await queueAt(sqs, "orders", { VisibilityTimeout: "3", RedrivePolicy: JSON.stringify(dead) });
  await lambdaAt(first.url).send(
    new CreateEventSourceMappingCommand({ EventSourceArn: queueArn("orders"), FunctionName: "f", BatchSize: 1 }),
  );
  await sendAll(sqs, orders, [{ body: "done" }]);
  await expect.poll(() => countIn(sqs, orders), inTime).toBe(0);
  await sendAll(sqs, orders, [{ body: "held" }, { body: "poison" }]);
  await witness.sees(() => witness.texts().includes("held") && witness.texts().includes("poison"));
  await first.kill();
  never.open();

  witness.orders(({ texts }) => (texts.includes("poison") ? { do: "throw", message: "bad order" } : goOn));
  const second = await started(folder, Number(new URL(first.url).port));
  await expect.poll(() => messagesOf(second.url, "dead"), inTime).toEqual(["poison"]);
  await expect.poll(() => countIn(sqsAt(second.url), orders), inTime).toBe(0);
  const counts = witness.deliveries.map(({ event, texts }) => [
    texts.join(),
    (event.Records[0] as unknown as { attributes: { ApproximateReceiveCount: string } }).attributes
      .ApproximateReceiveCount,
  ]);
  expect(counts.map((each) => each.join(" ")).toSorted()).toEqual([
    "done 1",
    "held 1",
    "held 2",
    "poison 1",
    "poison 2",
  ]);
  await second.kill();
});

test(`Q-10, Q-19: of ${grouped(MESSAGE_COUNT)} messages none is lost over a process that is killed three times while it works`, async () => {
  const folder = aFolder();
  const ledger = join(folder, "ledger.txt");
  configIn(folder, {
    functions: { f: { Handler: "queue-ledger.book", Timeout: 2, Environment: { Variables: { LEDGER: ledger } } } },
  });
  let running = await started(folder);
  const port = Number(new URL(running.url).port);
  const url = await queueAt(sqsAt(running.url), "orders", { VisibilityTimeout: "2" });
  await lambdaAt(running.url).send(
    new CreateEventSourceMappingCommand({
      EventSourceArn: queueArn("orders"),
      FunctionName: "f",
      BatchSize: 10,
      FunctionResponseTypes: ["ReportBatchItemFailures"],
    }),
  );
  const messages = Array.from({ length: MESSAGE_COUNT }, (_, index) => ({ body: `${index}` }));
  await sendAll(sqsAt(running.url), url, messages);
  for (let killCount = 0; killCount < 3; killCount += 1) {
    const before = queueLedgerOf(ledger).length;
    await expect.poll(() => queueLedgerOf(ledger).length, inTime).toBeGreaterThan(before + 300);
    await running.kill();
    running = await started(folder, port);
  }
  await expect.poll(() => countIn(sqsAt(running.url), url), { ...inTime, timeout: 60_000 }).toBe(0);
  await running.kill();

  const lines = queueLedgerOf(ledger);
  const done = doneOf(lines);
  expect(new Set(done.map(({ body }) => body)).size).toBe(MESSAGE_COUNT);
  // Done twice is only what a process had in hand when it was killed: sixteen threads, ten messages each.
  expect(done.length - MESSAGE_COUNT).toBeLessThanOrEqual(3 * 16 * 10);
  expect(lines.some(({ verdict }) => verdict === "failed")).toBe(true);
});

test("P-30, P-33, Q-15: FIFO groups keep their order over calls that fail and a process that is killed twice", async () => {
  const folder = aFolder();
  const ledger = join(folder, "ledger.txt");
  configIn(folder, {
    functions: { f: { Handler: "queue-ledger.inOrder", Timeout: 2, Environment: { Variables: { LEDGER: ledger } } } },
  });
  let running = await started(folder);
  const port = Number(new URL(running.url).port);
  const attributes = { FifoQueue: "true", VisibilityTimeout: "2" };
  const url = await queueAt(sqsAt(running.url), "orders.fifo", attributes);
  await lambdaAt(running.url).send(
    new CreateEventSourceMappingCommand({
      EventSourceArn: queueArn("orders.fifo"),
      FunctionName: "f",
      BatchSize: 10,
      FunctionResponseTypes: ["ReportBatchItemFailures"],
    }),
  );
  const messages = Array.from({ length: 600 }, (_, index) => ({ body: `${index}`, group: `g${index % 20}` }));
  for (const part of [0, 1, 2]) {
    await sendAll(sqsAt(running.url), url, messages.slice(part * 200, part * 200 + 200), { isInOrder: true });
    if (part === 2) break;
    await expect.poll(() => queueLedgerOf(ledger).length, inTime).toBeGreaterThan(part * 200 + 50);
    await running.kill();
    running = await started(folder, port);
  }
  await expect.poll(() => countIn(sqsAt(running.url), url), { ...inTime, timeout: 90_000 }).toBe(0);
  await running.kill();

  const lines = queueLedgerOf(ledger);
  const done = doneOf(lines);
  expect(new Set(done.map(({ body }) => body)).size).toBe(600);
  expect(groupDisorder(lines)).toEqual([]);
  // What is done is done in order, too: a message that failed holds what is behind it.
  expect(groupDisorder(done)).toEqual([]);
  expect(lines.some(({ verdict }) => verdict === "failed")).toBe(true);
});
