// A sign in the page.

import type { Tone } from "./tones.ts";

/** The sign is not spoken: the words beside it are. */
export function Sign({ tone, sign }: { readonly tone: Tone; readonly sign: string }) {
  return (
    <span class={`sign is-${tone}`} aria-hidden="true">
      {sign}
    </span>
  );
}
