// Which of the messages that are visible a receive takes, which it moves to the dead letters instead, and when a group of a FIFO queue
// may go on. Values in, values out: what is stored, and in which order it is looked through, is visible-messages.ts's.

/** What a receive asks of a message that it could hand out. */
export interface Candidate {
  readonly groupId: string | null;
  /** Receives in this queue so far. */
  readonly ownReceiveCount: number;
  /** Of body and attributes. */
  readonly sizeBytes: number;
}

export interface PickOptions {
  readonly max: number;
  /** The first message comes whatever its size; null: no limit. */
  readonly maxBytes: number | null;
  /** FIFO: what is handed out is of one group. */
  readonly isOneGroup: boolean;
  /** After how many receives a message is a dead letter; null: never. */
  readonly maxReceiveCount: number | null;
}

export interface Picked<C> {
  readonly handedOut: readonly C[];
  readonly deadLetters: readonly C[];
}

/** Of one receive: bounds how long others wait for it. The next one moves more. */
const MOST_DEAD_LETTERS = 1_000;

/**
 * Looks through the candidates in their order until it has enough. One that was received as often as the queue allows is a dead
 * letter; what lies behind it, also in its group, may go out.
 */
export function pickMessages<C extends Candidate>(candidates: Iterable<C>, options: PickOptions): Picked<C> {
  const { max, maxBytes, isOneGroup, maxReceiveCount } = options;
  const handedOut: C[] = [];
  const deadLetters: C[] = [];
  let bytes = 0;
  if (max <= 0) return { handedOut, deadLetters };
  for (const candidate of candidates) {
    const [first] = handedOut;
    if (isOneGroup && first !== undefined && first.groupId !== candidate.groupId) break;
    const isDead = maxReceiveCount !== null && candidate.ownReceiveCount >= maxReceiveCount;
    if (isDead) deadLetters.push(candidate);
    else {
      bytes += candidate.sizeBytes;
      if (maxBytes !== null && bytes > maxBytes && first !== undefined) break;
      handedOut.push(candidate);
    }
    if (handedOut.length >= max || deadLetters.length >= MOST_DEAD_LETTERS) break;
  }
  return { handedOut, deadLetters };
}

/**
 * When a group may go on (P-33, Q-45): once its first message is visible and none is in flight. `lastHiddenUntilMs`: the latest end of a
 * visibility among those that were received, also where it is over; null: none was.
 */
export function groupReadyMs(headVisibleMs: number, lastHiddenUntilMs: number | null): number {
  return lastHiddenUntilMs === null ? headVisibleMs : Math.max(headVisibleMs, lastHiddenUntilMs);
}

/** Of 20 digits, ascending as messages come to FIFO queues, and not one by one. */
export function sequenceNumberOf(rowId: number): string {
  return (18_870_000_000_000_000_000n + BigInt(rowId) * 256n).toString();
}
