// The one polite announcement: state changes and give-ups, one in 5 seconds at most; what comes in between is said together.

import { useEffect, useRef, useState } from "preact/hooks";

const PAUSE_MS = 5_000;
/** More at once is counted. */
const MOST_NEWS = 3;

export function Announcer({ news }: { readonly news: readonly string[] }) {
  const [said, setSaid] = useState("");
  const waiting = useRef<readonly string[]>([]);
  const timer = useRef<ReturnType<typeof setTimeout> | null>(null);
  useEffect(() => {
    if (news.length === 0) return;
    waiting.current = [...waiting.current, ...news].slice(-100);
    if (timer.current !== null) return;
    const say = (): void => {
      timer.current = null;
      if (waiting.current.length === 0) return;
      setSaid(togetherText(waiting.current));
      waiting.current = [];
      timer.current = setTimeout(say, PAUSE_MS);
    };
    say();
  }, [news]);
  useEffect(() => () => clearTimeout(timer.current ?? undefined), []);
  return (
    <div class="spoken" role="status" aria-live="polite">
      {said}
    </div>
  );
}

function togetherText(news: readonly string[]): string {
  const shown = news.slice(-MOST_NEWS).join("; ");
  return news.length > MOST_NEWS ? `${shown}; and ${news.length - MOST_NEWS} more` : shown;
}
