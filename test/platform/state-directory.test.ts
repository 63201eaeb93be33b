import { existsSync } from "node:fs";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { MillraceError } from "../../src/errors.ts";
import { openStateDirectory, resetStateDirectory } from "../../src/platform/state-directory.ts";

const module = new URL("../../src/platform/state-directory.ts", import.meta.url).href;
const holder = `
  const { openStateDirectory } = await import(${JSON.stringify(module)});
  openStateDirectory(process.argv[1]);
  globalThis.gc();
  console.log("held");
  process.stdin.resume();
`;

function refusalOf(run: () => unknown): unknown {
  try {
    run();
  } catch (error) {
    return error instanceof MillraceError ? [error.code, error.message] : error;
  }
  return "not refused";
}

let dir: string;
beforeEach(async () => {
  dir = join(await mkdtemp(join(tmpdir(), "millrace-state-")), "state");
});
afterEach(() => rm(join(dir, ".."), { recursive: true, force: true }));

test("a folder that cannot be made is refused", () => {
  // Node's own recursive mkdir never comes back from there.
  expect(refusalOf(() => openStateDirectory("/proc/millrace/state"))).toEqual(["state-broken", expect.any(String)]);
});

test("the directory is made, locked with the owner's process id, and given back", async () => {
  const state = openStateDirectory(dir);
  expect(await readFile(join(dir, "lock"), "utf8")).toBe(`${process.pid}\n`);
  expect(await readFile(join(dir, "format"), "utf8")).toBe("millrace state 1\n");
  expect(state.storeFile.startsWith(dir)).toBe(true);
  state.announce("http://127.0.0.1:1");
  expect(await readFile(state.urlFile, "utf8")).toBe("http://127.0.0.1:1\n");
  state.close();
  const next = openStateDirectory(dir);
  expect(existsSync(next.urlFile)).toBe(false);
  next.announce("http://127.0.0.1:2");
  state.close();
  expect(await readFile(next.urlFile, "utf8")).toBe("http://127.0.0.1:2\n");
  next.close();
});

/** A child that holds the directory until it is killed. */
async function startHolder(): Promise<{ readonly pid: number | undefined; kill(): Promise<void> }> {
  const args = ["--expose-gc", "--input-type=module", "-e", holder, dir];
  const child = spawn(process.execPath, args, { stdio: ["pipe", "pipe", "inherit"] });
  const closed = once(child, "close");
  await once(child.stdout, "data");
  return {
    pid: child.pid,
    async kill() {
      child.kill("SIGKILL");
      await closed;
    },
  };
}

test("Y1: while another process holds it, it is refused by that process's id; once that one is killed, it is free", async () => {
  const child = await startHolder();
  const refusals = [0, 1, 2].map(() => refusalOf(() => openStateDirectory(dir)));
  const resetting = refusalOf(() => resetStateDirectory(dir));
  await child.kill();
  expect([...refusals, resetting]).toEqual(
    [0, 1, 2, 3].map(() => ["state-locked", expect.stringContaining(String(child.pid))]),
  );
  expect(await readFile(join(dir, "lock"), "utf8")).toBe(`${child.pid}\n`);
  const state = openStateDirectory(dir);
  expect(await readFile(join(dir, "lock"), "utf8")).toBe(`${process.pid}\n`);
  state.close();
});

test("Y2: a newer or unreadable format is refused, and the lock is given back", async () => {
  openStateDirectory(dir).close();
  await writeFile(join(dir, "format"), "millrace state 2\n");
  expect(() => openStateDirectory(dir)).toThrow(expect.objectContaining({ code: "state-version" }));
  await writeFile(join(dir, "format"), "something else");
  expect(() => openStateDirectory(dir)).toThrow(expect.objectContaining({ code: "state-broken" }));
  await writeFile(join(dir, "format"), "millrace state 1\n");
  openStateDirectory(dir).close();
});

test("Y3: a reset takes what is ours and leaves what is not", async () => {
  const state = openStateDirectory(dir);
  await mkdir(join(state.journalDir, "poller-0"), { recursive: true });
  await mkdir(join(state.bucketRoot, "failures"), { recursive: true });
  for (const suffix of ["", "-wal", "-shm"]) await writeFile(`${state.storeFile}${suffix}`, "");
  await writeFile(join(dir, "notes.txt"), "mine");
  state.close();
  resetStateDirectory(dir);
  expect((await readdir(dir)).filter((name) => !name.startsWith("lock"))).toEqual(["format", "notes.txt"]);
});

test("a path that cannot be a directory is refused with a code", async () => {
  await mkdir(join(dir, ".."), { recursive: true });
  await writeFile(dir, "a file");
  expect(() => openStateDirectory(dir)).toThrow(expect.objectContaining({ code: "state-broken" }));
});
