// One epoch of an ActiveMQ consumer: a session and a link of its own, from the attach to the detach. What it was handed waits here until it
// is read.
//
// C1  `held` has every delivery that is not settled; one leaves it once, with its one settle.
// C2  One outcome is on its way at a time: the client joins deliveries that follow one another to a range, and looks only at the first one's
//     outcome when it has two of them.
// C3  Credit is given in small steps. The broker loads messages a page at a time when something happens, and a large credit stalls at its
//     page (200) for as long as nothing is settled; each step is something that happens.

import type { Delivery, EventContext, Receiver } from "rhea";
import { type ActiveMqRecord, activeMqRecord } from "../../src/kinds/activemq/activemq-record.ts";
import type { AckReader, SettleHow } from "../../src/ports/ack-source.ts";
import type { ActiveMqEvent } from "../../src/ports/mapping-spec.ts";
import { createDeliveryBuffer } from "../../src/runtime/delivery-buffer.ts";
import type { ActiveMqConnection, OpenSession } from "./activemq-connection.ts";
import { type ActiveMqPlace, consumerProblem } from "./activemq-problems.ts";
import { translated } from "./amqp-message.ts";

const CREDIT_STEP = 50;
/** No credit beyond: two events of the largest size, before base64. */
const MOST_HELD_BYTES = 12_000_000;

export interface ActiveMqReaderOptions {
  readonly connection: ActiveMqConnection;
  readonly place: ActiveMqPlace;
  /** Deliveries that it holds unsettled at most. */
  readonly prefetch: number;
  readonly epoch: string;
  readonly expiration: ActiveMqEvent["expiration"];
  readonly nowMs: () => number;
  /** Resolves in a later turn of the event loop. */
  readonly turn: () => Promise<void>;
}

export function createActiveMqReader(options: ActiveMqReaderOptions): AckReader<ActiveMqRecord> {
  const { place } = options;
  const held = new Map<number, { readonly delivery: Delivery; readonly bytes: number }>();
  const buffer = createDeliveryBuffer<ActiveMqRecord>();
  let open: OpenSession | null = null;
  let receiver: Receiver | null = null;
  let heldBytes = 0;
  /** Given and not used. */
  let creditOut = 0;
  let ordinal = 0;
  let isPaused = false;
  let onDetached: (() => void) | null = null;
  let settling: Promise<void> = Promise.resolve();
  const opened = begin();

  async function begin(): Promise<void> {
    const begun = await options.connection.session(lost);
    if ("problem" in begun) return lost(begun.problem);
    open = begun;
    const { session } = begun;
    const ended = (context: EventContext): void => detached(context);
    session.on("session_error", ended);
    session.on("session_close", ended);
    // By its full address: a bare name might be taken for a topic's.
    const opening = session.open_receiver({
      source: { address: `queue://${place.queueName}` },
      credit_window: 0,
      autoaccept: false,
    });
    receiver = opening;
    opening.on("receiver_open", () => {
      buffer.stands();
      giveCredit();
    });
    opening.on("receiver_error", ended);
    opening.on("receiver_close", ended);
    opening.on("message", take);
  }

  /** The epoch is over: all that is held is the broker's again. */
  function lost(problem: Parameters<typeof buffer.fail>[0]): void {
    receiver = null;
    // Of a consumer that was ended the session still stands.
    open?.end();
    open = null;
    held.clear();
    buffer.fail(problem);
    onDetached?.();
  }

  function detached({ receiver: link, session: of }: EventContext): void {
    if (onDetached !== null) return onDetached();
    if (receiver === null) return;
    lost(consumerProblem(link?.error ?? of?.error ?? "its consumer was ended", place));
  }

  function take({ message, delivery }: EventContext): void {
    if (message === undefined || delivery === undefined) return;
    const deliveredAtMs = options.nowMs();
    const fallbackId = `${options.epoch}.${delivery.id}`;
    const known = translated(message, { queueName: place.queueName, fallbackId, deliveredAtMs });
    const bytes = known.message.body.length;
    held.set(delivery.id, { delivery, bytes });
    heldBytes += bytes;
    creditOut -= 1;
    // What comes after a pause goes back with the link.
    if (isPaused) return;
    buffer.add([
      activeMqRecord({
        ...known,
        ordinal: ordinal++,
        tag: delivery.id,
        expiration: options.expiration,
        isRedelivered: (message.delivery_count ?? 0) > 0,
        deliveredAtMs,
      }),
    ]);
    giveCredit();
  }

  function giveCredit(): void {
    if (receiver === null || isPaused || heldBytes >= MOST_HELD_BYTES) return;
    if (creditOut > CREDIT_STEP / 2) return;
    const more = Math.min(CREDIT_STEP - creditOut, options.prefetch - held.size - creditOut);
    if (more <= 0) return;
    creditOut += more;
    receiver.add_credit(more);
  }

  async function settleNow(tags: readonly number[], how: SettleHow): Promise<boolean> {
    if (receiver === null) return false;
    for (const tag of tags) {
      const found = held.get(tag);
      // A second settle of one has nothing to settle any more.
      if (found === undefined || !held.delete(tag)) continue;
      heldBytes -= found.bytes;
      if (how === "poison") found.delivery.reject();
      else found.delivery.accept();
    }
    giveCredit();
    // By the next turn the client has written it (C2).
    await options.turn();
    return true;
  }

  return {
    read: (room) => buffer.read(room),
    async settle(records, how) {
      const tags = records.map(({ tag }) => tag);
      const done = settling.then(() => settleNow(tags, how));
      settling = done.then(() => {});
      return await done;
    },
    async pauseDeliveries() {
      isPaused = true;
      await opened;
    },
    async close() {
      isPaused = true;
      await opened;
      await settling;
      const closing = open;
      if (closing === null) return;
      // The broker answers in order: once the link is detached it has all that was settled, and takes back what was not.
      const link = receiver;
      await new Promise<void>((resolve) => {
        onDetached = resolve;
        link?.close();
      });
      onDetached = () => {};
      receiver = null;
      closing.end();
    },
  };
}
