// A recording of a running server: tells the poller threads to hand over what their lanes take, and joins it to one text behind a header.
//
// J1  Chunks of the threads are joined as they come, whole: a turn of a lane is never cut.
// J2  The text ends with why it ends, unless the server goes down first. It never grows past its limit.

import { version } from "../index.ts";
import type { Cancel, Clock } from "../ports/clock.ts";
import type { Recordings, RecordingTaker, RecordingWish } from "../ports/recordings.ts";
import { type EndReason, type HeaderLine, RECORDING_VERSION, type RecordingLine } from "../recording/recording-line.ts";
import type { PollerSupervisor } from "../threads/poller-supervisor.ts";
import type { FromPoller } from "../threads/protocol.ts";

/** Kept free for the last line. */
const END_BYTES = 100;
/** A thread that does not hand over its last lines within this time is not waited for. */
const LAST_LINES_MS = 2_000;

export interface LiveRecordings extends Recordings {
  receive(message: Extract<FromPoller, { kind: "recorded" }>): void;
}

interface Current {
  readonly id: number;
  readonly wish: RecordingWish;
  readonly taker: RecordingTaker;
  writtenBytes: number;
  /** Threads that have not handed over their last lines; null: it goes on. */
  awaitedCount: number | null;
  why: EndReason;
  cancel: Cancel | null;
}

export function createLiveRecordings(
  clock: Clock,
  supervisor: () => Pick<PollerSupervisor, "record"> | null,
): LiveRecordings {
  let lastId = 0;
  let current: Current | null = null;

  function write(recording: Current, line: RecordingLine): void {
    const text = `${JSON.stringify(line)}\n`;
    recording.writtenBytes += Buffer.byteLength(text);
    recording.taker.take(text);
  }

  function wind(recording: Current, why: EndReason): void {
    if (recording.awaitedCount !== null) return;
    recording.why = why;
    recording.awaitedCount = supervisor()?.record({ kind: "record-end", id: recording.id }) ?? 0;
    if (recording.awaitedCount === 0) return finish(recording);
    recording.cancel = clock.wakeAt(clock.nowMs() + LAST_LINES_MS, () => finish(recording));
  }

  function finish(recording: Current): void {
    if (current !== recording) return;
    current = null;
    recording.cancel?.();
    write(recording, { k: "end", atMs: clock.nowMs(), why: recording.why });
    recording.taker.end();
  }

  function take(recording: Current, text: string): void {
    if (text === "" || recording.why !== "stopped") return;
    const bytes = Buffer.byteLength(text);
    if (recording.writtenBytes + bytes > recording.wish.limitBytes - END_BYTES) {
      // What follows could not be replayed without this, so nothing follows.
      recording.why = "limit";
      return wind(recording, "limit");
    }
    recording.writtenBytes += bytes;
    if (recording.taker.take(text)) return;
    recording.why = "behind";
    wind(recording, "behind");
  }

  return {
    begin(wish, taker) {
      const pollers = supervisor();
      if (current !== null || pollers === null) return null;
      lastId += 1;
      const recording: Current = {
        id: lastId,
        wish,
        taker,
        writtenBytes: 0,
        awaitedCount: null,
        why: "stopped",
        cancel: null,
      };
      current = recording;
      const header: HeaderLine = {
        k: "recording",
        version: RECORDING_VERSION,
        millrace: version,
        atMs: clock.nowMs(),
        isWithPayloads: wish.isWithPayloads,
        limitBytes: wish.limitBytes,
      };
      write(recording, header);
      pollers.record({
        kind: "record",
        id: recording.id,
        mapping: wish.mapping,
        isWithPayloads: wish.isWithPayloads,
      });
      return {
        stop: () => wind(recording, "stopped"),
        letGo() {
          wind(recording, "stopped");
          finish(recording);
        },
      };
    },
    receive({ id, text, state }) {
      const recording = current;
      if (recording === null || recording.id !== id) return;
      take(recording, text);
      if (state === "behind") wind(recording, "behind");
      if (state !== "over" || recording.awaitedCount === null) return;
      recording.awaitedCount -= 1;
      if (recording.awaitedCount === 0) finish(recording);
    },
  };
}
