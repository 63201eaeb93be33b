// RabbitMQ as a test broker: its files, its address, and how to tell that it is ready. Finding and keeping the server is left to
// `start-broker.ts`. Several run beside one another: each has a folder and a cookie of its own, and a fixed port for Erlang's own
// traffic, so that no port mapper (epmd) is started, which would outlive them all.

import { existsSync } from "node:fs";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { connect } from "amqplib";
import type { BrokerKind, BrokerOptions, LaunchPlan } from "./broker.ts";
import { createCertificates } from "./certificates.ts";
import { freePort } from "./free-port.ts";

const answerWithinMs = 5_000;
/** Debian's program on the PATH changes the user first, and then has no right to our folder; this is the one it calls. */
const debianServer = "/usr/lib/rabbitmq/bin/rabbitmq-server";
const usualUser = { user: "guest", password: "guest" };

export const rabbitmq: BrokerKind = {
  name: "rabbitmq",
  variable: "MILLRACE_TEST_RABBITMQ_URL",
  binaries: () => ["rabbitmq-server"],
  debianPackages: ["rabbitmq-server"],
  usualPort: 5672,
  // 4 s to 6 s on two free cores, most of it Erlang loading its code.
  readyWithinMs: 90_000,
  otherWays: ["brew install rabbitmq", "docker compose up -d --wait rabbitmq"],
  composeService: "rabbitmq",
  composePortVariable: "MILLRACE_RABBITMQ_PORT",
  plan: planRabbitMq,
  plainUrl: (host, port) => `amqp://guest:guest@${host}:${port}`,
  ask: logIn,
};

async function planRabbitMq(
  binaryPath: string,
  folder: string,
  port: number,
  options: BrokerOptions,
): Promise<LaunchPlan> {
  const { user, password } = options.acl ?? usualUser;
  const certificates = options.tls === true ? await createCertificates(folder) : null;
  const file = (name: string) => join(folder, name);
  const lines = [
    `load_definitions = ${file("definitions.json")}`,
    "log.file = false",
    "log.console = true",
    "log.console.level = warning",
    // Its own figures are shares of the machine's memory and disk, of which a test run has no idea.
    "vm_memory_high_watermark.absolute = 1GB",
    "disk_free_limit.absolute = 50MB",
  ];
  if (certificates === null) {
    lines.push(`listeners.tcp.1 = 127.0.0.1:${port}`);
  } else {
    lines.push("listeners.tcp = none", `listeners.ssl.1 = 127.0.0.1:${port}`);
    lines.push(
      `ssl_options.certfile = ${certificates.certificateFile}`,
      `ssl_options.keyfile = ${certificates.keyFile}`,
    );
    lines.push(`ssl_options.cacertfile = ${certificates.caFile}`, "ssl_options.verify = verify_none");
  }
  if (options.consumerTimeoutMs !== undefined) lines.push(`consumer_timeout = ${options.consumerTimeoutMs}`);
  const virtualHosts = ["/", ...(options.virtualHosts ?? [])];
  await writeFile(file("definitions.json"), definitions(user, password, virtualHosts), { mode: 0o600 });
  await writeFile(file("rabbitmq.conf"), `${lines.join("\n")}\n`);
  await writeFile(file("enabled_plugins"), "[].\n");
  await mkdir(file("log"), { recursive: true });

  const host = certificates === null ? "127.0.0.1" : "localhost";
  const scheme = certificates === null ? "amqp" : "amqps";
  const url = `${scheme}://${encodeURIComponent(user)}:${encodeURIComponent(password)}@${host}:${port}`;
  const caFile = certificates?.caFile ?? null;
  return {
    command: existsSync(debianServer) ? debianServer : binaryPath,
    commandArguments: [],
    environment: environmentOf(folder, await freePort()),
    url,
    host,
    port,
    caFile,
    ask: () => logIn(url, caFile),
  };
}

function environmentOf(folder: string, erlangPort: number): Record<string, string> {
  const node = "rabbit@localhost";
  return {
    // Where Erlang keeps the cookie.
    HOME: folder,
    // With this the script becomes the server instead of waiting for it, so the process id is the server's own; `-noinput` takes back what
    // the variable says.
    RABBITMQ_ALLOW_INPUT: "1",
    RABBITMQ_NODENAME: node,
    RABBITMQ_SERVER_START_ARGS: `-noinput -sname ${node} -start_epmd false -erl_epmd_port ${erlangPort} -kernel inet_dist_use_interface {127,0,0,1}`,
    RABBITMQ_CONF_ENV_FILE: join(folder, "no-such-file"),
    RABBITMQ_CONFIG_FILE: join(folder, "rabbitmq.conf"),
    RABBITMQ_ADVANCED_CONFIG_FILE: join(folder, "no-such-file"),
    RABBITMQ_ENABLED_PLUGINS_FILE: join(folder, "enabled_plugins"),
    RABBITMQ_MNESIA_BASE: join(folder, "data"),
    RABBITMQ_LOG_BASE: join(folder, "log"),
    RABBITMQ_PID_FILE: join(folder, "pid"),
  };
}

function definitions(user: string, password: string, virtualHosts: readonly string[]): string {
  return JSON.stringify({
    users: [{ name: user, password, tags: "administrator" }],
    vhosts: virtualHosts.map((name) => ({ name })),
    permissions: virtualHosts.map((vhost) => ({ user, vhost, configure: ".*", write: ".*", read: ".*" })),
  });
}

/** A whole login, down to the virtual host: what is bound but still loading refuses it. */
async function logIn(address: string, caFile: string | null): Promise<void> {
  const ca = caFile === null ? {} : { ca: [await readFile(caFile)] };
  const connection = await connect(address, { ...ca, timeout: answerWithinMs });
  await connection.close();
}
