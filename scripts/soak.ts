// `npm run soak`: the test files that hold tests too long for `npm test`, whole, with their brokers.

import { execFileSync } from "node:child_process";
import { root } from "./program.ts";

const files = execFileSync("git", ["grep", "-l", "inSoak", "--", "test/**/*.test.ts"], {
  cwd: root,
  encoding: "utf8",
});
process.env["MILLRACE_SOAK"] = "1";
process.argv.push(...files.trim().split("\n"));
await import("./test.ts");
