// A mapping as it is stored: one row of JSON, read back through the same shapes as a request. Its format has a number of its own.

import type { MappingState } from "../../core/mapping-state.ts";
import { MillraceError } from "../../errors.ts";
import { parseShape } from "../shape.ts";
import { createShape } from "./mapping-members.ts";
import type { MappingSettings } from "./mapping-settings.ts";
import { type SourceKind, sourceKinds } from "./source-kinds.ts";

const FORMAT = 1;

export interface MappingRecord {
  readonly uuid: string;
  readonly kind: SourceKind;
  readonly state: MappingState;
  readonly settings: MappingSettings;
  readonly functionName: string;
  /** As the mapping shows it, with its qualifier if one was given (section 4.2). */
  readonly functionArn: string;
  /** Of the newest start; 0: never started. Checkpoints are written under it. */
  readonly generation: number;
  readonly createdAtMs: number;
  readonly lastModifiedAtMs: number;
  readonly transitionReason: string;
  /** LastProcessingResult as records last made it, in whichever run (H-12). */
  readonly lastResult: string;
}

export const FIRST_RESULT = "No records processed";

/** Order of creation. */
export const byCreation = (one: MappingRecord, other: MappingRecord): number =>
  one.createdAtMs - other.createdAtMs || (one.uuid < other.uuid ? -1 : 1);

export function textOfRecord(record: MappingRecord): string {
  return JSON.stringify({ format: FORMAT, ...record });
}

const storedShape = {
  kind: "structure",
  members: {
    format: { kind: "integer" },
    uuid: { kind: "string" },
    kind: { kind: "string" },
    state: {
      kind: "structure",
      members: {
        kind: { kind: "string" },
        wantsEnabled: { kind: "boolean" },
        isHeld: { kind: "boolean" },
        returnsTo: { kind: "string" },
      },
    },
    settings: createShape,
    functionName: { kind: "string" },
    functionArn: { kind: "string" },
    generation: { kind: "integer" },
    createdAtMs: { kind: "timestamp" },
    lastModifiedAtMs: { kind: "timestamp" },
    transitionReason: { kind: "string" },
    lastResult: { kind: "string" },
  },
} as const;

/** Throws MillraceError state-broken for a row that is not ours. */
export function recordFromText(key: string, text: string): MappingRecord {
  const broken = (what: string): MillraceError =>
    new MillraceError("state-broken", `mapping ${key} cannot be read from the state directory: ${what}`, {
      help: "millrace reset all",
    });
  const parsed = parseShape(parsedJson(text), storedShape);
  if (parsed.kind === "wrongType") throw broken(parsed.text);
  const row = parsed.value;
  const kind = sourceKinds.find((each) => each === row.kind);
  const state = stateFrom(row.state ?? {});
  if (row.format !== FORMAT) throw broken(`its format is ${row.format ?? "none"}, this version reads ${FORMAT}`);
  if (row.uuid === undefined || kind === undefined || state === null || row.settings === undefined) {
    throw broken("a member is missing");
  }
  const { FunctionName: _function, Enabled: _enabled, Tags: _tags, ...settings } = row.settings;
  return {
    uuid: row.uuid,
    kind,
    state,
    settings,
    functionName: row.functionName ?? "",
    functionArn: row.functionArn ?? "",
    generation: row.generation ?? 0,
    createdAtMs: row.createdAtMs ?? 0,
    lastModifiedAtMs: row.lastModifiedAtMs ?? 0,
    transitionReason: row.transitionReason ?? "",
    lastResult: row.lastResult ?? FIRST_RESULT,
  };
}

function parsedJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // Not JSON: the shape refuses null with a text of its own.
    return null;
  }
}

function stateFrom(row: {
  readonly kind?: string | undefined;
  readonly wantsEnabled?: boolean | undefined;
  readonly isHeld?: boolean | undefined;
  readonly returnsTo?: string | undefined;
}): MappingState | null {
  switch (row.kind) {
    case "creating":
      return { kind: "creating", wantsEnabled: row.wantsEnabled ?? true, isHeld: row.isHeld ?? false };
    case "enabling":
      return { kind: "enabling", isHeld: row.isHeld ?? false };
    case "updating":
      return { kind: "updating", returnsTo: row.returnsTo === "disabled" ? "disabled" : "enabled" };
    case "enabled":
    case "disabling":
    case "disabled":
    case "deleting":
    case "gone":
      return { kind: row.kind };
    default:
      return null;
  }
}
