// Words that no file of the project holds: hosts of package registries (which one is used is a matter of the machine), and
// places of one machine. They are written here in pieces, as this file is read too.

import { linesOf } from "./tree.ts";

const host = (...parts: readonly string[]): string => parts.join(".");
const place = (...parts: readonly string[]): string => `${parts.join("/")}/`;

export const bannedWords: readonly string[] = [
  host("registry", "npmjs", "org"),
  host("registry", "yarnpkg", "com"),
  host("npm", "pkg", "github", "com"),
  host("pypi", "org"),
  host("files", "pythonhosted", "org"),
  host("static", "crates", "io"),
  host("index", "crates", "io"),
  host("proxy", "golang", "org"),
  host("repo1", "maven", "org"),
  host("repo", "maven", "apache", "org"),
  host("deb", "debian", "org"),
  place("", "work"),
  place("", "root"),
  place("", "tmp", "bash_jobs"),
  `.${["libr", "ary"].join("")}/`,
];

export function wordProblems(path: string, text: string): readonly string[] {
  return linesOf(text).flatMap((line) =>
    bannedWords
      .filter((word) => line.text.includes(word))
      .map((word) => `${path}:${line.number}: "${word}" belongs to one machine`),
  );
}
