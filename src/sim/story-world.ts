// The world of one story as its parts share it, and what it does to the ports of a process: late, failing and repeated reads, and the
// bucket that takes the documents.

import type { Clock } from "../ports/clock.ts";
import type { Report, ReportAnswer } from "../ports/reporter.ts";
import type { Position, SourceProblem } from "../ports/source.ts";
import type { Happening } from "./history.ts";
import type { SeededRandom } from "./seeded-random.ts";
import type { FaultKind, Story } from "./story.ts";
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
  /** Whether a fault of this kind befalls now, in `share` of the cases. */
  readonly befalls: (kind: FaultKind, share: number) => boolean;
}

export function streamFates({ random, note, befalls }: StoryWorld): StreamFates {
  return {
    read(unit) {
      const repeatCount = befalls("repeatedReads", 0.1) ? random.between("repeatedReads", 1, 3) : 0;
      if (repeatCount > 0) note({ kind: "repeated", unit });
      return {
        delayMs: befalls("slowReads", 0.3) ? random.between("slowReads", 10, 5_000) : random.between("reads", 0, 3),
        problem: befalls("failingReads", 0.2) ? awayProblem : null,
        repeatCount,
      };
    },
    ask: () => ({
      delayMs: befalls("slowReads", 0.3) ? random.between("slowAsks", 10, 2_000) : 0,
      problem: befalls("failingAsks", 0.2) ? awayProblem : null,
    }),
  };
}

/** The bucket: its documents carry the events that were given up. */
export function receive(
  { clock, random, note, befalls }: StoryWorld,
  report: Report,
  life: number,
): Promise<ReportAnswer> {
  const delayMs = befalls("slowReports", 0.3)
    ? random.between("slowReports", 100, 5_000)
    : random.between("reports", 0, 50);
  const isRefused = befalls("refusedReports", 0.3);
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
