// Frames to pages that read, that read slowly, and that go.

import net from "node:net";
import { expect, onTestFinished, test } from "vitest";
import type { Frame } from "../../src/dashboard/frame.ts";
import { createFrameStreams, type FrameStreams } from "../../src/dashboard/frame-streams.ts";
import { createPagesServer } from "../../src/control/http/pages-server.ts";
import { createSystemRandom } from "../../src/platform/system-random.ts";

const frame = (number: number, isWhole: boolean, text = ""): Frame => ({
  number,
  isWhole,
  atMs: 0,
  origin: { kind: "server", version: "test", store: text, isReadOnly: false },
  mappings: [],
  batches: [],
  shownOf: 1,
  failing: [],
  functions: [],
  destinations: [],
  seconds: [],
  news: [],
});

async function served(): Promise<{ readonly url: string; readonly streams: FrameStreams; readonly told: string[] }> {
  const told: string[] = [];
  const streams = createFrameStreams({ onFirst: () => told.push("first"), onNone: () => told.push("none") });
  const server = createPagesServer({
    addPages: (app) =>
      app.get("/_millrace/frames", (_request, reply) => {
        if (!streams.open(reply, frame(0, true))) void reply.code(503).send();
      }),
    random: createSystemRandom(),
    command: "millrace dashboard f",
  });
  onTestFinished(() => server.close());
  return { url: await server.listen({ host: "127.0.0.1", port: 0 }), streams, told };
}

/** A page that takes nothing from its connection until it is told to. */
async function aPage(url: string): Promise<{ readonly socket: net.Socket; readonly text: () => string }> {
  const { hostname, port } = new URL(url);
  const socket = net.connect(Number(port), hostname);
  onTestFinished(() => void socket.destroy());
  let text = "";
  socket.write(`GET /_millrace/frames HTTP/1.1\r\nhost: ${hostname}\r\n\r\n`);
  socket.on("data", (piece) => (text += piece.toString()));
  await expect.poll(() => text).toContain('"number":0');
  return { socket, text: () => text };
}

test("a page that does not read is skipped, and gets a whole frame once it has read on", async () => {
  const { url, streams } = await served();
  const slow = await aPage(url);
  const quick = await aPage(url);
  slow.socket.pause();
  const big = "x".repeat(1_000_000);
  let asked = 0;
  const whole = (number: number) => () => {
    asked += 1;
    return frame(number, true);
  };
  let number = 0;
  // Until what the system takes for the page is full, and the page misses one.
  while (asked === 0 && number < 100) {
    number += 1;
    streams.send(frame(number, false, big), whole(number));
    await expect.poll(() => quick.text()).toContain(`id: ${number}\n`);
    if (number === 30) slow.socket.resume();
  }
  expect(asked).toBe(1);
  await expect.poll(() => slow.text()).toContain(`id: ${number}\n`);
  const numbers = [...slow.text().matchAll(/^id: (\d+)$/gm)].map(([, id]) => Number(id));
  // What was missed never comes, and what comes after it is whole.
  expect(numbers.length).toBeLessThan(number + 1);
  const last = /^data: (\{"number":\d+,"isWhole":true.*)$/gm;
  expect([...slow.text().matchAll(last)].map(([, json]) => JSON.parse(json ?? "").number)).toEqual([0, number]);
  expect([...quick.text().matchAll(/^id: (\d+)$/gm)]).toHaveLength(number + 1);
});

test("the first page begins the work, the last one that goes ends it", async () => {
  const { url, streams, told } = await served();
  const [one, other] = [await aPage(url), await aPage(url)];
  expect(told).toEqual(["first"]);
  one.socket.destroy();
  await expect.poll(() => streams.count()).toBe(1);
  expect(told).toEqual(["first"]);
  other.socket.destroy();
  await expect.poll(() => told).toEqual(["first", "none"]);
  // Nobody is there to send to.
  streams.send(frame(1, false), () => frame(1, true));
  const again = await aPage(url);
  expect(told).toEqual(["first", "none", "first"]);
  streams.close();
  // The answer has ended.
  await expect.poll(() => again.text().endsWith("\r\n0\r\n\r\n")).toBe(true);
});

test("fifty pages may be open, and no more", async () => {
  const { url, streams } = await served();
  for (let count = 0; count < 50; count += 1) await aPage(url);
  expect(streams.count()).toBe(50);
  expect((await fetch(`${url}/_millrace/frames`)).status).toBe(503);
});
