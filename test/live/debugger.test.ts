// A breakpoint in a handler: a real inspector client, a process of its own, the user's TypeScript.

import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";
import { type Running, startCommand } from "../cli/run-command.ts";
import { kinesisAt, put } from "./support/aws-clients.ts";
import { attachDebugger, type DebuggerClient } from "./support/debugger-client.ts";
import { aFolder } from "./support/live-server.ts";

const TIMEOUT_SECONDS = 1;

const handler = `import { appendFileSync } from "node:fs";

interface Event {
  readonly Records: readonly { readonly kinesis: { readonly data: string } }[];
}

type Left = { getRemainingTimeInMillis(): number };

export async function handle(event: Event, context: Left): Promise<void> {
  const texts: readonly string[] = event.Records.map(({ kinesis }) => atob(kinesis.data));
  const leftMs: number = context.getRemainingTimeInMillis();
  appendFileSync(process.env["DIARY"] ?? "", \`\${texts.join(",")} \${leftMs > 0}\\n\`);
}

export async function stopping(event: Event): Promise<void> {
  debugger;
  await Promise.resolve(event);
}
`;

const lineOf = (text: string): number => handler.split("\n").findIndex((line) => line.includes(text)) + 1;

interface Debugged {
  readonly running: Running;
  readonly diary: () => readonly string[];
}

function started(flags: readonly string[], exportName = "handle"): Debugged {
  const folder = aFolder();
  const diary = join(folder, "diary.txt");
  mkdirSync(join(folder, "handlers"));
  writeFileSync(join(folder, "handlers", "held.ts"), handler);
  const functions = {
    held: {
      Handler: `handlers/held.${exportName}`,
      Timeout: TIMEOUT_SECONDS,
      Environment: { Variables: { DIARY: diary } },
    },
  };
  const mapping = { EventSourceArn: "kinesis:orders", FunctionName: "held", StartingPosition: "TRIM_HORIZON" };
  const members = { streams: { orders: {} }, functions, mappings: [{ ...mapping, MaximumRecordAgeInSeconds: 60 }] };
  writeFileSync(join(folder, "millrace.config.json"), JSON.stringify(members));
  const running = startCommand(folder, ["start", "--port", "0", "--json", ...flags]);
  return { running, diary: () => (existsSync(diary) ? readFileSync(diary, "utf8").trim().split("\n") : []) };
}

interface Shown {
  readonly url: string;
  readonly text: string;
}

const shown = async ({ running }: Debugged, kind: string): Promise<Shown> =>
  JSON.parse(await running.line(new RegExp(`"kind":"${kind}"`))) as Shown;

async function attached(debugged: Debugged): Promise<{ readonly client: DebuggerClient; readonly url: string }> {
  const { url } = await shown(debugged, "ready");
  const { text } = await shown(debugged, "inspect");
  return { url, client: await attachDebugger(urlIn(text)) };
}

const urlIn = (text: string): string => /ws:[^\s;]+/.exec(text)?.[0] ?? "";

test("with --debug a breakpoint in TypeScript holds a handler for longer than its time-out, and its batch is delivered once", async () => {
  const debugged = started(["--inspect=0", "--debug"]);
  const { client, url } = await attached(debugged);
  expect((await shown(debugged, "debug")).text).toContain("time-outs");
  client.breakAt("handlers/held.ts", lineOf("const leftMs"));
  await put(kinesisAt(url), "orders", ["first", "second"]);

  const pause = await client.paused();
  expect(pause.source).toMatch(/handlers\/held\.ts$/);
  expect(pause.line).toBe(lineOf("const leftMs"));
  const texts: unknown = await client.evaluate(pause, "texts.join()");
  await sleep(1_500 * TIMEOUT_SECONDS); // Nothing happens by which one could tell that the time-out has passed.
  expect(debugged.diary()).toEqual([]);
  await client.resume(pause);

  await debugged.running.line(/"kind":"decided".*"outcome":"ok"/);
  expect(debugged.diary()).toEqual([`${String(texts)} true`]);
  debugged.running.signal("SIGINT");
  const { code, out } = await debugged.running.ended;
  expect(code).toBe(0);
  expect(out.split("\n").filter((line) => line.includes('"kind":"invoked"')).length).toBe(1);
});

test("without --debug the same pause counts against the time-out", async () => {
  const debugged = started(["--inspect=0"]);
  const { client, url } = await attached(debugged);
  client.breakAt("handlers/held.ts", lineOf("const leftMs"));
  await put(kinesisAt(url), "orders", ["first"]);
  await client.paused();
  const decided = await debugged.running.line(/"kind":"decided"/);
  expect(decided).toContain('"outcome":"timed out"');
});

test("with --inspect-brk nothing starts before the debugger says go, and a debugger statement stops", async () => {
  const debugged = started(["--inspect-brk=0", "--debug"], "stopping");
  const client = await attachDebugger(urlIn(await debugged.running.errorLine(/ws:/)));
  await client.go();
  const { url } = await shown(debugged, "ready");
  await put(kinesisAt(url), "orders", ["first"]);
  const pause = await client.paused();
  expect(pause.line).toBe(lineOf("debugger;"));
  expect(client.threads().some((name) => name.includes("poller-0"))).toBe(true);

  // A stop by force ends a thread that stands at a breakpoint.
  debugged.running.signal("SIGINT");
  await debugged.running.line(/"kind":"stopping"/);
  await sleep(600); // One that comes at once counts as the same.
  debugged.running.signal("SIGINT");
  expect((await debugged.running.ended).code).toBeNull(); // By the signal itself: a shell says 130.
});

test("an inspector's port that is taken is told with the way out", async () => {
  const debugged = started(["--inspect=0"]);
  const { text } = await shown(debugged, "inspect");
  const port = /:(\d+)\//.exec(text)?.[1] ?? "";
  const { code, error } = await started([`--inspect=${port}`]).running.ended;
  expect(code).toBe(3);
  expect(error).toContain("port-taken");
  expect(error).toContain("--inspect=0");
});
