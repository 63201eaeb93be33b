// Recorded scenarios through the public API of real servers, with their sources in the embedded store.

import { expect, test } from "vitest";
import { LONG, ran } from "./support/scenarios.ts";

test("recorded Kinesis and API scenarios pass live, through the public API of a real server", LONG, async () => {
  const [kinesis, api] = await Promise.all([ran("kinesis"), ran("api")]);
  expect(kinesis.counts, kinesis.lines).toEqual({ passed: 13, failed: 0, skipped: 0 });
  expect(api.counts, api.lines).toEqual({ passed: 15, failed: 0, skipped: 0 });
});

test(
  "recorded DynamoDB scenarios pass live: tables and their streams are made and written by DynamoDB's own calls",
  LONG,
  async () => {
    const { counts, lines } = await ran("dynamodb");
    expect(counts, lines).toEqual({ passed: 18, failed: 0, skipped: 0 });
  },
);
