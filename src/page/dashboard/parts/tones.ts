// The signs: each has a shape, a colour and a word, so that none of them is needed alone.

/** `is-…` of base.css. */
export type Tone = "done" | "failed" | "gave-up" | "waiting" | "throttled" | "accent";

export const signs: readonly { readonly tone: Tone; readonly sign: string; readonly means: string }[] = [
  { tone: "done", sign: "✓", means: "done" },
  { tone: "failed", sign: "✗", means: "failed, goes on: a retry or a split" },
  { tone: "gave-up", sign: "■", means: "given up" },
  { tone: "waiting", sign: "·", means: "waits" },
  { tone: "throttled", sign: "≈", means: "throttled, not counted as an attempt" },
  { tone: "accent", sign: "▸", means: "selected" },
  { tone: "accent", sign: "◀", means: "closes first" },
];
