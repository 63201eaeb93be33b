// Redis as a test broker: its configuration file, its address, and how to tell that it is ready. Finding and keeping the
// server is left to `start-broker.ts`. The few bytes of its protocol are spoken here so that no client library is needed.

import { readFile, writeFile } from "node:fs/promises";
import { connect as connectPlain, type Socket } from "node:net";
import { join } from "node:path";
import { connect as connectTls } from "node:tls";
import { createCertificates } from "./certificates.ts";
import type { AclUser, BrokerKind, BrokerOptions, LaunchPlan } from "./broker.ts";

const answerWithinMs = 2_000;

export const redis: BrokerKind = {
  name: "redis",
  variable: "MILLRACE_TEST_REDIS_URL",
  binaries: () => ["redis-server"],
  debianPackages: ["redis-server"],
  usualPort: 6379,
  readyWithinMs: 20_000,
  otherWays: ["brew install redis", "dnf install redis", "docker compose up -d redis"],
  composeService: "redis",
  composePortVariable: "MILLRACE_REDIS_PORT",
  plan: planRedis,
  plainUrl: (host, port) => `redis://${host}:${port}`,
  ask: pingRedis,
};

async function planRedis(
  binaryPath: string,
  folder: string,
  port: number,
  options: BrokerOptions,
): Promise<LaunchPlan> {
  const isTls = options.tls === true;
  const certificates = isTls ? await createCertificates(folder) : null;
  const lines = [
    "bind 127.0.0.1",
    "daemonize no",
    'logfile ""',
    `dir ${quote(folder)}`,
    'save ""',
    `appendonly ${options.durable === true ? "yes" : "no"}`,
    // As BullMQ asks for, and because a broker that drops keys silently would make a lost record look like ours.
    "maxmemory-policy noeviction",
  ];
  if (certificates === null) {
    lines.push(`port ${port}`);
  } else {
    lines.push("port 0", `tls-port ${port}`, "tls-auth-clients no");
    lines.push(`tls-cert-file ${quote(certificates.certificateFile)}`, `tls-key-file ${quote(certificates.keyFile)}`);
    lines.push(`tls-ca-cert-file ${quote(certificates.caFile)}`);
  }
  if (options.acl !== undefined) lines.push("user default off", aclLine(options.acl));
  const configFile = join(folder, "redis.conf");
  await writeFile(configFile, `${lines.join("\n")}\n`, { mode: 0o600 });

  const host = isTls ? "localhost" : "127.0.0.1";
  const login =
    options.acl === undefined
      ? ""
      : `${encodeURIComponent(options.acl.user)}:${encodeURIComponent(options.acl.password)}@`;
  const url = `${isTls ? "rediss" : "redis"}://${login}${host}:${port}`;
  const caFile = certificates?.caFile ?? null;
  return {
    command: binaryPath,
    commandArguments: [configFile],
    url,
    host,
    port,
    caFile,
    ask: () => pingRedis(url, caFile),
  };
}

function aclLine(acl: AclUser): string {
  const keys = (acl.keys ?? ["*"]).map((pattern) => `~${pattern}`).join(" ");
  return `user ${acl.user} on >${acl.password} ${keys} &* ${acl.commands ?? "+@all"}`;
}

function quote(path: string): string {
  return `"${path.replaceAll("\\", "\\\\").replaceAll('"', '\\"')}"`;
}

/** Logs in if the address says so, and asks for PONG. Rejects with what came instead. */
async function pingRedis(address: string, caFile: string | null): Promise<void> {
  const url = new URL(address);
  const port = Number(url.port === "" ? "6379" : url.port);
  const ca = caFile === null ? null : await readFile(caFile);
  const login = loginCommand(decodeURIComponent(url.username), decodeURIComponent(url.password));
  await new Promise<void>((resolve, reject) => {
    const socket: Socket =
      url.protocol === "rediss:"
        ? connectTls({ host: url.hostname, port, servername: "localhost", ...(ca === null ? {} : { ca }) })
        : connectPlain({ host: url.hostname, port });
    let answer = "";
    socket.setTimeout(answerWithinMs, () => socket.destroy(new Error(`no answer within ${answerWithinMs} ms`)));
    socket.on("error", reject);
    socket.on("close", () => reject(new Error(answer === "" ? "closed without an answer" : answer.trim())));
    socket.on("data", (chunk) => {
      answer += chunk.toString("latin1");
      const lines = answer.split("\r\n");
      // Replies come in order: one to the login if there is one, then PONG; an error (still loading, wrong password) ends it.
      if (lines.some((line) => line.startsWith("-"))) socket.destroy(new Error(answer.trim()));
      if (lines.includes("+PONG")) {
        resolve();
        socket.destroy();
      }
    });
    socket.write(`${login}${command("PING")}`);
  });
}

function loginCommand(user: string, password: string): string {
  if (password === "") return "";
  return user === "" ? command("AUTH", password) : command("AUTH", user, password);
}

function command(...words: readonly string[]): string {
  return `*${words.length}\r\n${words.map((word) => `$${Buffer.byteLength(word)}\r\n${word}\r\n`).join("")}`;
}
