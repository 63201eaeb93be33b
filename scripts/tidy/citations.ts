// What texts refer to must be there: rule numbers and sections in `docs/rules/`, documents and source files by their
// paths, links between documents, and a reason for each dependency in `docs/dependencies.md`.

import { posix } from "node:path";
import { linesOf, type TreeFile } from "./tree.ts";

/** Letters of the rule families; a letter that is none of these (as in UTF-8) is no citation. */
const families = "ABCDEFHIKLMOPQRSTVWX";
/** A V-rule of the control plane has no dash (`V8b`). */
const number = `[${families}]-\\d{1,3}[a-z]?|V\\d{1,2}[a-z]?`;
const citation = new RegExp(`(?<![\\w./:%-])(${number})(?![\\w-])|\\b[Ss]ections? (\\d(?:\\.\\d)?)\\b`, "g");
const section = (heading: string): string => `section ${heading}`;

const isRuleDocument = (path: string): boolean => /^docs\/rules\/.*\.md$/.test(path);

/** The numbers that a rule document defines: at the start of a line, list item, heading or table row, or in bold; and its sections. */
export function rulesDefinedBy(text: string): readonly string[] {
  const atStart = new RegExp(`^[\\s|>*#-]*(${number})\\b`, "gm");
  const inBold = new RegExp(`\\*\\*(${number})\\b`, "g");
  const rules = [...text.matchAll(atStart), ...text.matchAll(inBold)].map((match) => match[1] ?? "");
  const headings = [...text.matchAll(/^##+ (\d(?:\.\d)?)\b/gm)].map((match) => section(match[1] ?? ""));
  return [...rules, ...headings];
}

/** One problem a rule that is cited and not defined, with the first place that cites it. */
export function ruleProblems(files: readonly TreeFile[], defined: ReadonlySet<string>): readonly string[] {
  const places = new Map<string, string[]>();
  for (const { path, text } of files) {
    if (isRuleDocument(path) || !/\.(?:ts|mts|md)$/.test(path)) continue;
    for (const line of linesOf(text)) {
      for (const match of line.text.matchAll(citation)) {
        const rule = match[1] ?? section(match[2] ?? "");
        if (defined.has(rule) || defined.has(rule.replace(/[a-z]$/, ""))) continue;
        places.set(rule, [...(places.get(rule) ?? []), `${path}:${line.number}`]);
      }
    }
  }
  return [...places].map(([rule, at]) => `${rule} is not in docs/rules/ (cited ${at.length} times, first ${at[0]})`);
}

/** Paths of the project in comments and documents, and relative links of documents. */
export function pathProblems(path: string, text: string, exists: (path: string) => boolean): readonly string[] {
  const isDocument = path.endsWith(".md");
  if (!isDocument && !/\.(?:ts|mjs)$/.test(path)) return [];
  return linesOf(text).flatMap((line) => {
    const cited = isDocument || line.isComment ? citedPaths(line.text) : [];
    const linked = isDocument ? linkedPaths(path, line.text) : [];
    return [...cited, ...linked]
      .filter((target) => !exists(target))
      .map((target) => `${path}:${line.number}: ${target} is not there`);
  });
}

function citedPaths(line: string): readonly string[] {
  const document = /(?<![\w./-])((?:docs|src|workers|scripts|bench|test)\/[\w./-]*\.(?:md|ts|mjs))(?![\w*{])/g;
  return [...line.matchAll(document)].map((match) => match[1] ?? "");
}

function linkedPaths(path: string, line: string): readonly string[] {
  return [...line.matchAll(/\]\((?!\w+:|#)([^)#\s]+)/g)].map((match) =>
    posix.normalize(posix.join(posix.dirname(path), match[1] ?? "")),
  );
}

interface Manifest {
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
}

const shortestReason = 20;

/** Each dependency has a line `- \`name\`: reason`, and no line speaks of one that is gone. */
export function dependencyProblems(manifest: Manifest, document: string): readonly string[] {
  const names = [...Object.keys(manifest.dependencies ?? {}), ...Object.keys(manifest.devDependencies ?? {})];
  const reasons = new Map(
    [...document.matchAll(/^- `([^`]+)`[^:]*: *(.*)$/gm)].map((match) => [match[1] ?? "", match[2] ?? ""]),
  );
  const missing = names.filter((name) => (reasons.get(name) ?? "").length < shortestReason);
  const stale = [...reasons.keys()].filter((name) => !names.includes(name));
  return [
    ...missing.map((name) => `docs/dependencies.md: no reason for ${name}`),
    ...stale.map((name) => `docs/dependencies.md: ${name} is no dependency`),
  ];
}

/** Rules of all rule documents of a tree. */
export function rulesOf(files: readonly TreeFile[]): ReadonlySet<string> {
  return new Set(files.filter((file) => isRuleDocument(file.path)).flatMap((file) => rulesDefinedBy(file.text)));
}
