// What a view asks the server for beside the frames: one question at a time, the newest; an answer that comes late for an older one is
// dropped.

import { useEffect, useState } from "preact/hooks";
import { type Refusal, sent } from "../actions.ts";

export type Asked<Answer> =
  | { readonly kind: "none" }
  | { readonly kind: "waiting"; readonly sinceMs: number; readonly before: Answer | null }
  | { readonly kind: "answered"; readonly answer: Answer }
  | { readonly kind: "refused"; readonly refusal: Refusal };

/** `path` null: nothing is asked. `again` asks the same once more when it changes; until then the answer before stays. */
export function useAnswer<Answer>(path: string | null, again: unknown = null): Asked<Answer> {
  const [asked, setAsked] = useState<Asked<Answer> & { readonly path?: string }>({ kind: "none" });
  useEffect(() => {
    if (path === null) return setAsked({ kind: "none" });
    let isOver = false;
    setAsked((before) => ({
      kind: "waiting",
      sinceMs: Date.now(),
      before: before.path === path && before.kind === "answered" ? before.answer : null,
      path,
    }));
    void sent("GET", path).then((done) => {
      if (isOver) return;
      // Answered by the server of the same version.
      if (done.kind === "done") setAsked({ kind: "answered", answer: done.answer as Answer, path });
      else setAsked({ kind: "refused", refusal: done.refusal, path });
    });
    return () => {
      isOver = true;
    };
  }, [path, again]);
  return asked;
}

/** The newest answer there is. */
export function answerOf<Answer>(asked: Asked<Answer>): Answer | null {
  if (asked.kind === "answered") return asked.answer;
  return asked.kind === "waiting" ? asked.before : null;
}
