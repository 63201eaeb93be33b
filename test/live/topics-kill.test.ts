// kill -9 between a publish that was answered and the post to its subscriber: the next start posts it.

import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { ConfirmSubscriptionCommand, PublishCommand, SNSClient, SubscribeCommand } from "@aws-sdk/client-sns";
import { expect, onTestFinished, test } from "vitest";
import { aFolder, configIn, inTime, topicArn } from "./support/live-server.ts";
import { started } from "./support/process.ts";

interface Post {
  readonly Type: string;
  readonly MessageId: string;
  readonly Message: string;
  readonly Token?: string;
}

/** An address that hears posts and, while it is `busy`, answers none of them. */
async function aHook() {
  const posts: Post[] = [];
  const hook = { posts, isBusy: false, url: "" };
  const server = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on("data", (part: Buffer) => parts.push(part));
    request.on("end", () => {
      posts.push(JSON.parse(Buffer.concat(parts).toString()) as Post);
      if (!hook.isBusy) response.end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    return new Promise((resolve) => void server.close(() => resolve()));
  });
  hook.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`;
  return hook;
}

test("a message that was published reaches an address over kill -9, with the id that the publisher was told", async () => {
  const hook = await aHook();
  const folder = aFolder();
  configIn(folder, { topics: { news: {} } });
  const first = await started(folder);
  const credentials = { accessKeyId: "any", secretAccessKey: "any" };
  const sns = new SNSClient({ endpoint: first.url, region: "us-east-1", credentials });
  onTestFinished(() => sns.destroy());
  const TopicArn = topicArn("news");
  await sns.send(new SubscribeCommand({ TopicArn, Protocol: "http", Endpoint: hook.url }));
  await expect.poll(() => hook.posts.length, inTime).toBe(1);
  await sns.send(new ConfirmSubscriptionCommand({ TopicArn, Token: hook.posts[0]?.Token }));
  hook.isBusy = true;
  const { MessageId } = await sns.send(new PublishCommand({ TopicArn, Message: "hello" }));
  await expect.poll(() => hook.posts.length, inTime).toBeGreaterThan(1);
  await first.kill();
  const before = hook.posts.length;
  hook.isBusy = false;
  await started(folder, Number(new URL(first.url).port));
  await expect.poll(() => hook.posts.length, inTime).toBeGreaterThan(before);
  expect(hook.posts.at(-1)).toMatchObject({ Type: "Notification", MessageId, Message: "hello" });
});
