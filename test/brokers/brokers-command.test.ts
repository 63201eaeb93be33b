import { execFile } from "node:child_process";
import { join } from "node:path";
import { expect, test } from "vitest";

const command = join(import.meta.dirname, "..", "..", "scripts", "brokers", "cli.ts");

test.each([
  { given: ["up", "redis", "--port", "abc"], said: "--port abc is no port from 1 to 65535" },
  { given: ["up", "redis", "--port", "70000"], said: "--port 70000 is no port from 1 to 65535" },
  { given: ["up", "--port", "7000"], said: "--port is for one broker" },
  { given: ["up", "--bad"], said: "Unknown option '--bad'" },
  { given: ["up", "nats"], said: "no broker is called nats" },
])("the brokers' command refuses $given in a sentence, without a stack", async ({ given, said }) => {
  const { code, errorText } = await ran(given);
  expect(code).toBe(2);
  expect(errorText).toContain(`error: ${said}`);
  expect(errorText).toContain("usage: ");
  expect(errorText).not.toMatch(/^ +at /m);
});

function ran(given: readonly string[]): Promise<{ readonly code: number | null; readonly errorText: string }> {
  return new Promise((resolve) => {
    const child = execFile(process.execPath, [command, ...given], (_error, _output, errorText) =>
      resolve({ code: child.exitCode, errorText }),
    );
  });
}
