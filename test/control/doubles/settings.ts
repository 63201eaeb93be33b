// Settings and records of any kind of source, made as the control plane makes them.

import {
  createShape,
  type CreateRequest,
  updateShape,
  type UpdateRequest,
} from "../../../src/control/mapping/mapping-members.ts";
import { FIRST_RESULT, type MappingRecord } from "../../../src/control/mapping/mapping-record.ts";
import { userReason } from "../../../src/control/mapping/mapping-rules.ts";
import {
  createdSettings,
  type MappingSettings,
  updatedSettings,
} from "../../../src/control/mapping/mapping-settings.ts";
import type { SourceKind } from "../../../src/control/mapping/source-kinds.ts";
import { parseShape } from "../../../src/control/shape.ts";
import { createdMapping } from "../../../src/core/mapping-state.ts";
import { functionArn } from "./house.ts";

export const uuid = "00000000-0000-4000-8000-000000000001";

export function createOf(raw: object): CreateRequest {
  const answer = parseShape(JSON.parse(JSON.stringify(raw)), createShape);
  if (answer.kind === "wrongType") throw new Error(answer.text);
  return answer.value;
}

export function updateOf(raw: object): UpdateRequest {
  const answer = parseShape(JSON.parse(JSON.stringify(raw)), updateShape);
  if (answer.kind === "wrongType") throw new Error(answer.text);
  return answer.value;
}

export const created = (kind: SourceKind, raw: object = {}): MappingSettings =>
  createdSettings(kind, createOf(raw), uuid);
export const updated = (kind: SourceKind, before: MappingSettings, raw: object): MappingSettings =>
  updatedSettings(kind, before, updateOf(raw));

export function recordOf(
  kind: SourceKind,
  settings: MappingSettings,
  changes: Partial<MappingRecord> = {},
): MappingRecord {
  return {
    uuid,
    kind,
    state: createdMapping({ isEnabled: true, isQuiet: false }).state,
    settings,
    functionName: "handle",
    functionArn,
    generation: 1,
    createdAtMs: 1_789_481_367_345,
    lastModifiedAtMs: 1_789_481_367_340,
    transitionReason: userReason(kind),
    lastResult: FIRST_RESULT,
    ...changes,
  };
}
