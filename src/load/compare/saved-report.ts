// Reads a report that `--save` wrote. What another version wrote otherwise is refused: figures that mean something else must not be compared.

import { MillraceError } from "../../errors.ts";
import { metrics } from "../expect/metrics.ts";
import type { LoadReport, LoadRun } from "../report.ts";

const FORMAT = 1;

/** `name`: the file's. Throws `bad-argument` where it is no report, of another format, or damaged. */
export function readSavedReport(text: string, name: string): LoadReport {
  const value = parsed(text, name);
  const format: unknown = Reflect.get(value, "format");
  if (format === undefined) throw noReport(name, "it has no `format`");
  if (format !== FORMAT) throw otherFormat(name, format, Reflect.get(value, "version"));
  if (!isReport(value)) throw noReport(name, "it has no `runs`, or not all that belongs to them");
  return value;
}

function parsed(text: string, name: string): object {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw noReport(name, error instanceof Error ? error.message : String(error));
  }
  if (typeof value !== "object" || value === null) throw noReport(name, "it is no JSON object");
  return value;
}

function isReport(value: object): value is LoadReport {
  const [runs, swept]: readonly unknown[] = [Reflect.get(value, "runs"), Reflect.get(value, "swept")];
  return Array.isArray(swept) && Array.isArray(runs) && runs.length > 0 && runs.every(isRun);
}

/** It has every figure that is ever compared. */
function isRun(value: unknown): value is LoadRun {
  if (typeof value !== "object" || value === null) return false;
  const [name, mode]: readonly unknown[] = [Reflect.get(value, "name"), Reflect.get(value, "mode")];
  if (typeof name !== "string" || (mode !== "simulated" && mode !== "live")) return false;
  try {
    return metrics.every((metric) => {
      const found = metric.of(value as LoadRun);
      return found === null || Number.isFinite(found);
    });
  } catch {
    return false;
  }
}

function noReport(name: string, why: string): MillraceError {
  return new MillraceError("bad-argument", `${name} is no saved load report: ${why}`, {
    help: `millrace load PLAN --save ${name}`,
  });
}

function otherFormat(name: string, format: unknown, version: unknown): MillraceError {
  const by = typeof version === "string" ? `, written by millrace ${version}` : "";
  const text = `${name} is a load report of format ${String(format)}${by}; this version reads format ${FORMAT}`;
  return new MillraceError("bad-argument", text, { help: `millrace load PLAN --save ${name}    # measures it anew` });
}
