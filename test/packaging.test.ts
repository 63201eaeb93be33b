// What we publish, as a user gets it: packed, installed into an empty folder without running anybody's install scripts, and
// started there. Slow, as it compiles and installs once; all tests here share that.

import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { cp, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import {
  type ChangeRecord,
  poisonedBy,
  recordedRun,
  recordedTableRun,
  type TableChange,
} from "./recording/recorded-world.ts";

const runQuietly = promisify(execFile);
const root = join(import.meta.dirname, "..");
const installWithinMs = 180_000;

let folder = "";
let app = "";
let command = "";

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "millrace-package-"));
  await run("npm", ["pack", "--pack-destination", folder], { cwd: root });
  const tarball = (await readdir(folder)).find((name) => name.endsWith(".tgz")) ?? "";
  app = join(folder, "app");
  await mkdir(app);
  await writeFile(join(app, "package.json"), JSON.stringify({ name: "app", private: true, type: "module" }));
  await run("npm", ["install", "--ignore-scripts", "--no-save", join(folder, tarball)], { cwd: app });
  command = join(app, "node_modules", ".bin", "millrace");
}, installWithinMs);

/** As a shell would: what the program wrote is in the error, as npm writes to one stream and the compiler to the other. */
async function run(file: string, words: readonly string[], options: { readonly cwd?: string } = {}) {
  try {
    return await runQuietly(file, words, options);
  } catch (error) {
    const wrote = error instanceof Error && "stdout" in error ? `\n${String(error.stdout)}` : "";
    throw new Error(`${String(error)}${wrote}`, { cause: error });
  }
}

afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});

test("the installed command says its version", async () => {
  const manifest = JSON.parse(await readFile(join(root, "package.json"), "utf8"));
  const { stdout } = await run("npx", ["millrace", "--version"], { cwd: app });
  expect(stdout.trim()).toContain(manifest.version);
});

