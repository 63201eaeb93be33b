// A message broker's queue in memory, with consumers that are epochs (src/ports/ack-source.ts), faults of its own, and a list of what was
// asked of it against the port's rules. It knows nothing of lanes: what it says is what a broker would see.
//
// V1  A message is ready, held by one consumer, or gone. What an epoch held when it ended is ready again, at its old place, as redelivered.
// V2  A settle arrives after a while. A cut before that takes it along: the reader cannot know.

import type { Rec } from "../core/record.ts";
import type { AckReader, AckSource, SettleHow } from "../ports/ack-source.ts";
import type { Clock } from "../ports/clock.ts";
import type { SourceProblem } from "../ports/source.ts";
import { createDeliveryBuffer } from "../runtime/delivery-buffer.ts";

export interface BrokerMessage extends Rec {
  readonly id: number;
  readonly isRedelivered: boolean;
}

export interface BrokerFates {
  /** How long until a settle, a delivery or a connection arrives, ms. */
  delayMs(): number;
  /** How long until the connection of an epoch is cut; null: never. */
  cutAfterMs(): number | null;
  /** Whether a connection is refused. */
  isRefused(): boolean;
}

export interface BrokerSeen {
  readonly id: number;
  readonly how: SettleHow;
}

export interface VirtualBroker {
  send(count: number): void;
  /** What a mapping reads it by. */
  source(options: { readonly consumerCount: number; readonly hasRedeliveryKey: boolean }): AckSource<BrokerMessage>;
  /** Settled for good, in the order of arrival. */
  settled(): readonly BrokerSeen[];
  readyCount(): number;
  heldCount(): number;
  /** What no reader may be asked: a settle of what is not held, one of a closed reader, two reads at once. */
  violations(): readonly string[];
}

interface Stored {
  readonly id: number;
  isRedelivered: boolean;
}

const CUT: SourceProblem = {
  code: "unreachable",
  text: "PROBLEM: Connection error.",
  detail: "the connection was cut",
};

export function createVirtualBroker(clock: Clock, fates: BrokerFates): VirtualBroker {
  let ready: Stored[] = [];
  const settledSeen: BrokerSeen[] = [];
  const violations: string[] = [];
  const consumers = new Set<() => void>();
  let sentCount = 0;
  let heldTotal = 0;

  function giveBack(messages: readonly Stored[]): void {
    heldTotal -= messages.length;
    for (const message of messages) message.isRedelivered = true;
    ready = [...ready, ...messages].sort((one, other) => one.id - other.id);
    for (const hand of consumers) hand();
  }

  function open(prefetch: number): AckReader<BrokerMessage> {
    /** What the broker believes to be held, by ordinal; and what the reader's user has not settled yet. */
    const held = new Map<number, Stored>();
    const unsettled = new Set<number>();
    const buffer = createDeliveryBuffer<BrokerMessage>();
    let ordinal = 0;
    let isConsuming = false;
    let isOver = false;
    let isClosed = false;
    let isReading = false;
    let settlesOut = 0;

    const after = (act: () => void): void => void clock.wakeAt(clock.nowMs() + fates.delayMs(), act);

    function hand(): void {
      if (!isConsuming || isOver) return;
      const free = prefetch - held.size;
      const handed = ready.slice(0, Math.max(0, free));
      if (handed.length === 0) return;
      ready = ready.slice(handed.length);
      heldTotal += handed.length;
      const records = handed.map((message) => {
        const record = {
          ordinal: ordinal++,
          arrivedAtMs: clock.nowMs(),
          sizeBytes: 10,
          id: message.id,
          isRedelivered: message.isRedelivered,
        };
        held.set(record.ordinal, message);
        unsettled.add(record.ordinal);
        return record;
      });
      buffer.add(records);
    }

    function end(problem: SourceProblem): void {
      if (isOver) return;
      isOver = true;
      consumers.delete(hand);
      const back = [...held.values()];
      held.clear();
      giveBack(back);
      buffer.fail(problem);
    }

    after(() => {
      if (isOver || isClosed) return;
      if (fates.isRefused()) return end({ ...CUT, detail: "the connection is refused" });
      isConsuming = true;
      consumers.add(hand);
      buffer.stands();
      hand();
      const cutMs = fates.cutAfterMs();
      if (cutMs !== null) clock.wakeAt(clock.nowMs() + cutMs, () => end(CUT));
    });

    return {
      async read(room) {
        if (isReading) violations.push("S1: two reads at once");
        isReading = true;
        const read = await buffer.read(room);
        isReading = false;
        return read;
      },
      settle(records, how) {
        if (isClosed) violations.push("R-801: a settle on a closed reader");
        for (const record of records) {
          if (!unsettled.delete(record.ordinal)) violations.push(`R-801: a second settle of message ${record.id}`);
        }
        if (isOver) return Promise.resolve(false);
        settlesOut += 1;
        // As with a real one, it is written and not confirmed.
        return new Promise((resolve) => {
          after(() => {
            settlesOut -= 1;
            resolve(!isOver);
            if (isOver) return;
            for (const { ordinal: settled, id } of records) {
              held.delete(settled);
              settledSeen.push({ id, how });
            }
            heldTotal -= records.length;
            hand();
          });
        });
      },
      pauseDeliveries() {
        isConsuming = false;
        consumers.delete(hand);
        return new Promise((resolve) => after(resolve));
      },
      close() {
        if (isClosed) violations.push("A1: closed twice");
        if (settlesOut > 0) violations.push("A1: closed before a settle has resolved");
        isClosed = true;
        isConsuming = false;
        consumers.delete(hand);
        return new Promise((resolve) => {
          after(() => {
            end(CUT);
            resolve();
          });
        });
      },
    };
  }

  return {
    send(count) {
      for (let index = 0; index < count; index += 1) ready.push({ id: sentCount++, isRedelivered: false });
      for (const hand of consumers) hand();
    },
    source: ({ consumerCount, hasRedeliveryKey }) => ({
      units: Array.from({ length: consumerCount }, (_, index) => String(index)),
      open: (_unit, { lane }) => open(2 * lane.batchSize),
      redeliveryKey: ({ id }) => (hasRedeliveryKey ? String(id) : null),
      close: () => Promise.resolve(),
    }),
    settled: () => settledSeen,
    readyCount: () => ready.length,
    heldCount: () => heldTotal,
    violations: () => violations,
  };
}
