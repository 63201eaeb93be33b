// A button that does something on the server: it waits for the answer, and a refusal is shown beside it, spoken at once.

import { useEffect, useRef, useState } from "preact/hooks";
import type { Done, Refusal } from "../actions.ts";
import { useDashboard } from "../dashboard-context.ts";

interface ActionButtonProps {
  readonly children: string;
  readonly act: () => Promise<Done<unknown>>;
  readonly onDone?: () => void;
  readonly keyLetter?: string;
  readonly isMain?: boolean;
  readonly isDisabled?: boolean;
}

export function ActionButton({ children, act, onDone, keyLetter, isMain, isDisabled }: ActionButtonProps) {
  const { isBusy, refusal, run } = useAction(act, onDone);
  return (
    <span class="action">
      <button
        type="button"
        class={isMain === true ? "main" : ""}
        disabled={isDisabled === true}
        aria-busy={isBusy}
        aria-keyshortcuts={keyLetter}
        data-key={keyLetter}
        onClick={run}
      >
        {children}
      </button>
      <RefusalText refusal={refusal} />
    </span>
  );
}

export interface Action {
  readonly isBusy: boolean;
  readonly refusal: Refusal | null;
  readonly run: () => void;
}

/** One at a time: a second press while the first is on its way does nothing. What was refused is over once a lost connection is back. */
export function useAction(act: () => Promise<Done<unknown>>, onDone?: () => void): Action {
  const [isBusy, setBusy] = useState(false);
  const [refusal, setRefusal] = useState<Refusal | null>(null);
  const isOn = useRef(false);
  const isLive = useDashboard().connection.kind === "live";
  useEffect(() => {
    if (isLive) setRefusal(null);
  }, [isLive]);
  const run = async (): Promise<void> => {
    if (isOn.current) return;
    isOn.current = true;
    setBusy(true);
    const done = await act();
    isOn.current = false;
    setBusy(false);
    setRefusal(done.kind === "refused" ? done.refusal : null);
    if (done.kind === "done") onDone?.();
  };
  return { isBusy, refusal, run: () => void run() };
}

export function RefusalText({ refusal }: { readonly refusal: Refusal | null }) {
  return (
    <span class="refusal is-gave-up" role="alert">
      {refusal !== null && (
        <>
          <b>{refusal.code}</b> {refusal.text}
          {refusal.help !== "" && <code>{refusal.help}</code>}
        </>
      )}
    </span>
  );
}
