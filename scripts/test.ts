// `npm test`: the checks while brokers come up, then all tests, then brokers down, also when it is interrupted. The last line is
// `N passed, M failed`, where a check counts as a test. `npm test -- PATTERN…` hands its words to vitest and leaves the
// checks out, and says so. `--without-clients` leaves the tests out that run boto3 and the AWS CLI, and says so too. So it does of
// tests that need a real server which cannot be had here, where a stand-in takes its place in the others.

import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { MillraceError } from "../src/errors.ts";
import type { BrokerKind, RunningBroker, StandIn } from "./brokers/broker.ts";
import { brokerKinds, startBroker } from "./brokers/start-broker.ts";
import { chromiumFile } from "./browser/chromium.ts";
import { ClientsMissing, pythonClients } from "./clients/python-clients.ts";
import { runChecks } from "./checks.ts";
import { runTool, signalTools } from "./program.ts";
import { countTests, skippedLines, type TestCounts } from "./test-counts.ts";

const WITHOUT_CLIENTS = "--without-clients";
const brokers: RunningBroker[] = [];
/** Of brokers that could not be had, and why. */
const stoodIn: { readonly standIn: StandIn; readonly why: string }[] = [];
let isInterrupted = false;

for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
  process.on(signal, () => {
    // The second one ends us at once; the brokers' leashes then end them.
    if (isInterrupted) process.exit(130);
    isInterrupted = true;
    console.error(`\n${signal}: stopping the tests and their brokers; once more to stop at once`);
    // Ctrl-C has reached vitest already, as it shares our terminal; any other signal has not.
    if (signal !== "SIGINT" || !process.stdin.isTTY) signalTools("SIGINT");
  });
}

async function main(): Promise<number> {
  const words = process.argv.slice(2);
  const filters = words.filter((word) => word !== WITHOUT_CLIENTS);
  const areClientsLeftOut = words.includes(WITHOUT_CLIENTS);
  if (areClientsLeftOut) process.env["MILLRACE_TEST_WITHOUT_CLIENTS"] = "1";
  if (filters.length > 0) console.log("checks left out, as only some tests were asked for (npm run check runs them)");
  const { checks, tests } = await checkedAndTested(filters, areClientsLeftOut);
  const passedCount = checks.passedCount + tests.passedCount;
  const failedCount = checks.failedCount + tests.failedCount;
  if (areClientsLeftOut) console.log(`did not run: test/clients, by ${WITHOUT_CLIENTS}`);
  for (const line of skippedLines(tests.skippedNames, stoodIn)) console.log(line);
  console.log(`${passedCount} passed, ${failedCount} failed`);
  if (isInterrupted) return 130;
  return failedCount === 0 && passedCount > 0 ? 0 : 1;
}

/** Checks compute while brokers, which wait more than they compute, start beside them. */
async function checkedAndTested(filters: readonly string[], areClientsLeftOut: boolean) {
  try {
    const [checks, areBrokersUp] = await Promise.all([
      filters.length === 0 ? runChecks() : { passedCount: 0, failedCount: 0 },
      allUp(filters),
      areClientsLeftOut ? null : clientsUp(filters),
    ]);
    return { checks, tests: areBrokersUp && !isInterrupted ? await runTests(filters) : countTests(null, 1) };
  } finally {
    await Promise.allSettled(brokers.map((broker) => broker.stop()));
  }
}

async function runTests(filters: readonly string[]): Promise<TestCounts> {
  const folder = await mkdtemp(join(tmpdir(), "millrace-test-"));
  try {
    const reportFile = join(folder, "report.json");
    process.env["MILLRACE_TEST_REPORT"] = reportFile;
    const exitCode = await runTool("vitest", ["run", ...filters]);
    return countTests(await readFile(reportFile, "utf8").catch(() => null), exitCode);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Says early what the tests of clients will fail by where they cannot be had; the others run all the same. */
async function clientsUp(filters: readonly string[]): Promise<void> {
  if (filters.length > 0 && !filters.some((filter) => filter.includes("clients"))) return;
  try {
    const { versions } = await pythonClients((line) => console.log(`clients: ${line}`));
    console.log(`clients: ${versions}`);
  } catch (error) {
    if (!(error instanceof ClientsMissing)) throw error;
    console.error(`error: ${error.message}\nhelp: ${error.help}`);
  }
}

/** One after the other, as each may install packages. */
async function allUp(filters: readonly string[]): Promise<boolean> {
  const areBrokersUp = await brokersUp();
  await browserUp(filters);
  return areBrokersUp;
}

/** Says early what the tests of pages will fail by where no browser can be had. */
async function browserUp(filters: readonly string[]): Promise<void> {
  if (filters.length > 0 && !filters.some((filter) => filter.includes("page"))) return;
  try {
    console.log(`browser: ${await chromiumFile((line) => console.log(`browser: ${line}`))}`);
  } catch (error) {
    if (!(error instanceof MillraceError)) throw error;
    console.error(`error: ${error.message}\nhelp: ${error.help}`);
  }
}

/** False, with the ways to mend it told for each of them, if a broker that the tests need cannot be had. */
async function brokersUp(): Promise<boolean> {
  let areAllUp = true;
  for (const kind of Object.values(brokerKinds)) {
    const startedMs = performance.now();
    try {
      const broker = await startBroker(kind.name, { tell: (line) => console.log(`broker: ${line}`) });
      brokers.push(broker);
      process.env[kind.variable] = broker.url;
      const tookMs = Math.round(performance.now() - startedMs);
      console.log(`broker: ${kind.name} answers at port ${broker.port} (${broker.origin.kind}, ${tookMs} ms)`);
    } catch (error) {
      if (!(error instanceof MillraceError)) throw error;
      if (mayBeStoodInFor(kind)) {
        stoodIn.push({ standIn: kind.standIn, why: error.message });
        console.log(`broker: ${kind.standIn.called} takes the place of ${kind.name}, as ${error.message}`);
      } else {
        console.error(`error: ${error.message}${error.help === null ? "" : `\nhelp: ${error.help}`}`);
        areAllUp = false;
      }
    }
    if (isInterrupted) return false;
  }
  return areAllUp;
}

/** An address that somebody gave is meant: that nobody answers there is an error. */
function mayBeStoodInFor(kind: BrokerKind): kind is BrokerKind & { readonly standIn: StandIn } {
  return kind.standIn !== undefined && (process.env[kind.variable] ?? "") === "";
}

process.exitCode = await main();
