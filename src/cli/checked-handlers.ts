// Whether a configured function's file is there, before anything starts: a wrong name is told with its place and the likely
// spelling. Exports are only known once the code is built, which the start does.

import type { ConfiguredFunction } from "../config/config.ts";
import type { ReadConfig } from "../config/load-config.ts";
import { MillraceError } from "../errors.ts";
import { lookUpHandler } from "../functions/handler-spec.ts";

/** None, or one error. */
export function missingHandler(
  { settings, endpoint, handler, baseDir, isBundled }: ConfiguredFunction,
  placeOf: ReadConfig["placeOf"],
): readonly MillraceError[] {
  if (endpoint !== null) return [];
  const found = lookUpHandler(baseDir, handler, isBundled);
  if (found.kind === "found") return [];
  const place = placeOf(["functions", settings.name, "Handler"], "value", found.label);
  return [
    new MillraceError("handler-not-found", `function \`${settings.name}\`: ${found.what}`, {
      ...(place === null ? {} : { place }),
      ...(found.likely === null ? {} : { help: `Handler: ${found.likely}` }),
    }),
  ];
}
