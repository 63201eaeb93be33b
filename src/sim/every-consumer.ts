// Registered consumers in the simulated world.

import type { ConsumerWatch } from "../kinds/kinesis/fan-out-source.ts";

/** The world takes every ARN of a consumer, and none is ever deregistered. */
export const everThere: ConsumerWatch = {
  trouble: () => Promise.resolve(null),
  streamIs: () => undefined,
  onGone: () => () => undefined,
};
