// `npm run build`: compiles `src` and `workers` to `dist` as ESM with types, for Node 22.18 and newer, and checks that what
// package.json promises is there. Pages for a browser are bundled; nothing else is: a worker's file in `dist` lies where `src/threads/entries.ts` looks.

import { chmod, mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { bundledPage } from "../src/dashboard/page-files.ts";
import { root, runTool } from "./program.ts";

const dist = join(root, "dist");
await rm(dist, { recursive: true, force: true });
const code = await runTool("tsc", ["--project", "tsconfig.build.json"]);
if (code !== 0) process.exit(code);

for (const name of ["dashboard", "report"]) {
  const { script, style } = await bundledPage(join(root, "src", "page", name, "main.tsx"));
  await mkdir(join(dist, "src", "page"), { recursive: true });
  await writeFile(join(dist, "src", "page", `${name}.js`), script);
  await writeFile(join(dist, "src", "page", `${name}.css`), style);
}

const manifest = JSON.parse(await readFile(join(root, "package.json"), "utf8")) as {
  readonly bin: Readonly<Record<string, string>>;
};
for (const command of Object.values(manifest.bin)) {
  const path = join(root, command);
  const text = await readFile(path, "utf8");
  if (!text.startsWith("#!/usr/bin/env node\n")) throw new Error(`${command} does not start with #!/usr/bin/env node`);
  await chmod(path, 0o755);
}
process.exitCode = await runTool("publint", ["--strict"]);
