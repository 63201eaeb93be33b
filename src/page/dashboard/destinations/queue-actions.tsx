// What is done to a queue as a whole: redrive, where it takes dead letters, and purge, which is asked for twice.

import { useState } from "preact/hooks";
import type { DestinationFrame } from "../../../dashboard/frame.ts";
import { counted } from "../../parts/format.ts";
import { sent } from "../actions.ts";
import { useDashboard } from "../dashboard-context.ts";
import { RefusalText, useAction } from "../parts/action-button.tsx";
import { Dialog } from "../parts/dialog.tsx";

interface QueueActionsProps {
  readonly of: DestinationFrame;
  readonly onDone: () => void;
}

export function QueueActions({ of, onDone }: QueueActionsProps) {
  const { base, isReadOnly } = useDashboard();
  const [isAsking, setAsking] = useState(false);
  const [said, setSaid] = useState("");
  const name = of.arn.split(":").at(-1) ?? "";
  const at = `${base}queues/${encodeURIComponent(name)}`;
  const told = (text: string) => () => {
    setSaid(text);
    onDone();
  };
  const redrive = useAction(
    () => sent("POST", `${at}/redrive`, {}),
    told(`Redrive has begun: messages go back to ${of.deadLettersOf.join(", ")}`),
  );
  const purge = useAction(() => sent("POST", `${at}/purge`, {}), told("Purged"));
  if (isReadOnly) return null;
  return (
    <div class="action">
      {of.deadLettersOf.length > 0 && (
        <button type="button" aria-busy={redrive.isBusy} onClick={redrive.run}>
          Redrive
        </button>
      )}
      <button type="button" onClick={() => setAsking(true)}>
        Purge …
      </button>
      <span class="is-done" role="status">
        {said === "" ? "" : `✓ ${said}`}
      </span>
      <RefusalText refusal={redrive.refusal ?? purge.refusal} />
      {isAsking && (
        <Dialog title={`Purge ${of.name}?`} onClose={() => setAsking(false)}>
          <p>
            {of.messageCount === null
              ? "All messages in it are deleted, for good."
              : `${counted(of.messageCount, "message")} in it, all deleted, for good.`}
          </p>
          <div class="form-end">
            <button
              type="button"
              class="main"
              onClick={() => {
                purge.run();
                setAsking(false);
              }}
            >
              Purge
            </button>
          </div>
        </Dialog>
      )}
    </div>
  );
}
