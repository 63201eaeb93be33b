// A source whose progress is an acknowledgement a record: a queue of a broker. Units of it are consumers, not places: any unit
// may be handed any record. Adapters: workers/rabbitmq, workers/activemq, src/stores (embedded), src/sim (virtual).
//
// A1  One reader is one epoch. Once `read` has answered `problem` nothing more is handed out. What was, is the broker's again, and a settle
//     does nothing and answers false, unless only the consumer is gone and the connection lives.
// A2  Records of an epoch have dense ordinals from 0 on, in the order in which the broker handed them out.
// A3  The first answer to `read` that is no problem says that the consumer stands, with records or without.
// A4  An epoch that ends while no read is out shows in the next read. Nothing is thrown, ever.

import type { Rec } from "../core/record.ts";
import type { MappingSpec } from "./mapping-spec.ts";
import type { Read, Reader, Room, UnitId } from "./source.ts";

/** How a record has ended: acknowledge it; acknowledge it by itself and at once; let the broker's dead letters have it. */
export type SettleHow = "done" | "filtered" | "poison";

export interface AckReader<R extends Rec> extends Reader<R> {
  /** Answers `records` or `problem`; never `ended`. `isCaughtUp`: nothing more had been handed out at this moment. */
  read(room: Room, signal: AbortSignal): Promise<Read<R>>;
  /**
   * Each record once, in any order. Never rejects. True: the broker has it, as far as its protocol can tell; false: the epoch was over
   * before, and they will be handed out again.
   */
  settle(records: readonly R[], how: SettleHow): Promise<boolean>;
  /** No further deliveries; what was handed out can still be settled. Never rejects; may be called again, and after the epoch is over. */
  pauseDeliveries(): Promise<void>;
  /** Gives back what is unsettled, in order, and closes. Called once, after every settle has resolved. Never rejects. */
  close(): Promise<void>;
}

export interface AckSource<R extends Rec> {
  /** One a consumer, each with a lane of its own: one for RabbitMQ, five for ActiveMQ. Never changes. */
  readonly units: readonly UnitId[];
  /** A new epoch, under the settings of this moment. Never fails: what is wrong shows in the first read. */
  open(unit: UnitId, spec: MappingSpec): AckReader<R>;
  /**
   * What a record is known by when it is handed out again, in whichever unit: failed calls are counted by it. Null: the broker
   * counts, or nobody does.
   */
  redeliveryKey(record: R): string | null;
  /** Called once, when all readers are closed. */
  close(): Promise<void>;
}
