// `npm run example:brokers`: the brokers that can be had, the server with examples/brokers on them, and its producer, until Ctrl-C. A broker
// is, in this order: where its variable says; a server on this machine; a container of docker-compose.yml. What cannot be had is
// embedded, and said. `-- --embedded` starts none. Other words go to `millrace start`.

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { MillraceError } from "../src/errors.ts";
import type { BrokerName, RunningBroker } from "./brokers/broker.ts";
import { freePort } from "./brokers/free-port.ts";
import { startBroker } from "./brokers/start-broker.ts";
import { root } from "./program.ts";

interface Place {
  readonly variable: string;
  readonly name: BrokerName;
  /** What of the broker's address the configuration takes. */
  readonly valueOf: (broker: RunningBroker) => string;
}

/** Logins are in the configuration's secrets. */
const withoutLogin = ({ url }: RunningBroker): string => url.replace(/\/\/[^@/]*@/, "//");
const places: readonly Place[] = [
  { variable: "MILLRACE_REDIS_URL", name: "redis", valueOf: ({ url }) => url },
  { variable: "RABBITMQ_URL", name: "rabbitmq", valueOf: withoutLogin },
  { variable: "ACTIVEMQ_URL", name: "activemq", valueOf: withoutLogin },
  { variable: "KAFKA_SERVERS", name: "kafka", valueOf: ({ host, port }) => `${host}:${port}` },
  { variable: "MONGODB_URL", name: "mongodb", valueOf: ({ url }) => url },
];
const endpointAnswersWithinMs = 60_000;

const brokers: RunningBroker[] = [];
const children: ChildProcess[] = [];
let isEnding = false;

async function main(): Promise<number> {
  const words = process.argv.slice(2);
  const isEmbedded = words.includes("--embedded");
  const given = words.filter((word) => word !== "--embedded");
  const env: Record<string, string> = {};
  if (!isEmbedded) for (const place of places) Object.assign(env, await variableOf(place));
  if (isEnding) return 130;
  const port = await portOf(given);
  const folder = await mkdtemp(join(tmpdir(), "millrace-example-"));
  const configFile = join(root, "examples", "brokers", "millrace.config.ts");
  try {
    const own = ["--config", configFile, "--port", `${port}`];
    const state = given.includes("--state") ? [] : ["--state", folder];
    const server = start([join(root, "src", "cli", "bin.ts"), "start", ...own, ...state, ...given], env);
    const ended = once(server, "close");
    const endpoint = `http://127.0.0.1:${port}`;
    if (await doesAnswer(`${endpoint}/_millrace/ready`, server)) {
      // Kafka's client sets timers at negative times, of which Node 24 would warn between the lines.
      const words = ["--disable-warning=TimeoutNegativeWarning", join(root, "examples", "brokers", "producer.ts")];
      start(words, { ...env, AWS_ENDPOINT_URL: endpoint });
    }
    const [code] = await ended;
    return typeof code === "number" ? code : 1;
  } finally {
    for (const child of children) child.kill();
    await Promise.allSettled(brokers.map((broker) => broker.stop()));
    await rm(folder, { recursive: true, force: true });
  }
}

/** Empty: it is embedded. */
async function variableOf({ variable, name, valueOf }: Place): Promise<Readonly<Record<string, string>>> {
  const known = process.env[variable];
  if (known !== undefined && known !== "") {
    console.log(`${name}: at ${known}, by ${variable}`);
    return { [variable]: known };
  }
  if (isEnding) return {};
  try {
    const broker = await startBroker(name, {
      own: true,
      mayInstall: false,
      tell: (line) => console.log(`${name}: ${line}`),
    });
    brokers.push(broker);
    console.log(`${name}: at ${withoutLogin(broker)} (${broker.origin.kind})`);
    return { [variable]: valueOf(broker) };
  } catch (error) {
    if (!(error instanceof MillraceError) || error.code !== "broker-missing") throw error;
    console.log(`${name}: embedded, as ${error.message.replace(/^the tests need \w+: /, "").split("\n")[0]}`);
    return {};
  }
}

function start(words: readonly string[], env: Readonly<Record<string, string>>): ChildProcess {
  const child = spawn(process.execPath, words, { cwd: root, stdio: "inherit", env: { ...withoutPlaces(), ...env } });
  children.push(child);
  return child;
}

/** A variable that is set to nothing names no broker. */
function withoutPlaces(): NodeJS.ProcessEnv {
  const names = places.map(({ variable }) => variable);
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !names.includes(name)));
}

async function portOf(given: string[]): Promise<number> {
  const at = given.indexOf("--port");
  if (at === -1) return 4566;
  const [, port = ""] = given.splice(at, 2);
  return port === "0" ? await freePort() : Number(port);
}

async function doesAnswer(url: string, server: ChildProcess): Promise<boolean> {
  const deadlineMs = performance.now() + endpointAnswersWithinMs;
  while (performance.now() < deadlineMs && server.exitCode === null && server.signalCode === null) {
    const answer = await fetch(url).catch(() => null);
    await answer?.arrayBuffer();
    if (answer?.ok === true) return true;
    await sleep(100);
  }
  return false;
}

for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
  process.on(signal, () => {
    isEnding = true;
    // Ctrl-C has reached the server already, as it shares our terminal.
    if (signal !== "SIGINT" || !process.stdin.isTTY) for (const child of children) child.kill("SIGINT");
  });
}

process.exitCode = await main();
