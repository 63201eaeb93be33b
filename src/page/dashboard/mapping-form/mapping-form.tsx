// The form of a mapping: to make one, or to change its settings. The server's refusal is shown at the button, in AWS's words.

import { useEffect, useId, useState } from "preact/hooks";
import type { Done, Members } from "../actions.ts";
import { createMapping, readMapping, sent, updateMapping } from "../actions.ts";
import { RefusalText, useAction } from "../parts/action-button.tsx";
import { Dialog } from "../parts/dialog.tsx";
import { type FormField, type FormKind, formFields, formKindOf, formKinds, kindTitles } from "./members.ts";
import { bodyOf, type FormTexts, textsOf } from "./values.ts";

interface CreateProps {
  /** ARNs that a person may mean. */
  readonly sources: readonly string[];
  readonly onClose: () => void;
  readonly onMade: (uuid: string) => void;
}

export function CreateForm({ sources, onClose, onMade }: CreateProps) {
  const [kind, setKind] = useState<FormKind>("kinesis");
  const [texts, setTexts] = useState<FormTexts>({ Enabled: "true", StartingPosition: "TRIM_HORIZON" });
  const functions = useFunctionNames();
  const fields = formFields.filter((field) => field.for.includes(kind));
  const act = async (): Promise<Done<Members>> => {
    const body = bodyOf(fields, texts, {});
    if (body.kind === "flaw") return flawedAct(body.text);
    const done = await createMapping(body.members);
    const uuid = done.kind === "done" ? done.answer["UUID"] : null;
    if (typeof uuid === "string") onMade(uuid);
    return done;
  };
  return (
    <Dialog title="Create a mapping" onClose={onClose}>
      <label class="field">
        <span>Kind of source</span>
        <select value={kind} onChange={({ currentTarget }) => setKind(kindFrom(currentTarget.value))}>
          {formKinds.map((each) => (
            <option key={each} value={each}>
              {kindTitles[each]}
            </option>
          ))}
        </select>
      </label>
      <Fields
        fields={fields}
        texts={texts}
        onChange={setTexts}
        suggestions={{
          EventSourceArn: sources.filter((arn) => formKindOf(arn) === kind),
          FunctionName: functions,
        }}
      />
      <FormEnd act={act} onClose={onClose} label="Create" />
    </Dialog>
  );
}

interface SettingsProps {
  readonly uuid: string;
  readonly title: string;
  readonly onClose: () => void;
}

/** What the mapping has now is asked of the server, as AWS's API shows it. */
export function SettingsForm({ uuid, title, onClose }: SettingsProps) {
  const [now, setNow] = useState<Done<Members> | null>(null);
  const [texts, setTexts] = useState<FormTexts>({});
  const members = now?.kind === "done" ? now.answer : null;
  const kind = members === null ? null : formKindOf(members["EventSourceArn"] ?? null);
  const fields = formFields.filter((field) => kind !== null && field.for.includes(kind) && field.isFixed !== true);
  const before = members === null ? {} : textsOf(fields, { ...members, FunctionName: members["FunctionArn"] });

  useEffect(() => {
    let isOver = false;
    const read = async (): Promise<void> => {
      const answer = await readMapping(uuid);
      if (!isOver) setNow(answer);
    };
    void read();
    return () => {
      isOver = true;
    };
  }, [uuid]);

  const act = async (): Promise<Done<Members>> => {
    const body = bodyOf(fields, { ...before, ...texts }, before);
    if (body.kind === "flaw") return flawedAct(body.text);
    return updateMapping(uuid, body.members);
  };
  return (
    <Dialog title={title} onClose={onClose}>
      {now === null && <p class="soft">Reading the mapping.</p>}
      {now?.kind === "refused" && <RefusalText refusal={now.refusal} />}
      {members !== null && (
        <>
          <Fields fields={fields} texts={{ ...before, ...texts }} onChange={setTexts} suggestions={{}} />
          <FormEnd act={act} onClose={onClose} label="Save" />
        </>
      )}
    </Dialog>
  );
}

const kindFrom = (value: string): FormKind => formKinds.find((kind) => kind === value) ?? "kinesis";

const flawedAct = (text: string): Done<Members> => ({
  kind: "refused",
  refusal: { code: "not sent", text, help: "" },
});

interface FieldsProps {
  readonly fields: readonly FormField[];
  readonly texts: FormTexts;
  readonly onChange: (texts: FormTexts) => void;
  readonly suggestions: Readonly<Record<string, readonly string[]>>;
}

