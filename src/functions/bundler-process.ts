// esbuild keeps one helper process for the whole of ours. Ending it ends every build that is under way, whoever asked for it, so it
// ends with the last registry and not before. The count is the only state that a module here keeps: the process is one, too.

import { stop } from "esbuild";

let holderCount = 0;

/** Answers a function that gives the helper process back, once. */
export function holdBundler(): () => Promise<void> {
  let isHeld = true;
  holderCount += 1;
  return async () => {
    if (!isHeld) return;
    isHeld = false;
    holderCount -= 1;
    // It starts again by itself, should another registry need it.
    if (holderCount === 0) await stop();
  };
}
