// How mappings poll their queues: figures that AWS fixes or leaves open, one for all mappings.

import { z } from "zod";
import { usualPace } from "../core/queue/polling.ts";
import { about, form, whole } from "./schema-parts.ts";

const yesOrNo = (description: string) => z.boolean().meta(about(description, form("true or false")));

export const sqsSchema = z.strictObject({
  idlePollers: whole(1, 100, "pollers", "Pollers of a mapping that has nothing to do").default(
    usualPace.idlePollerCount,
  ),
  pollersPerMinute: whole(1, 100_000, "pollers", "How many a minute of work adds").default(usualPace.growthPerMinute),
  maxPollers: whole(1, 10_000, "pollers", "Most pollers of a mapping without MaximumConcurrency").default(
    usualPace.mostPollerCount,
  ),
  provisionedPerMinute: whole(
    1,
    100_000,
    "invocations at a time",
    "How many a minute of work adds with ProvisionedPollerConfig",
  ).default(usualPace.provisionedGrowthPerMinute),
  hideForWindow: yesOrNo(
    "A mapping with a window hides messages for window + Timeout + 30 s, where that is more than the queue's own",
  ).default(usualPace.isHidingLonger),
  fifoMixedGroups: yesOrNo("A batch of a FIFO queue may hold several groups: it is what one receive brought").default(
    usualPace.isMixingGroups,
  ),
});
