// The colours of base.css for what is drawn on a canvas, and when they change: with the system's scheme, and for print.

import { useEffect, useState } from "preact/hooks";
import type { ColourName } from "./colours.ts";

/** As it is now, for a canvas. */
export const colourOf = (name: ColourName): string =>
  getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();

/** For a style. */
export const cssColour = (name: ColourName): string => `var(--${name})`;

/** Calls back whenever the colours have changed; returns what ends that. */
export function onColours(changed: () => void): () => void {
  const lists = ["(prefers-color-scheme: dark)", "print"].map((query) => matchMedia(query));
  // Before it prints, a browser lets a page draw once more, and still as on the screen: the mark makes the colours those of paper.
  const begin = (): void => {
    document.documentElement.dataset["paper"] = "";
    changed();
  };
  const end = (): void => {
    delete document.documentElement.dataset["paper"];
    changed();
  };
  for (const list of lists) list.addEventListener("change", changed);
  addEventListener("beforeprint", begin);
  addEventListener("afterprint", end);
  return () => {
    for (const list of lists) list.removeEventListener("change", changed);
    removeEventListener("beforeprint", begin);
    removeEventListener("afterprint", end);
  };
}

/** Whether the page is being printed. */
export function useIsPrinting(): boolean {
  const [isPrinting, setPrinting] = useState(() => matchMedia("print").matches);
  useEffect(() => {
    const begin = (): void => setPrinting(true);
    const end = (): void => setPrinting(false);
    const unfollow = following("print", setPrinting);
    addEventListener("beforeprint", begin);
    addEventListener("afterprint", end);
    return () => {
      unfollow();
      removeEventListener("beforeprint", begin);
      removeEventListener("afterprint", end);
    };
  }, []);
  return isPrinting;
}

const NARROW = "(max-width: 760px)";

/** Whether there is room for one column only. */
export function useIsNarrow(): boolean {
  const [isNarrow, setNarrow] = useState(() => matchMedia(NARROW).matches);
  useEffect(() => following(NARROW, setNarrow), []);
  return isNarrow;
}

/** Calls back whenever the answer to a media query changes; returns what ends that. */
function following(query: string, set: (matches: boolean) => void): () => void {
  const list = matchMedia(query);
  const follow = (): void => set(list.matches);
  list.addEventListener("change", follow);
  return () => list.removeEventListener("change", follow);
}
