// The world of one story as its parts share it, and what it does to the ports of a process: late, failing and repeated reads, and the
// bucket that takes the documents.

import type { Clock } from "../ports/clock.ts";
import type { Report, ReportAnswer } from "../ports/reporter.ts";
import type { Position, SourceProblem } from "../ports/source.ts";
import { msOf } from "./fault.ts";
import type { Faults } from "./faults.ts";
import type { Happening } from "./history.ts";
import type { SeededRandom } from "./seeded-random.ts";
import type { Story } from "./story.ts";
import { seenEventFrom } from "./story-function.ts";
import { answerAt, type StreamFates, type VirtualStream } from "./virtual-stream.ts";

export interface StoryWorld {
  readonly story: Story;
  readonly random: SeededRandom;
  readonly clock: Clock;
  readonly stream: VirtualStream;
  /** By position: what was put there. */
  readonly records: ReadonlyMap<Position, { readonly number: number; readonly isPoison: boolean }>;
  readonly note: (happening: Happening) => void;
  readonly faults: Faults;
}

export function streamFates({ random, note, faults }: StoryWorld): StreamFates {
  return {
    read(unit) {
      const repeatCount = faults.strike("duplicate-read", unit)?.records ?? 0;
      if (repeatCount > 0) note({ kind: "repeated", unit });
      const slow = faults.strike("slow-read", unit);
      return {
        delayMs: slow === null ? random.between("reads", 0, 3) : msOf(slow.for_s),
        problem: faults.strike("read-fails", unit) === null ? null : awayProblem,
        repeatCount,
      };
    },
    ask: () => ({
      delayMs: msOf(faults.strike("slow-ask", STREAM)?.for_s ?? 0),
      problem: faults.strike("ask-fails", STREAM) === null ? null : awayProblem,
    }),
  };
}

/** What faults of questions to the source, and of documents, are on. */
const STREAM = "stream";
const DESTINATION = "destination";

/** The bucket: its documents carry the events that were given up. */
export function receive(
  { clock, random, note, faults }: StoryWorld,
  report: Report,
  life: number,
): Promise<ReportAnswer> {
  const slow = faults.strike("slow-destination", DESTINATION);
  const delayMs = slow === null ? random.between("reports", 0, 50) : msOf(slow.for_s);
  const isRefused = faults.strike("destination-refuses", DESTINATION) !== null;
  return answerAt(clock, clock.nowMs() + delayMs, () => {
    const { payload, requestContext }: { payload: string; requestContext: RequestContext } = JSON.parse(report.body);
    const { unit, positions } = seenEventFrom(payload);
    note({
      kind: "reported",
      life,
      requestId: requestContext.requestId,
      unit,
      positions,
      eventBytes: Buffer.byteLength(payload),
      count: requestContext.approximateInvokeCount,
      atMs: clock.nowMs(),
    });
    return isRefused ? { kind: "refused", detail: "the story says so" } : { kind: "delivered" };
  });
}

interface RequestContext {
  readonly requestId: string;
  readonly approximateInvokeCount: number;
}

export const awayProblem: SourceProblem = {
  code: "unreachable",
  text: "PROBLEM: Connection error.",
  detail: "the world is away",
};
