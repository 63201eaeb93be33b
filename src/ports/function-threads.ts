// What a function's threads do, for people who watch: told a few times a second, and only while somebody does.

/** Instants are epoch ms, lengths ms. */
export interface FunctionThreadReport {
  readonly functionName: string;
  /** `$LATEST` or a number. */
  readonly version: string;
  /** Of this process; it names a thread as long as it lives. */
  readonly thread: string;
  /** `timed out`: ended because its call was not over in time. Both ends are told of for half a minute. */
  readonly state: "starting" | "busy" | "idle" | "timed out" | "ended";
  readonly sinceMs: number;
  /** Of the call that it has, or had when it ended. */
  readonly requestId: string | null;
  /** Calls that it was given. */
  readonly callCount: number;
  /** How long its code took to load, thread start included; null: it has not loaded it. */
  readonly coldMs: number | null;
}
