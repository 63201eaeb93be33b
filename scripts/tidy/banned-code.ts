// Code that does not belong where it stands: what the pure core may not touch, the clock and chance outside `src/platform`,
// where modules may know their own place, and tests that are focused or skipped. The linter bans most of this by name; this
// also finds what it cannot (`new Date()`, promises in the core). Each ban names the replacement.

import { linesOf } from "./tree.ts";

interface Ban {
  readonly pattern: RegExp;
  readonly instead: string;
}

const clockAndChance: readonly Ban[] = [
  { pattern: /\bDate\.now\b|\bnew Date\(\)|\bperformance\.now\b/, instead: "take a Clock (src/ports/clock.ts)" },
  {
    pattern: /(?<![.\w])set(?:Timeout|Interval|Immediate)\(/,
    instead: "use Clock.wakeAt (src/ports/clock.ts)",
  },
  { pattern: /\bMath\.random\b|\brandomUUID\b/, instead: "take a Random (src/ports/random.ts)" },
];

const coreOnly: readonly Ban[] = [
  { pattern: /\bprocess\.[a-z]/, instead: "hand the value in" },
  { pattern: /\bconsole\.[a-z]/, instead: "return an effect; the journal tells people" },
  { pattern: /\basync\b|\bawait\b|\bPromise\b/, instead: "return a value; the runtime waits (docs/architecture.md)" },
  { pattern: /\bBuffer\b/, instead: "use Uint8Array" },
];

const ownPlace: Ban = { pattern: /\bimport\.meta\b/, instead: "worker addresses belong in src/threads/entries.ts" };

export function bannedCodeProblems(path: string, text: string): readonly string[] {
  const bans = bansFor(path);
  return linesOf(text).flatMap((line) => {
    if (line.isComment) return [];
    const code = withoutStrings(line.text);
    return bans
      .filter((ban) => ban.pattern.test(code))
      .map((ban) => `${path}:${line.number}: ${ban.pattern.exec(code)?.[0]}: ${ban.instead}`);
  });
}

function bansFor(path: string): readonly Ban[] {
  if (path.startsWith("src/core/")) return [...clockAndChance, ...coreOnly, ownPlace];
  if (path.startsWith("src/platform/")) return [ownPlace];
  if (path === "src/threads/entries.ts") return clockAndChance;
  // A page's clock is its browser's.
  if (path.startsWith("src/page/")) return [ownPlace];
  return path.startsWith("src/") ? [...clockAndChance, ownPlace] : [];
}

/** Words in a plain string, or after code in a comment, are no code. Template texts are left: they hold code. */
function withoutStrings(line: string): string {
  return line
    .replace(/"(?:[^"\\]|\\.)*"/g, '""')
    .replace(/'(?:[^'\\]|\\.)*'/g, "''")
    .replace(/\s\/\/.*$/, "");
}

/** Focused tests never; a test that runs only somewhere needs a comment above it that says where it does not, and why. */
export function skippedTestProblems(path: string, text: string): readonly string[] {
  if (!path.endsWith(".test.ts")) return [];
  const lines = linesOf(text);
  return lines.flatMap((line, index) => {
    const match = /\b(?:test|it|describe|suite|bench)(?:\.\w+)*\.(only|skip|todo|fails|skipIf|runIf)\b/.exec(
      withoutStrings(line.text),
    );
    if (match === null || line.isComment) return [];
    const word = match[1] ?? "";
    const isConditional = word === "skipIf" || word === "runIf";
    if (isConditional && /\/\/ Skipped where .{10,}/.test(lines[index - 1]?.text ?? "")) return [];
    return [
      isConditional
        ? `${path}:${line.number}: ${word} needs a comment above it: "// Skipped where …, as …"`
        : `${path}:${line.number}: ${word}: no test is focused or skipped`,
    ];
  });
}

const longestFileLines = 400;

/** A file may be longer if its header says why, in words that name the limit ("over 400 lines, as …"). */
export function fileSizeProblems(path: string, text: string): readonly string[] {
  if (!/^(?:src|workers|test|scripts|bench)\/.*\.ts$/.test(path)) return [];
  const lines = text.trimEnd().split("\n");
  const header = lines.slice(0, 15).join(" ");
  if (lines.length <= longestFileLines || /\b400 lines\b/.test(header)) return [];
  return [`${path}: ${lines.length} lines, over ${longestFileLines}: split it, or say in its header why not`];
}

/** What a file owns stands in its first lines. */
export function headerProblems(path: string, text: string): readonly string[] {
  if (!/^(?:src|workers|scripts|bench)\/.*\.ts$/.test(path)) return [];
  const first = text.split("\n").find((line) => line.trim() !== "" && !line.startsWith("#!")) ?? "";
  return /^\/[/*]/.test(first) ? [] : [`${path}:1: opens without a comment on what it owns`];
}
