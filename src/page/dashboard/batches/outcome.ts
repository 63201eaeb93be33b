// How a batch's outcome reads. Pure.

import type { BatchRow } from "../../../dashboard/frame.ts";
import type { Tone } from "../parts/tones.ts";

/** Sign and word of how a batch's newest call ended. */
export function outcomeOf({ outcome, verdict, next, unheard }: BatchRow): {
  readonly tone: Tone;
  readonly sign: string;
  readonly text: string;
} {
  if (unheard !== "") {
    const text = outcome === null ? unheard : `${outcome}, then ${unheard}`;
    return { tone: "waiting", sign: "–", text };
  }
  if (outcome === null) return { tone: "waiting", sign: "·", text: "running" };
  const text = next === "" ? outcome : `${outcome}, ${next}`;
  if (verdict === "give up") return { tone: "gave-up", sign: "■", text: next === "" ? `${outcome}, given up` : text };
  if (outcome === "throttled" || outcome === "fault") return { tone: "throttled", sign: "≈", text };
  if (outcome === "ok") return { tone: "done", sign: "✓", text };
  return { tone: "failed", sign: "✗", text };
}
