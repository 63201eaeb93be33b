// What a configuration alone tells to be wrong, before anything starts: handlers whose file is not there, variables that a function
// cannot have, and mappings that the API would refuse whatever functions and streams there are. Each is told with its place.

import type { ConfiguredFunction, MappingBody } from "../config/config.ts";
import { ConfigErrors } from "../config/config-errors.ts";
import type { ReadConfig } from "../config/load-config.ts";
import { errorTextOf } from "../control/api-answer.ts";
import { type EngineOf, enginesOf } from "../control/mapping/source-kinds.ts";
import { refuseRequest } from "../control/mapping-operations.ts";
import { MillraceError } from "../errors.ts";
import { reservedVariables } from "../functions/guest-environment.ts";
import { missingHandler } from "./checked-handlers.ts";

/** Throws ConfigErrors with all of them. `nowMs` judges whether a starting position lies ahead. */
export function refuseUnusable({ config, placeOf }: Pick<ReadConfig, "config" | "placeOf">, nowMs: number): void {
  const [first, ...rest] = [
    ...config.functions.flatMap((each) => [...missingHandler(each, placeOf), ...refusedVariables(each, placeOf)]),
    ...config.mappings.flatMap((body, index) =>
      refusedMapping(body, {
        index,
        nowMs,
        filterLimit: config.filtersPerMapping,
        engineOf: enginesOf(config.sources),
        placeOf,
      }),
    ),
  ];
  if (first !== undefined) throw new ConfigErrors([first, ...rest]);
}

function refusedVariables(
  { settings: { name, environment } }: ConfiguredFunction,
  placeOf: ReadConfig["placeOf"],
): readonly MillraceError[] {
  return Object.keys(environment)
    .filter((variable) => reservedVariables.has(variable))
    .map((variable) => {
      const place = placeOf(["functions", name, "Environment", "Variables", variable], "name", "");
      return new MillraceError("config-invalid", `function \`${name}\`: the variable \`${variable}\` is reserved`, {
        ...(place === null ? {} : { place }),
        ...(variable.endsWith("_REGION") ? { help: "region: us-east-1    (beside `functions`)" } : {}),
      });
    });
}

function refusedMapping(
  body: MappingBody,
  given: {
    readonly index: number;
    readonly nowMs: number;
    readonly filterLimit: number;
    readonly engineOf: EngineOf;
    readonly placeOf: ReadConfig["placeOf"];
  },
): readonly MillraceError[] {
  const answer = refuseRequest(body, given);
  if (answer === null) return [];
  const text = errorTextOf(answer);
  const path = ["mappings", given.index];
  const member = memberIn(text, body);
  const place = member === null ? null : given.placeOf([...path, ...member], "name", "");
  const shown = place ?? given.placeOf(path, "value", "");
  return [
    new MillraceError(
      "config-invalid",
      `mappings[${given.index}] is refused: ${text}`,
      shown === null ? {} : { place: shown },
    ),
  ];
}

/** The member that AWS's text is about, as far as it names one. */
function memberIn(text: string, body: MappingBody): readonly string[] | null {
  const isNamed = (name: string): boolean => new RegExp(`\\b${name}\\b`, "i").test(text);
  for (const [name, value] of Object.entries(body)) {
    if (isNamed(name)) return [name];
    const isStructure = typeof value === "object" && value !== null && !Array.isArray(value);
    const within = isStructure ? Object.keys(value).find((each) => isNamed(each)) : undefined;
    if (within !== undefined) return [name, within];
  }
  return /^(?:Event source mappings on|Unrecognized event source)/.test(text) ? ["EventSourceArn"] : null;
}
