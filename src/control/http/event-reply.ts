// A subscription's events on their way out, over HTTP/1.1 or HTTP/2. The next event is asked for once the client has taken the last
// (V1); a client that goes, or does not take the end, is let go.

import { once } from "node:events";
import type { FastifyReply } from "fastify";
import type { Clock } from "../../ports/clock.ts";
import { EVENT_STREAM_TYPE, eventMessage } from "../kinesis/event-message.ts";
import type { Subscription } from "../kinesis/shard-subscriptions.ts";
import { type SubscribeContext, type SubscriptionEvent, subscribeToShard } from "../kinesis/subscribe-operation.ts";
import { contentTypes, type Encoding, encodeWire } from "../kinesis/wire-value.ts";
import { sendKinesis } from "./reply-forms.ts";

/** How long a client has for taking the end. */
const END_WITHIN_MS = 5_000;

/** Resolves when nothing is left of the subscription, with the reply taken over; or answers the refusal. */
export async function answerSubscription(
  context: SubscribeContext,
  reply: FastifyReply,
  { body, encoding }: { readonly body: unknown; readonly encoding: Encoding },
): Promise<FastifyReply> {
  const { raw } = reply;
  let isGone = false;
  let subscription: Subscription | null = null;
  raw.on("close", () => {
    isGone = true;
    subscription?.end("clientGone");
  });
  const subscribed = await subscribeToShard(context, body);
  if (subscribed.kind === "refused") return sendKinesis(reply, subscribed.answer, encoding);
  ({ subscription } = subscribed);
  void reply.hijack();
  // A client that resets its connection has gone; `close` follows.
  raw.on("error", () => undefined);
  if (isGone) subscription.end("clientGone");
  raw.writeHead(200, { "x-amzn-RequestId": reply.request.id, "content-type": EVENT_STREAM_TYPE });
  raw.write(eventMessage(headersOf("event", "initial-response", encoding), encodeWire({}, encoding)));
  for await (const event of subscribed.events) {
    if (raw.write(messageOf(event, encoding))) continue;
    // The end of the subscription does not wait for a client that does not read.
    await once(raw, "drain", { signal: subscription.signal }).catch(() => undefined);
  }
  end(reply, subscription, context.clock);
  return reply;
}

function end({ raw }: FastifyReply, subscription: Subscription, clock: Clock): void {
  raw.end();
  if (subscription.endReason() === "clientGone" || raw.writableFinished) return;
  if (subscription.endReason() === "closing" && raw.writableLength > 0) return void raw.destroy();
  raw.on(
    "close",
    clock.wakeAt(clock.nowMs() + END_WITHIN_MS, () => raw.destroy()),
  );
}

const messageOf = ({ kind, type, body }: SubscriptionEvent, encoding: Encoding): Buffer =>
  eventMessage(headersOf(kind, type, encoding), encodeWire(body, encoding));

const headersOf = (kind: SubscriptionEvent["kind"], type: string, encoding: Encoding): Record<string, string> => ({
  [kind === "event" ? ":event-type" : ":exception-type"]: type,
  ":content-type": contentTypes[encoding],
  ":message-type": kind,
});
