// `npm run check`: types, lint, format, unused files, and the tidy test over the tree. The first four are also the first
// step of `npm test`, which runs the tidy test with all others.

import { runChecks } from "./checks.ts";
import { runTool } from "./program.ts";

const { failedCount } = await runChecks();
const tidyCode = await runTool("vitest", ["run", "test/tidy", "--project", "unit"]);
process.exitCode = failedCount === 0 && tidyCode === 0 ? 0 : 1;
