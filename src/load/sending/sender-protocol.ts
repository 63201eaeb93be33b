// What is said between a load run and the thread that sends for it.

import type { ErrorCode } from "../../errors.ts";
import type { SentRecord } from "../observation.ts";
import type { LoadPlan } from "../plan/plan.ts";
import type { SendTarget } from "./send-target.ts";

export interface SenderBoot {
  readonly target: SendTarget;
  /** Where the ceiling is measured: a source of the same kind that no mapping reads; null: it is not measured. */
  readonly scratch: SendTarget | null;
  readonly plan: LoadPlan;
}

export type ToSender =
  /** Epoch ms of the plan's begin; the mapping's filters, none where it has none. */
  | { readonly kind: "send"; readonly startAtMs: number; readonly filterPatterns: readonly string[] }
  /** Nothing more is sent; what is out is awaited. */
  | { readonly kind: "stop" };

export type FromSender =
  /** Connected, and the ceiling measured. */
  | { readonly kind: "ready"; readonly ceilingPerSecond: number | null }
  | { readonly kind: "sent"; readonly records: readonly SentRecord[]; readonly refusedCount: number }
  /** The last: nothing comes after it. */
  | { readonly kind: "done" }
  | { readonly kind: "failed"; readonly code: ErrorCode; readonly message: string; readonly help: string | null };