function Fields({ fields, texts, onChange, suggestions }: FieldsProps) {
  const draw = (field: FormField) => (
    <FieldInput
      key={field.member}
      field={field}
      text={texts[field.member] ?? ""}
      suggestions={suggestions[field.member] ?? []}
      onChange={(text) => onChange({ ...texts, [field.member]: text })}
    />
  );
  const rare = fields.filter(({ isUsual }) => isUsual !== true);
  return (
    <div class="fields">
      {fields.filter(({ isUsual }) => isUsual === true).map(draw)}
      {rare.length > 0 && (
        <details class="whole">
          <summary>{`${rare.length} more settings`}</summary>
          <div class="fields">{rare.map(draw)}</div>
        </details>
      )}
    </div>
  );
}

interface FieldInputProps {
  readonly field: FormField;
  readonly text: string;
  readonly suggestions: readonly string[];
  readonly onChange: (text: string) => void;
}

function FieldInput({ field, text, suggestions, onChange }: FieldInputProps) {
  const id = useId();
  const { member, type, help } = field;
  const common = { id: `${id}-input`, name: member, "aria-describedby": `${id}-help` };
  const isLong = type.kind === "patterns" || type.kind === "json";
  const isWide = isLong || (type.kind === "text" && type.example !== undefined) || type.kind === "deep";
  return (
    <div class={isWide ? "field whole" : "field"}>
      <label for={common.id}>{member}</label>
      {type.kind === "flag" || type.kind === "report" ? (
        <select {...common} value={text} onChange={({ currentTarget }) => onChange(currentTarget.value)}>
          {text === "" && <option value="">AWS's default</option>}
          <option value="false">no</option>
          <option value="true">yes</option>
        </select>
      ) : type.kind === "choice" ? (
        <select {...common} value={text} onChange={({ currentTarget }) => onChange(currentTarget.value)}>
          {type.values.map((value) => (
            <option key={value} value={value}>
              {value}
            </option>
          ))}
        </select>
      ) : isLong ? (
        <textarea
          {...common}
          rows={2}
          spellcheck={false}
          placeholder={type.kind === "json" ? type.example : ""}
          value={text}
          onInput={({ currentTarget }) => onChange(currentTarget.value)}
        />
      ) : (
        <input
          {...common}
          type="text"
          inputMode={type.kind === "number" ? "numeric" : "text"}
          spellcheck={false}
          autocomplete="off"
          list={suggestions.length > 0 ? `${id}-list` : undefined}
          placeholder={"example" in type ? type.example : type.kind === "number" ? "AWS's default" : ""}
          value={text}
          onInput={({ currentTarget }) => onChange(currentTarget.value)}
        />
      )}
      {suggestions.length > 0 && (
        <datalist id={`${id}-list`}>
          {suggestions.map((value) => (
            <option key={value} value={value} />
          ))}
        </datalist>
      )}
      <span class="help" id={`${id}-help`}>
        {help}
        {type.kind === "number" && ` ${type.min.toLocaleString("en-US")} to ${type.max.toLocaleString("en-US")}.`}
      </span>
    </div>
  );
}

interface FormEndProps {
  readonly act: () => Promise<Done<Members>>;
  readonly onClose: () => void;
  readonly label: string;
  /** Once it is done the dialog may do it again. */
  readonly staysOpen?: boolean;
}

/** The button that sends a form, what was said against it, and the one that leaves it. */
export function FormEnd({ act, onClose, label, staysOpen }: FormEndProps) {
  const { isBusy, refusal, run } = useAction(act, staysOpen === true ? undefined : onClose);
  return (
    <div class="form-end">
      <RefusalText refusal={refusal} />
      <button type="button" onClick={onClose}>
        {staysOpen === true ? "Done" : "Cancel"}
      </button>
      <button type="button" class="main" aria-busy={isBusy} onClick={run}>
        {label}
      </button>
    </div>
  );
}

function useFunctionNames(): readonly string[] {
  const [names, setNames] = useState<readonly string[]>([]);
  useEffect(() => {
    let isOver = false;
    void sent("GET", "/2015-03-31/functions/").then((done) => {
      if (isOver || done.kind !== "done") return;
      const { Functions: functions } = done.answer;
      if (!Array.isArray(functions)) return;
      setNames(functions.map((each: unknown) => String(Reflect.get(Object(each), "FunctionName"))));
    });
    return () => {
      isOver = true;
    };
  }, []);
  return names;
}
