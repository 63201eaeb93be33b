// A test record for a mapping's source.

import { useState } from "preact/hooks";
import type { MappingFrame } from "../../../dashboard/frame.ts";
import { counted, shownClock } from "../../parts/format.ts";
import { type Done, type Members, sendRecord } from "../actions.ts";
import { FormEnd } from "../mapping-form/mapping-form.tsx";
import { Dialog } from "../parts/dialog.tsx";

interface SendFormProps {
  readonly mapping: MappingFrame;
  readonly base: string;
  readonly onClose: () => void;
}

/** The server takes no more at once. */
const MOST = 1_000;

export function SendForm({ mapping, base, onClose }: SendFormProps) {
  const [data, setData] = useState("");
  const [key, setKey] = useState("");
  const [groupId, setGroupId] = useState("");
  const [count, setCount] = useState("1");
  const { family } = mapping;
  const isFifo = mapping.eventSourceArn.endsWith(".fifo");
  const hasKey = mapping.eventSourceArn.split(":")[2] === "kinesis" || family === "topic";
  const [sentText, setSentText] = useState("");
  const act = async (): Promise<Done<Members>> => {
    const copies = Number(count);
    if (!Number.isInteger(copies) || copies < 1 || copies > MOST) {
      const text = `${count} is no number of records: 1 to ${MOST.toLocaleString("en-US")}.`;
      return { kind: "refused", refusal: { code: "not sent", text, help: "" } };
    }
    const done = await sendRecord(base, mapping.uuid, {
      count: copies,
      ...(data === "" ? {} : { data }),
      ...(hasKey && key !== "" ? { key } : {}),
      ...(isFifo && groupId !== "" ? { groupId } : {}),
    });
    setSentText(done.kind === "done" ? `${counted(copies, "record")} sent at ${shownClock(Date.now(), false)}` : "");
    return done;
  };
  return (
    <Dialog title={`Send a test record to ${mapping.source}`} onClose={onClose}>
      <div class="fields">
        <label class="field whole">
          <span>Data</span>
          <textarea
            rows={5}
            spellcheck={false}
            value={data}
            onInput={({ currentTarget }) => setData(currentTarget.value)}
          />
          <span class="help">{dataHelp(family, mapping.eventSourceArn)}</span>
        </label>
        {hasKey && (
          <label class="field">
            <span>Key</span>
            <input value={key} autocomplete="off" onInput={({ currentTarget }) => setKey(currentTarget.value)} />
            <span class="help">Records of one key stay in order. Empty: each has one of its own.</span>
          </label>
        )}
        {isFifo && (
          <label class="field">
            <span>Message group</span>
            <input
              value={groupId}
              autocomplete="off"
              onInput={({ currentTarget }) => setGroupId(currentTarget.value)}
            />
            <span class="help">Messages of one group stay in order.</span>
          </label>
        )}
        <label class="field">
          <span>Count</span>
          <input
            inputMode="numeric"
            value={count}
            autocomplete="off"
            onInput={({ currentTarget }) => setCount(currentTarget.value)}
          />
          <span class="help">How many of it.</span>
        </label>
      </div>
      <p class="is-done" role="status">
        {sentText}
      </p>
      <FormEnd act={act} onClose={onClose} label="Send" staysOpen />
    </Dialog>
  );
}

function dataHelp(family: MappingFrame["family"], arn: string): string {
  const empty = "Empty: what millrace send makes up.";
  if (family === "changes") return `A document, as JSON. ${empty}`;
  return arn.split(":")[2] === "dynamodb" ? `An item, as plain or typed JSON. ${empty}` : empty;
}
