// What no single setting of a function can tell: it has a handler or an endpoint, and an endpoint takes nothing that only our own
// threads could carry out.

import type { Path } from "./config-document.ts";
import type { Flaw } from "./config-errors.ts";
import type { ConfigInput } from "./config-schema.ts";
import { valueAt } from "./schema-flaws.ts";

/** Settings of a function's thread. */
const OF_THREADS = ["bundle", "Environment", "MemorySize", "Runtime"] as const;

/** `written` is the file's own value: what stands there, and what is only a default. */
export function functionFlaws({ functions }: ConfigInput, written: unknown): readonly Flaw[] {
  return Object.entries(functions).flatMap(([name, each]) => {
    const path = ["functions", name];
    if (each.url === undefined) return handlerFlaws(each, path);
    const both =
      each.Handler === undefined
        ? []
        : [
            flaw(
              [...path, "Handler"],
              "a function has `Handler` or `url`, not both",
              "name",
              "take one of the two away",
            ),
          ];
    const idle = OF_THREADS.filter((member) => valueAt(written, [...path, member]) !== undefined).map((member) =>
      flaw([...path, member], `\`${member}\` is for functions with \`Handler\``, "name", idleHelp(member)),
    );
    return [...both, ...idle];
  });
}

function handlerFlaws(each: ConfigInput["functions"][string], path: Path): readonly Flaw[] {
  const idle =
    each.name === undefined
      ? []
      : [flaw([...path, "name"], "`name` is for functions with `url`", "name", "url: http://127.0.0.1:9000")];
  if (each.Handler !== undefined) return idle;
  const what = `\`Handler\`, or \`url\`, is missing in ${path.join(".")}`;
  return [flaw(path, what, "name", "Handler: dir/file.export", "needs Handler or url"), ...idle];
}

const idleHelp = (member: string): string =>
  `take it away: what answers at \`url\` has ${member === "bundle" ? "code" : "settings"} of its own`;

function flaw(path: Path, what: string, part: Flaw["part"], help: string, label = ""): Flaw {
  return { code: "config-invalid", what, path, part, label, help };
}
