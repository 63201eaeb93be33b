// The JSON Schema for editors of load plans, made from the definition that reads them (src/wiring/load/plan-schema.ts).
// `npx node scripts/load-schema.ts` writes docs/millrace.load.schema.json anew; a test compares.

import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { planSchemaText } from "../src/cli/load/plan-editor-schema.ts";

writeFileSync(join(import.meta.dirname, "..", "docs", "millrace.load.schema.json"), planSchemaText());
