// Labels of a scenario's records, and how a name that is not there is told.

import type { ConfigDocument, Path } from "../config/config-document.ts";
import { likelyName } from "../core/likely-name.ts";
import type { ScenarioFile } from "../sim/scenario-schema.ts";
import { line, listText, type ScenarioFlaw } from "./scenario-flaws.ts";

export type Notation = ConfigDocument["notation"];
type Part = Partial<Pick<ScenarioFlaw, "code" | "part" | "label" | "help">>;

export const flaw = (path: Path, what: string, part: Part = {}): ScenarioFlaw => ({
  code: "scenario-invalid",
  what,
  path,
  part: "value",
  label: "",
  help: null,
  ...part,
});

export interface Labels {
  /** Of records and of generators: what a step may send. */
  readonly sent: readonly string[];
  /** A record of a generator counts by its number. */
  isRecord(label: string): boolean;
  /** To paste. */
  readonly example: (label: string) => string;
}

/** By a generator, whose records are numbered from 1. */
export function isMade(file: ScenarioFile, label: string): boolean {
  return (file.records ?? []).some((each) => {
    if (!("generate" in each)) return false;
    const { label: prefix, count } = each.generate;
    const number = label.startsWith(prefix) ? label.slice(prefix.length) : "";
    return /^[1-9]\d*$/.test(number) && Number(number) <= count;
  });
}

export function labelsOf(file: ScenarioFile): Labels {
  const records = file.records ?? [];
  const sent = records.map((each) => ("generate" in each ? each.generate.label : each.label));
  const own = new Set(records.flatMap((each) => ("generate" in each ? [] : [each.label])));
  const [first] = records.flatMap((each) => ("generate" in each ? [] : [each]));
  return {
    sent,
    isRecord: (label) => own.has(label) || isMade(file, label),
    example: (label) => JSON.stringify({ label, partitionKey: first?.partitionKey ?? "k", data: first?.data ?? "{}" }),
  };
}

export const unknownLabel = (path: Path, label: string, labels: Labels, member = "records"): ScenarioFlaw =>
  flaw(path, `\`${label}\` is not in \`${member}\`, which has ${listText(labels.sent)}`, {
    code: "scenario-unknown-label",
    label: "no such label",
    help: `${labels.example(label)}    (into \`records\`)`,
  });

export function unknownName(
  path: Path,
  name: string,
  { kind, names, notation }: { readonly kind: string; readonly names: readonly string[]; readonly notation: Notation },
): ScenarioFlaw {
  const likely = likelyName(name, names);
  const member = path.findLast((step) => typeof step === "string") ?? "";
  const value = typeof path.at(-1) === "number" ? [likely] : likely;
  return flaw(path, `there is no ${kind} \`${name}\`${kind === "checker" ? "" : " in this file"}`, {
    label: likely === null ? `no such ${kind}` : `perhaps ${likely}`,
    help: likely === null ? `known here: ${names.join(", ")}` : line(String(member), value, "", notation),
  });
}
