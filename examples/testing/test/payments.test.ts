import type { KinesisStreamEvent } from "aws-lambda";
import { millrace } from "millrace/testing";
import { expect, test } from "vitest";
import { bookWith, sumWith } from "../handlers/payments.ts";

const idsOf = (event: KinesisStreamEvent): readonly string[] =>
  event.Records.map(({ kinesis }) => JSON.parse(Buffer.from(kinesis.data, "base64").toString()).id);

test("one payment without an amount goes to the destination, and the others are booked", async () => {
  await using app = await millrace();
  app.stream("payments");
  const booked: string[] = [];
  await app.function("book", { handler: bookWith(async ({ id }) => void booked.push(id)) });
  await app.mapping({
    source: "payments",
    FunctionName: "book",
    BatchSize: 10,
    MaximumRetryAttempts: 2,
    BisectBatchOnFunctionError: true,
    DestinationConfig: { OnFailure: { Destination: app.queueArn("payments-failed") } },
  });

  const payments = ["a", "b", "c", "d"].map((id) => ({ id, amount: id === "c" ? undefined : 10 }));
  app.put(
    "payments",
    payments.map((data) => ({ partitionKey: "shop-1", data })),
  );
  await app.drained();

  expect(app.invocations().map(({ event, outcome }) => `${idsOf(event).join("")} ${outcome}`)).toEqual([
    "abcd threw",
    "ab ok",
    "cd threw",
    "c threw",
    "c threw",
    "c threw",
    "d ok",
  ]);
  expect(new Set(booked)).toEqual(new Set(["a", "b", "d"]));
  expect(app.documents()).toHaveLength(1);
  expect(app.documents()[0]?.body).toMatchObject({
    requestContext: { condition: "RetryAttemptsExhausted", approximateInvokeCount: 3 },
    KinesisBatchInfo: { batchSize: 1 },
  });
});

test("a service that is away for twenty minutes costs time, and no payment", async () => {
  await using app = await millrace();
  app.stream("payments");
  const isBackAtMs = app.now() + 20 * 60_000;
  let bookedCount = 0;
  await app.function("book", {
    handler: bookWith(async () => {
      if (app.now() < isBackAtMs) throw new Error("the ledger is away");
      bookedCount += 1;
    }),
  });
  await app.mapping({ source: "payments", FunctionName: "book" });
  app.put("payments", { partitionKey: "shop-1", data: { id: "a", amount: 10 } });

  await app.advance("20 minutes");
  expect(bookedCount).toBe(0);
  await app.drained();
  expect(bookedCount).toBe(1);
});

test("a minute's payments are added up once", async () => {
  await using app = await millrace({ startsAt: "2026-01-01T12:00:00Z" });
  app.stream("payments");
  const sums: number[] = [];
  await app.function("sum", { handler: sumWith((sum) => void sums.push(sum)) });
  await app.mapping({ source: "payments", FunctionName: "sum", TumblingWindowInSeconds: 60 });
  for (const amount of [1, 2, 3]) {
    app.put("payments", { partitionKey: "shop-1", data: { id: `${amount}`, amount } });
    await app.advance("10 s");
  }
  expect(sums).toEqual([]);
  // Nothing comes any more: the window is closed two minutes after its end.
  await app.advance("3 minutes");
  expect(sums).toEqual([6]);
});
