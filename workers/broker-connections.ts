// A mapping's connections to its broker, as its readers come and go. New settings may name another secret: readers that are opened from
// then on have a connection of their own, and the one before is closed once its last reader is, so that a call that is out is still settled
//

import type { Rec } from "../src/core/record.ts";
import type { AckReader } from "../src/ports/ack-source.ts";

export interface BrokerConnections<A, C> {
  /** `open` makes a reader on the connection to this address. */
  reader<R extends Rec>(address: A, open: (connection: C) => AckReader<R>): AckReader<R>;
  /** When all readers are closed. */
  close(): Promise<void>;
}

interface Held<A, C> {
  readonly address: A;
  readonly connection: C;
  readerCount: number;
}

export function createBrokerConnections<A, C extends { close(): Promise<void> }>(
  connectionTo: (address: A) => C,
): BrokerConnections<A, C> {
  let current: Held<A, C> | null = null;
  let closings: Promise<void> = Promise.resolve();

  function heldFor(address: A): Held<A, C> {
    if (current !== null && JSON.stringify(current.address) === JSON.stringify(address)) return current;
    const before = current;
    current = { address, connection: connectionTo(address), readerCount: 0 };
    if (before !== null) closeIfUnused(before);
    return current;
  }

  function closeIfUnused(held: Held<A, C>): void {
    if (held === current || held.readerCount > 0) return;
    closings = closings.then(() => held.connection.close());
  }

  return {
    reader(address, open) {
      const held = heldFor(address);
      held.readerCount += 1;
      const reader = open(held.connection);
      return {
        ...reader,
        async close() {
          await reader.close();
          held.readerCount -= 1;
          closeIfUnused(held);
        },
      };
    },
    async close() {
      await closings;
      await current?.connection.close();
    },
  };
}
