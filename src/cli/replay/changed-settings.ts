// Settings given as --set NAME=VALUE: AWS's names and units, judged by the rules of the API as an update of the recorded mapping would be,
// and made a mapping's for the simulated world.

import { errorTextOf } from "../../control/api-answer.ts";
import { laneSettings } from "../../control/lane-settings.ts";
import { createShape } from "../../control/mapping/mapping-members.ts";
import { createdSettings } from "../../control/mapping/mapping-settings.ts";
import { enginesOf, sourceKindOfArn } from "../../control/mapping/source-kinds.ts";
import { refuseRequest } from "../../control/mapping-operations.ts";
import { parseShape } from "../../control/shape.ts";
import { DEFAULT_FILTER_LIMIT } from "../../core/filter/compile-filters.ts";
import { likelyName } from "../../core/likely-name.ts";
import { MillraceError } from "../../errors.ts";
import type { MappingSpec } from "../../ports/mapping-spec.ts";
import { recordedSettings } from "./recorded-settings.ts";

/** What changes how batches are made and retried: a recording holds everything that these depend on. */
const changeable = [
  "BatchSize",
  "MaximumBatchingWindowInSeconds",
  "MaximumRetryAttempts",
  "MaximumRecordAgeInSeconds",
  "BisectBatchOnFunctionError",
  "ParallelizationFactor",
  "TumblingWindowInSeconds",
  "FunctionResponseTypes",
] as const;

export type ChangedSettings = Readonly<Record<string, unknown>>;

export function parseChanges(words: readonly string[]): ChangedSettings {
  const changes: Record<string, unknown> = {};
  for (const word of words) {
    const [, name, text] = /^([A-Za-z]+)=(.*)$/.exec(word) ?? [];
    if (name === undefined || text === undefined)
      throw new MillraceError("bad-argument", `\`${word}\` is no setting and its value`, {
        help: "--set BatchSize=50",
      });
    if (!changeable.some((each) => each === name)) throw unknownSetting(name, text);
    changes[name] = valueOf(name, text);
  }
  return changes;
}

function unknownSetting(name: string, text: string): MillraceError {
  if (name === "FilterCriteria") {
    return new MillraceError(
      "bad-argument",
      "--set cannot change FilterCriteria: records that the filter passed over are not in the recording",
      { help: "millrace filter --help" },
    );
  }
  const likely = likelyName(name, [...changeable]);
  return new MillraceError(
    "bad-argument",
    `\`${name}\` is no setting that --set can change: ${changeable.join(", ")}`,
    likely === null ? {} : { help: `--set ${likely}=${text}` },
  );
}

function valueOf(name: string, text: string): unknown {
  if (name === "FunctionResponseTypes") return text === "" ? [] : text.split(",");
  if (text === "true" || text === "false") return text === "true";
  return /^-?\d+(?:\.\d+)?$/.test(text) ? Number(text) : text;
}

/** The mapping under other settings. Throws `bad-argument` with AWS's own text where the API would refuse them. */
export function changedSpec(spec: MappingSpec, changes: ChangedSettings): MappingSpec {
  const {
    FunctionArn: _arn,
    FilterCriteria: _filter,
    DestinationConfig: _destination,
    ...recorded
  } = recordedSettings(spec);
  const body = {
    ...Object.fromEntries(Object.entries({ ...recorded, ...changes }).filter(([, value]) => !isEmpty(value))),
    FunctionName: spec.functionName,
    StartingPosition: "TRIM_HORIZON",
    // Beside windows none is taken; whatever it was, what was recorded has passed it.
  };
  const engineOf = enginesOf([]);
  const refused = refuseRequest(body, { nowMs: 0, filterLimit: DEFAULT_FILTER_LIMIT, engineOf });
  if (refused !== null) throw new MillraceError("bad-argument", errorTextOf(refused));
  const parsed = parseShape(body, createShape);
  const kind = sourceKindOfArn(spec.eventSourceArn, engineOf);
  if (parsed.kind === "wrongType" || kind === null)
    throw new MillraceError(
      "bad-argument",
      "the recorded mapping is of a source that cannot be run in the simulated world",
    );
  const settings = createdSettings(kind, parsed.value, spec.uuid);
  return {
    ...spec,
    parallelizationFactor: settings.ParallelizationFactor ?? 1,
    // What is no setting of a mapping stays as it was.
    lane: { ...spec.lane, ...changedOnly(laneSettings(kind, settings, spec.lane), spec) },
  };
}

function changedOnly(lane: ReturnType<typeof laneSettings>, { lane: before }: MappingSpec): Partial<typeof lane> {
  const { eventLimitBytes: _event, stateLimitBytes: _state, windowFrom: _from, ...changed } = lane;
  return { ...changed, idleCloseMs: before.idleCloseMs };
}

const isEmpty = (value: unknown): boolean => Array.isArray(value) && value.length === 0;
