// What may be done with a mapping: pause, step, send, settings; enable, disable and delete behind one more button.

import { useState } from "preact/hooks";
import type { MappingFrame } from "../../../dashboard/frame.ts";
import { deleteMapping, steer, updateMapping } from "../actions.ts";
import { FormEnd, SettingsForm } from "../mapping-form/mapping-form.tsx";
import { ActionButton } from "../parts/action-button.tsx";
import { Dialog } from "../parts/dialog.tsx";
import { SendForm } from "./send-form.tsx";

interface MappingActionsProps {
  readonly mapping: MappingFrame;
  readonly base: string;
}

type Open = "nothing" | "send" | "settings" | "delete";

export function MappingActions({ mapping, base }: MappingActionsProps) {
  const [open, setOpen] = useState<Open>("nothing");
  const { uuid, state, isPaused, functionName } = mapping;
  const close = (): void => setOpen("nothing");
  const isRunning = state === "Enabled";
  const isOff = state === "Disabled";
  return (
    <div class="actions">
      <ActionButton
        act={() => steer(base, uuid, isPaused ? "resume" : "pause")}
        keyLetter="p"
        isDisabled={!isRunning && !isPaused}
      >
        {isPaused ? "Resume" : "Pause"}
      </ActionButton>
      <ActionButton act={() => steer(base, uuid, "step")} keyLetter="s" isDisabled={!isPaused}>
        Step
      </ActionButton>
      <button type="button" data-key="t" aria-keyshortcuts="t" onClick={() => setOpen("send")}>
        Send
      </button>
      <button type="button" onClick={() => setOpen("settings")}>
        Settings
      </button>
      <details class="more">
        <summary aria-label="More actions">⋯</summary>
        <div>
          {isOff ? (
            <ActionButton act={() => updateMapping(uuid, { Enabled: true })}>Enable</ActionButton>
          ) : (
            <ActionButton act={() => updateMapping(uuid, { Enabled: false })} isDisabled={!isRunning}>
              Disable
            </ActionButton>
          )}
          <button type="button" onClick={() => setOpen("delete")}>
            Delete
          </button>
        </div>
      </details>
      {open === "send" && <SendForm mapping={mapping} base={base} onClose={close} />}
      {open === "settings" && <SettingsForm uuid={uuid} title={`Settings of ${functionName}`} onClose={close} />}
      {open === "delete" && (
        <Dialog title="Delete the mapping?" onClose={close}>
          <p>
            {`The mapping of ${mapping.source} to ${functionName} goes, with its checkpoints. The source and the function stay.`}
          </p>
          <FormEnd act={() => deleteMapping(uuid)} onClose={close} label="Delete" />
        </Dialog>
      )}
    </div>
  );
}
