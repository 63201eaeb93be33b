// Recording on a running server, as the port's side of the house asks for it. One recording at a time.

export interface RecordingWish {
  /** A mapping's UUID; null: all mappings, those that are made meanwhile too. */
  readonly mapping: string | null;
  readonly isWithPayloads: boolean;
  /** The file ends before it is longer than this. */
  readonly limitBytes: number;
}

export interface RecordingTaker {
  /** Whole lines. Answers false where the taker is too far behind: the recording ends. */
  take(text: string): boolean;
  /** There is no more. */
  end(): void;
}

export interface Recordings {
  /** Null: another one is under way. */
  begin(wish: RecordingWish, taker: RecordingTaker): { stop(): void; letGo(): void } | null;
}
