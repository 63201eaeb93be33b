// O-15: how often a document is tried at an endpoint, and what is told of one that did not take it.

import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import type { Clock } from "../../src/ports/clock.ts";
import { createEndpointReporter } from "../../workers/destinations/endpoint-reporter.ts";

type Answer = { readonly status: number; readonly type?: string; readonly body?: string };

/** An endpoint that gives these answers in turn, the last one again and again, and a clock on which every pause is over at once. */
async function anEndpoint(answers: readonly Answer[]) {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    request.resume();
    const {
      status,
      type = "text/html",
      body = "",
    } = answers[Math.min(asked.length, answers.length - 1)] ?? { status: 200 };
    asked.push(request.url ?? "");
    response.writeHead(status, { "content-type": type }).end(body);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const url = `http://127.0.0.1:${port}`;
  const pausesMs: number[] = [];
  let nowMs = 0;
  const clock: Clock = {
    nowMs: () => nowMs,
    monotonicMs: () => nowMs,
    wakeAt(atMs, wake) {
      pausesMs.push(atMs - nowMs);
      nowMs = atMs;
      queueMicrotask(wake);
      return () => undefined;
    },
  };
  const at = { endpoint: url, region: "us-east-1", accessKeyId: "a", secretAccessKey: "b", sessionToken: null };
  const embedded = {
    send: () => Promise.resolve({ kind: "refused", detail: "it came to the embedded ones" } as const),
  };
  const reporter = createEndpointReporter({ sqs: at, sns: at, s3: at }, { embedded, clock });
  const close = (): Promise<void> => {
    server.closeAllConnections();
    return new Promise((resolve) => server.close(() => resolve()));
  };
  onTestFinished(async () => {
    reporter.close();
    await close();
  });
  const send = (destinationArn: string) =>
    reporter.send({ mappingUuid: "m", destinationArn, body: "{}", objectKey: "k" });
  return { url, asked, pausesMs, send, close };
}

const QUEUE = "arn:aws:sqs:eu-west-1:111111111111:failures";
const TOPIC = "arn:aws:sns:eu-west-1:111111111111:failures";
const BUCKET = "arn:aws:s3:::failures";

test.each([QUEUE, TOPIC, BUCKET])(
  "O-15: an answer of 500 that is none of AWS's is tried five times and told by endpoint and status: %s",
  async (arn) => {
    const { url, asked, pausesMs, send } = await anEndpoint([{ status: 500, body: "<html>oops</html>" }]);
    expect(await send(arn)).toEqual({
      kind: "refused",
      detail: `${url} answered 500, and not as AWS does, after 5 tries`,
    });
    expect([asked.length, pausesMs]).toEqual([5, [500, 1_000, 2_000, 4_000]]);
  },
);

test.each([QUEUE, TOPIC, BUCKET])("O-15: an endpoint where nobody listens is tried over seconds: %s", async (arn) => {
  const { url, pausesMs, send, close } = await anEndpoint([]);
  await close();
  expect(await send(arn)).toEqual({
    kind: "refused",
    detail: `${url}: connect ECONNREFUSED ${url.slice("http://".length)}, after 5 tries`,
  });
  expect(pausesMs).toEqual([500, 1_000, 2_000, 4_000]);
});

test("O-15: a document that the second try brings is delivered", async () => {
  const { asked, pausesMs, send } = await anEndpoint([{ status: 503 }, { status: 200 }]);
  expect(await send(BUCKET)).toEqual({ kind: "delivered" });
  expect([asked.length, pausesMs]).toEqual([2, [500]]);
});

test("O-15: what AWS refuses is not tried again", async () => {
  const body = "<Error><Code>NoSuchBucket</Code><Message>The specified bucket does not exist</Message></Error>";
  const { asked, send } = await anEndpoint([{ status: 404, type: "application/xml", body }]);
  expect(await send(BUCKET)).toEqual({
    kind: "refused",
    detail: "NoSuchBucket: The specified bucket does not exist",
  });
  expect(asked).toHaveLength(1);
});
