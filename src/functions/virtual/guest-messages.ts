// What passes between the simulated world and a guest's thread, on the thread's own port, beside what every guest says of itself
// (src/functions/guest-protocol.ts). The world speaks only to a guest that is quiet.

import { type GuestAnswer, type GuestSetup, parseGuestAnswer, parseGuestSetup } from "../guest-protocol.ts";
import type { FencedCall } from "./fence.ts";
import type { Moment } from "./virtual-time.ts";

/** `workerData` of a guest's thread in the simulated world. */
export interface VirtualGuestSetup {
  readonly guest: GuestSetup;
  /** 32 bits, drawn from the world's seed. */
  readonly seed: number;
  /** When the thread is started. */
  readonly origin: Moment;
  readonly isIoAllowed: boolean;
  /** Whether the process's time zone is UTC: to find that out costs a thread many milliseconds. */
  readonly isUtc: boolean;
  /** Absolute folder that places in the user's source are told from. */
  readonly root: string;
}

export interface VirtualTask {
  readonly callId: number;
  readonly requestId: string;
  readonly functionArn: string;
  readonly timeoutMs: number;
  /** JSON text. */
  readonly event: string;
}

export type ToVirtualGuest =
  | { readonly kind: "begin"; readonly moment: Moment; readonly task: VirtualTask }
  /** An instant that it has waited for has come, or another one before it. */
  | { readonly kind: "wake"; readonly moment: Moment };

export type FromVirtualGuest =
  /** Its code has come to rest. It is to be woken at `wakeSteadyMs`; null: nothing that it knows of will ever go on. */
  | { readonly kind: "waiting"; readonly wakeSteadyMs: number | null }
  /** The invocation is over, and the environment is frozen until the next one. */
  | { readonly kind: "done"; readonly answer: GuestAnswer }
  | { readonly kind: "fenced"; readonly call: FencedCall };

export function parseVirtualSetup(data: unknown): VirtualGuestSetup {
  const found = data as Partial<Record<keyof VirtualGuestSetup, unknown>>;
  const origin = found.origin as Partial<Moment> | undefined;
  return {
    guest: parseGuestSetup(found.guest),
    seed: Number(found.seed),
    origin: { wallMs: Number(origin?.wallMs), steadyMs: Number(origin?.steadyMs) },
    isIoAllowed: found.isIoAllowed === true,
    isUtc: found.isUtc === true,
    root: String(found.root),
  };
}

/** Null for anything else: the user's code can post on the thread's port too. */
export function parseFromVirtualGuest(message: unknown): FromVirtualGuest | null {
  if (typeof message !== "object" || message === null || !("kind" in message)) return null;
  const found = message as Partial<Record<string, unknown>>;
  switch (found["kind"]) {
    case "waiting":
      return {
        kind: "waiting",
        wakeSteadyMs: typeof found["wakeSteadyMs"] === "number" ? found["wakeSteadyMs"] : null,
      };
    case "done":
      return { kind: "done", answer: parseGuestAnswer(found["answer"]) };
    case "fenced": {
      const call = found["call"] as Partial<Record<keyof FencedCall, unknown>>;
      const textOrNull = (value: unknown): string | null => (typeof value === "string" ? value : null);
      const { what, why, place, instead } = call;
      return {
        kind: "fenced",
        call: { what: String(what), why: String(why), place: textOrNull(place), instead: textOrNull(instead) },
      };
    }
    default:
      return null;
  }
}
