// The JSON Schema for editors of scenario files, made from the definition that reads them (src/sim/scenario-schema.ts).
// `npx node scripts/scenario-schema.ts` writes docs/millrace.scenario.schema.json anew; a test compares.

import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { scenarioSchemaText } from "../src/cli/scenario-editor-schema.ts";

writeFileSync(join(import.meta.dirname, "..", "docs", "millrace.scenario.schema.json"), scenarioSchemaText());
