// How many messages a poller asks for in one receive (P-23, P-26).
//
// AWS's pollers receive at most ten messages at a time and from a share of the queue's servers, so that few messages come out as several
// small batches. Here one receive could take all there is, so a mapping that is not at work asks for little more than half of what its
// batch has room for, and never more than ten. Once a receive has brought all that it asked for there is work, and a poller asks for
// all it has room for: large batches are then one receive each.

/** As ReceiveMessage has it. */
const SMALL_RECEIVE_COUNT = 10;

export interface Asking {
  /** Records that the open batch still has room for. */
  readonly roomCount: number;
  /** The last receive of the mapping brought as many as it asked for. */
  readonly isAtWork: boolean;
  /** Groups are each read by one poller alone: nothing is spread (P-30). */
  readonly isFifo: boolean;
}

export function receiveLimit({ roomCount, isAtWork, isFifo }: Asking): number {
  if (isAtWork || isFifo) return roomCount;
  return Math.min(SMALL_RECEIVE_COUNT, Math.floor(roomCount / 2) + 1, roomCount);
}
