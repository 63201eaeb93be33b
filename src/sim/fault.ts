// A fault as a value: what goes wrong in a simulated run, and where or when. The same form is drawn from a seed, written in a scenario
// file and kept of what befell, so that every fault that was drawn can be written down and befalls again.
//
// F1. An asked fault befalls at an effect: the `nth` of its sort, on a shard or function where it names one (`on`).
// F2. A timed fault befalls at an instant, in seconds of the world's wall clock since it began.
// F3. A crash befalls at a call of a port, counted in one process's life: between any two effects.

import { z } from "zod";

const MOST_SECONDS = 31_536_000;
const MOST_COUNT = 1_000_000_000;
const seconds = z.number().min(0).max(MOST_SECONDS);
const count = z.int().min(1).max(MOST_COUNT);

/** Where an asked fault befalls: at its `nth` effect, or at a `share` of them by chance. Neither: at the first. */
const asked = {
  on: z.string().exactOptional(),
  nth: count.exactOptional(),
  share: z.number().gt(0).max(1).exactOptional(),
};

/** What takes its time takes so much longer. */
const slow = <const K extends string>(kind: K) => z.strictObject({ kind: z.literal(kind), ...asked, for_s: seconds });

/** What fails once, or for so long from then on. */
const failing = { ...asked, for_s: seconds.exactOptional() };
const fails = <const K extends string>(kind: K) => z.strictObject({ kind: z.literal(kind), ...failing });

export const errorReasons = ["threw", "outOfMemory", "exited"] as const;
export const refusalReasons = ["fault", "functionMissing"] as const;

/** Members of a mapping's settings, under the API's names, that an update in mid-flight changes. */
const changedSettingsSchema = z.strictObject({
  BatchSize: z.int().min(1).max(10_000).exactOptional(),
  MaximumBatchingWindowInSeconds: z.int().min(0).max(300).exactOptional(),
  MaximumRetryAttempts: z.int().min(-1).max(10_000).exactOptional(),
  MaximumRecordAgeInSeconds: z.int().min(-1).max(604_800).exactOptional(),
  BisectBatchOnFunctionError: z.boolean().exactOptional(),
  ParallelizationFactor: z.int().min(1).max(10).exactOptional(),
  TumblingWindowInSeconds: z.int().min(0).max(900).exactOptional(),
});

export const faultSchema = z.discriminatedUnion("kind", [
  slow("slow-read"),
  fails("read-fails"),
  z.strictObject({ kind: z.literal("duplicate-read"), ...asked, records: count }),
  slow("slow-ask"),
  fails("ask-fails"),
  slow("slow-save"),
  fails("save-fails"),
  fails("save-lost"),
  z.strictObject({
    kind: z.literal("handler-error"),
    ...failing,
    reason: z.enum(errorReasons).exactOptional(),
  }),
  fails("time-out"),
  slow("slow-handler"),
  fails("throttle"),
  z.strictObject({ kind: z.literal("service-fault"), ...failing, reason: z.enum(refusalReasons).exactOptional() }),
  slow("slow-destination"),
  fails("destination-refuses"),
  z.strictObject({ kind: z.literal("crash"), process: count, at_call: count }),
  z.strictObject({ kind: z.literal("outage"), at_s: seconds, for_s: seconds }),
  z.strictObject({ kind: z.literal("zombie"), at_s: seconds }),
  z.strictObject({ kind: z.literal("restart"), at_s: seconds, grace_s: seconds, for_s: seconds }),
  z.strictObject({ kind: z.literal("update"), at_s: seconds, settings: changedSettingsSchema }),
  z.strictObject({ kind: z.literal("split"), at_s: seconds, shard: z.string() }),
  z.strictObject({ kind: z.literal("merge"), at_s: seconds, shards: z.tuple([z.string(), z.string()]) }),
  z.strictObject({ kind: z.literal("trim"), at_s: seconds, shard: z.string(), records: count }),
  z.strictObject({ kind: z.literal("clock-jump"), at_s: seconds, by_s: seconds }),
  z.strictObject({ kind: z.literal("clock-set-back"), at_s: seconds, by_s: seconds }),
  // Kinds of queues stand last, so that what is drawn of the others stays as it was.
  slow("slow-receive"),
  fails("receive-fails"),
  fails("receive-lost"),
  fails("duplicate-delivery"),
  slow("slow-delete"),
  fails("delete-fails"),
  fails("delete-lost"),
]);

export type Fault = z.infer<typeof faultSchema>;
export type FaultKind = Fault["kind"];
export type ChangedSettings = z.infer<typeof changedSettingsSchema>;
export type FaultOf<K extends FaultKind> = Extract<Fault, { readonly kind: K }>;

/** Of what befalls at effects: in which share of them, while faults are drawn. */
export const drawnShares = {
  "slow-read": 0.3,
  "read-fails": 0.2,
  "duplicate-read": 0.1,
  "slow-ask": 0.3,
  "ask-fails": 0.2,
  "slow-save": 0.3,
  "save-fails": 0.2,
  "save-lost": 0.1,
  "handler-error": 0.2,
  "time-out": 0.1,
  "slow-handler": 0.3,
  throttle: 0.2,
  "service-fault": 0.1,
  "slow-destination": 0.3,
  "destination-refuses": 0.3,
  "slow-receive": 0.3,
  "receive-fails": 0.2,
  "receive-lost": 0.1,
  "duplicate-delivery": 0.1,
  "slow-delete": 0.3,
  "delete-fails": 0.2,
  "delete-lost": 0.1,
} as const satisfies Partial<Record<FaultKind, number>>;

export type AskedKind = keyof typeof drawnShares;
export type AskedFault = FaultOf<AskedKind>;
export type TimedFault = Exclude<Fault, AskedFault | FaultOf<"crash">>;

/** In the order in which they are told and drawn. */
export const faultKinds = faultSchema.options.map((option) => option.shape.kind.value);

/** Those that befall a queue's mapping and no stream's. */
export const queueFaultKinds: readonly FaultKind[] = [
  "slow-receive",
  "receive-fails",
  "receive-lost",
  "duplicate-delivery",
  "slow-delete",
  "delete-fails",
  "delete-lost",
];

export function isAsked(fault: Fault): fault is AskedFault {
  return fault.kind in drawnShares;
}

export function isTimed(fault: Fault): fault is TimedFault {
  return "at_s" in fault;
}

export const msOf = (amount_s: number): number => Math.round(amount_s * 1_000);
