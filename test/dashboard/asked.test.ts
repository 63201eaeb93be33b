// What a dashboard is asked in a query: values that cannot be meant are refused, and none is passed over.

import fastify from "fastify";
import { expect, test } from "vitest";
import { askedLimit, askedMs, sendAnswer } from "../../src/dashboard/asked.ts";

async function asked(query: string) {
  const app = fastify();
  app.get("/", (request, reply) =>
    sendAnswer(reply, () => ({ beforeMs: askedMs(request, "before"), limit: askedLimit(request) })),
  );
  const answer = await app.inject(`/?${query}`);
  return { status: answer.statusCode, body: answer.json<object>() };
}

test("nothing is named: the defaults; what is named is taken", async () => {
  expect(await asked("")).toEqual({ status: 200, body: { beforeMs: null, limit: 200 } });
  expect(await asked("before=1700000000000.5&limit=1000")).toEqual({
    status: 200,
    body: { beforeMs: 1_700_000_000_000.5, limit: 1_000 },
  });
});

test.each([
  ["before=abc", 'before is an instant in epoch ms, and not "abc".'],
  ["before=", 'before is an instant in epoch ms, and not "".'],
  ["before=-1", 'before is an instant in epoch ms, and not "-1".'],
  ["before=1&before=2", 'before is an instant in epoch ms, and not ["1","2"].'],
  ["limit=1001", 'limit is 1 to 1,000, and not "1001".'],
  ["limit=0", 'limit is 1 to 1,000, and not "0".'],
  ["limit=ten", 'limit is 1 to 1,000, and not "ten".'],
])("%s is refused, with what to write", async (query, message) => {
  const help = query.startsWith("limit") ? "limit=1000" : "before=1767225600000";
  expect(await asked(query)).toEqual({ status: 400, body: { code: "bad-argument", message, help } });
});
