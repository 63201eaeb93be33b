// The signs: each has a shape, a colour and a word, so that none of them is needed alone.

export type Tone = "good" | "warning" | "bad" | "quiet" | "throttled" | "accent";

export const signs: readonly { readonly tone: Tone; readonly sign: string; readonly means: string }[] = [
  { tone: "good", sign: "✓", means: "done" },
  { tone: "warning", sign: "✗", means: "failed, goes on: a retry or a split" },
  { tone: "bad", sign: "■", means: "given up" },
  { tone: "quiet", sign: "·", means: "waits" },
  { tone: "throttled", sign: "≈", means: "throttled, not counted as an attempt" },
  { tone: "accent", sign: "▸", means: "selected" },
  { tone: "accent", sign: "◀", means: "closes first" },
];

/** The sign is not spoken: the words beside it are. */
export function Sign({ tone, sign }: { readonly tone: Tone; readonly sign: string }) {
  return (
    <span class={`sign ${tone}`} aria-hidden="true">
      {sign}
    </span>
  );
}
