// What is wrong with a value that may have one of several forms: where it has the outward form of one of them, what is wrong within that
// one, at its place, as if there were no others.

import type { z } from "zod";

type Issue = z.core.$ZodIssue;

export function plainIssues(issues: readonly Issue[]): readonly Issue[] {
  return issues.flatMap((issue) => {
    if (issue.code !== "invalid_union") return [issue];
    const alike = issue.errors.filter(
      (errors) => !errors.some(({ code, path }) => code === "invalid_type" && path.length === 0),
    );
    const [only, ...others] = alike;
    if (only === undefined || others.length > 0) return [issue];
    return plainIssues(only.map((each) => ({ ...each, path: [...issue.path, ...each.path] })));
  });
}
