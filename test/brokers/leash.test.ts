import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { expect, test } from "vitest";
import { startLeashed } from "../../scripts/brokers/child.ts";

const childModule = new URL("../../scripts/brokers/child.ts", import.meta.url).href;

test("a server ends, and its folder goes, when its parent is killed", async () => {
  const folder = await mkdtemp(join(tmpdir(), "millrace-leash-"));
  const server = join(folder, "server.mjs");
  const parent = join(folder, "parent.mjs");
  const data = await mkdtemp(join(folder, "data-"));
  await writeFile(server, 'process.on("SIGTERM", () => process.exit(0)); setInterval(() => {}, 1e6);');
  await writeFile(
    parent,
    `import { startLeashed } from ${JSON.stringify(childModule)};
     const server = await startLeashed(process.execPath, [${JSON.stringify(server)}], ${JSON.stringify(data)});
     console.log(server.processId);
     setInterval(() => {}, 1e6);`,
  );
  const child = spawn(process.execPath, [parent], { stdio: ["ignore", "pipe", "inherit"] });
  const [line] = await once(createInterface(child.stdout), "line");
  const serverProcessId = Number(line);
  expect(isAlive(serverProcessId)).toBe(true);
  child.kill("SIGKILL");
  await once(child, "close");
  await expect.poll(() => isAlive(serverProcessId), { timeout: 10_000 }).toBe(false);
  await expect.poll(() => existsSync(data), { timeout: 10_000 }).toBe(false);
  await rm(folder, { recursive: true });
});

test("stop ends a server, and a second stop does nothing", async () => {
  const server = await startLeashed("sleep", ["1000"], null);
  expect(server.isRunning()).toBe(true);
  await server.stop();
  expect(server.isRunning()).toBe(false);
  expect(isAlive(server.processId)).toBe(false);
  await server.stop();
});

function isAlive(processId: number): boolean {
  try {
    process.kill(processId, 0);
    return true;
  } catch {
    // No such process.
    return false;
  }
}
