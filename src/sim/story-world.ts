// The world of one story as its parts share it, and the bucket that takes the documents.

import type { Clock } from "../ports/clock.ts";
import type { Report, ReportAnswer } from "../ports/reporter.ts";
import type { Position } from "../ports/source.ts";
import { reportFate } from "./fault-fates.ts";
import type { Faults } from "./faults.ts";
import type { Happening } from "./history.ts";
import type { SeededRandom } from "./seeded-random.ts";
import type { Story } from "./story.ts";
import { storyEventFrom } from "./story-function.ts";
import { answerAt, type VirtualStream } from "./virtual-stream.ts";

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

/** The bucket: its documents carry the events that were given up. */
export function receive(
  { clock, random, note, faults }: StoryWorld,
  report: Report,
  life: number,
): Promise<ReportAnswer> {
  const { delayMs, isRefused } = reportFate(faults, () => random.between("reports", 0, 50));
  return answerAt(clock, clock.nowMs() + delayMs, () => {
    const { payload, requestContext }: { payload: string; requestContext: RequestContext } = JSON.parse(report.body);
    const { unit, positions } = storyEventFrom(payload);
    note({
      kind: "reported",
      life,
      requestId: requestContext.requestId,
      unit,
      positions,
      isExact: true,
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