test("the installed load tester simulates a plan and writes its report as one file that needs no other", async () => {
  const words = [
    "load",
    "--source",
    "kinesis:orders",
    "--rate",
    "100",
    "--for",
    "2s",
    "--took",
    "5ms",
    "--report",
    "load.html",
  ];
  const { stdout } = await run(command, words, { cwd: app });
  expect(stdout).toContain("report  load.html");
  const html = await readFile(join(app, "load.html"), "utf8");
  expect(html).toContain('"sentCount":200');
  expect(html).not.toMatch(/(?:src|href)="(?!data:)/);
});

test("the installed server says when it is ready, answers, and ends cleanly on Ctrl-C", async () => {
  const server = spawn(command, ["start", "--port", "0", "--state", join(app, "state")], {
    cwd: app,
    stdio: ["ignore", "pipe", "pipe"],
  });
  const ended = once(server, "close");
  let said = "";
  server.stderr.on("data", (chunk: Buffer) => (said += chunk.toString()));
  const address = await new Promise<string>((resolve, reject) => {
    createInterface(server.stdout).on("line", (line) => {
      said += `${line}\n`;
      const match = /^ready (http:\/\/\S+)/.exec(line) ?? /\bready\s+(http:\/\/\S+)/.exec(line);
      if (match?.[1] !== undefined) resolve(match[1]);
    });
    void ended.then(() => reject(new Error(`it ended before it was ready:\n${said}`)));
  });
  const answer = await fetch(new URL("/2015-03-31/event-source-mappings/", address));
  expect(await answer.json()).toMatchObject({ EventSourceMappings: [] });
  // Tables are kept by a prebuilt binary, which no install script has touched.
  const tables = await fetch(address, {
    method: "POST",
    headers: { "content-type": "application/x-amz-json-1.0", "x-amz-target": "DynamoDB_20120810.ListTables" },
    body: "{}",
  });
  expect(await tables.json()).toEqual({ TableNames: [] });
  // The page was made by the build: what bundles it in a checkout is not installed.
  const page = await fetch(new URL("/_millrace/", address));
  expect(await page.text()).toContain("/_millrace/dashboard.js");
  const script = await fetch(new URL("/_millrace/dashboard.js", address));
  expect(script.status).toBe(200);
  expect((await script.text()).length).toBeGreaterThan(50_000);
  server.kill("SIGINT");
  expect(await ended, said).toEqual([0, null]);
});

test("an installed server runs a handler in TypeScript on what an installed `send` has sent", async () => {
  const cwd = join(folder, "handling");
  await mkdir(cwd);
  const mapping = { EventSourceArn: "kinesis:orders", FunctionName: "f", StartingPosition: "TRIM_HORIZON" };
  const config = { functions: { f: { Handler: "f.main" } }, streams: { orders: {} }, mappings: [mapping] };
  await writeFile(join(cwd, "millrace.config.json"), JSON.stringify(config));
  await writeFile(
    join(cwd, "f.ts"),
    "enum Word { Seen = 'seen' }\nexport const main = async (event: { Records: object[] }) => console.log(Word.Seen, event.Records.length);\n",
  );
  const server = spawn(command, ["start", "--port", "0"], { cwd, stdio: ["ignore", "pipe", "pipe"] });
  const ended = once(server, "close");
  let said = "";
  let look = (): void => undefined;
  const take = (chunk: Buffer): void => {
    said += chunk.toString();
    look();
  };
  server.stdout.on("data", take);
  server.stderr.on("data", take);
  const line = (pattern: RegExp): Promise<string> =>
    new Promise((resolve, reject) => {
      look = () => {
        const found = pattern.exec(said);
        if (found !== null) resolve(found[1] ?? found[0]);
      };
      look();
      void ended.then(() => reject(new Error(`it ended without ${String(pattern)}:\n${said}`)));
    });
  const endpoint = await line(/^ready (http:\/\/\S+)$/m);
  const { stdout } = await run(command, ["send", "orders", "--endpoint", endpoint], { cwd });
  expect(stdout).toMatch(/^sent 1 record to orders: 1 to shard 0/);
  await line(/ seen 1$/m);
  server.kill("SIGINT");
  expect(await ended, said).toEqual([0, null]);
});

/** A project's own vitest. */
async function vitest(cwd: string) {
  const linked = join(app, "node_modules", "vitest");
  if (!existsSync(linked)) await symlink(join(root, "node_modules", "vitest"), linked);
  return run(process.execPath, [join(root, "node_modules", "vitest", "vitest.mjs"), "run"], { cwd });
}

test("a test that --shrink writes passes beside the installed package while the handler fails, and not once it is mended", async () => {
  const cwd = join(app, "shrunk");
  await mkdir(cwd);
  await writeFile(join(cwd, "package.json"), JSON.stringify({ name: "shrunk", private: true, type: "module" }));
  const texts = Array.from({ length: 12 }, (_, index) => `text ${index + 1}`);
  await writeFile(join(cwd, "run.mrec"), await recordedRun(texts, poisonedBy("text 9")));
  const handler = (body: string) => `export const handler = (event) => {
  for (const { kinesis } of event.Records) if (atob(kinesis.data) === "text 9") ${body}
};
`;
  await writeFile(join(cwd, "orders.mjs"), handler('throw new Error("no");'));
  const words = ["replay", "run.mrec", "--shrink", "given-up r9", "--handler", "orders.mjs", "--out", "nine.test.ts"];
  const { stdout } = await run(command, words, { cwd });
  expect(stdout).toContain("saved   nine.test.ts");
  expect((await vitest(cwd)).stdout).toMatch(/Tests .*1 passed/);
  await writeFile(join(cwd, "orders.mjs"), handler("continue;"));
  await expect(vitest(cwd)).rejects.toThrow(/expect\.given_up|1 failed/);
}, 120_000);

test("one of a table's recording holds the change itself, and passes beside the installed package", async () => {
  const cwd = join(app, "shrunk-table");
  await mkdir(cwd);
  await writeFile(join(cwd, "package.json"), JSON.stringify({ name: "shrunk-table", private: true, type: "module" }));
  const changes = ["a", "b", "c"].map((id): TableChange => {
    const keys = { id: { S: id } };
    return { eventName: "INSERT", keys, newImage: keys, oldImage: null, viewType: "NEW_IMAGE" };
  });
  const isBad = ({ dynamodb }: ChangeRecord): boolean => dynamodb.Keys["id"]?.["S"] === "b";
  await writeFile(join(cwd, "run.mrec"), await recordedTableRun(changes, isBad));
  await run(command, ["replay", "run.mrec", "--shrink", "given-up r2", "--out", "two.test.ts"], { cwd });
  expect(await readFile(join(cwd, "two.test.ts"), "utf8")).toContain('"change":{"eventName":"INSERT"');
  expect((await vitest(cwd)).stdout).toMatch(/Tests .*1 passed/);
}, 120_000);

test("the example's tests run against the installed package", async () => {
  const cwd = join(app, "testing");
  await cp(join(root, "examples", "testing"), cwd, { recursive: true });
  const { stdout } = await vitest(cwd);
  expect(stdout).toMatch(/Tests .*5 passed/);
}, 60_000);

test("the package's types hold in a strict project", async () => {
  await writeFile(
    join(app, "tsconfig.json"),
    JSON.stringify({
      compilerOptions: {
        module: "nodenext",
        target: "es2023",
        lib: ["es2024", "dom"],
        strict: true,
        noEmit: true,
        types: [],
      },
      files: ["use.ts"],
    }),
  );
  await writeFile(
    join(app, "use.ts"),
    `import * as millrace from "millrace";
import type { ConfigFile } from "millrace";
export const names = Object.keys(millrace);
export default { functions: { f: { Handler: "f.main", Timeout: 5 } }, streams: { orders: {} } } satisfies ConfigFile;
`,
  );
  const tsc = join(root, "node_modules", "typescript", "bin", "tsc");
  await expect(run(process.execPath, [tsc, "--project", app])).resolves.toMatchObject({ stdout: "" });
});

test("no dependency of users has an install script, but classic-level, esbuild and protobufjs, which work without theirs", async () => {
  const lock = JSON.parse(await readFile(join(root, "package-lock.json"), "utf8"));
  const packages = Object.entries<{ hasInstallScript?: true; dev?: true; optional?: true }>(lock.packages);
  const withScript = packages.filter(([, entry]) => entry.hasInstallScript === true && entry.dev !== true);
  expect(withScript.filter(([, entry]) => entry.optional !== true).map(([path]) => path)).toEqual([
    "node_modules/classic-level",
    "node_modules/esbuild",
    "node_modules/protobufjs",
  ]);
  const esbuild = await run(
    process.execPath,
    ["--input-type=module", "-e", 'import { transform } from "esbuild"; console.log((await transform("a  ;")).code)'],
    { cwd: app },
  );
  expect(esbuild.stdout.trim()).toBe("a;");
});
