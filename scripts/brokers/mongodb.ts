// MongoDB as a test broker: a replica set of one member, as only such a one has change streams; its start, its address, and how to tell
// that it is ready. No package of Debian or of npm brings its server: where there is none, and no engine for a container, tests use the
// stand-in of `test/mongo/stand-in`, and those that need a real one do not run, which `npm test` says.

import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { MongoClient, MongoClientOptions } from "mongodb";
import { MillraceError } from "../../src/errors.ts";
import type { BrokerKind, BrokerOptions, LaunchPlan } from "./broker.ts";
import { createCertificates } from "./certificates.ts";

const answerWithinMs = 2_000;
const setName = "rs0";
/** A replica set that has never been told so. */
const notYetInitialized = 94;

export const mongodb: BrokerKind = {
  name: "mongodb",
  variable: "MILLRACE_TEST_MONGODB_URL",
  binaries: () => ["mongod"],
  debianPackages: [],
  usualPort: 27_017,
  readyWithinMs: 60_000,
  otherWays: ["brew install mongodb-community", "docker compose up -d --wait mongodb"],
  composeService: "mongodb",
  composePortVariable: "MILLRACE_MONGODB_PORT",
  standIn: { called: "a stand-in of the tests", realMark: "on a real MongoDB" },
  plan: planMongo,
  plainUrl: (host, port) => `mongodb://${host}:${port}/?replicaSet=${setName}`,
  ask: askPrimary,
};

async function planMongo(
  binaryPath: string,
  folder: string,
  port: number,
  options: BrokerOptions,
): Promise<LaunchPlan> {
  if (options.acl !== undefined) {
    throw new MillraceError(
      "bad-argument",
      "acl is no option of mongodb: a member of a set with users needs a key file",
    );
  }
  const certificates = options.tls === true ? await createCertificates(folder) : null;
  const host = certificates === null ? "127.0.0.1" : "localhost";
  const url = `mongodb://${host}:${port}/?replicaSet=${setName}${certificates === null ? "" : "&tls=true"}`;
  const caFile = certificates?.caFile ?? null;
  const data = join(folder, "data");
  await mkdir(data, { recursive: true });
  return {
    command: binaryPath,
    commandArguments: [...wordsOf(port, data), ...(certificates === null ? [] : await tlsWords(folder, certificates))],
    url,
    host,
    port,
    caFile,
    ask: async () => {
      await initiate(host, port, caFile);
      await askPrimary(url, caFile);
    },
  };
}

function wordsOf(port: number, data: string): readonly string[] {
  const options = {
    replSet: setName,
    port: `${port}`,
    bind_ip: "127.0.0.1",
    dbpath: data,
    oplogSize: "64",
    wiredTigerCacheSizeGB: "0.25",
    setParameter: "diagnosticDataCollectionEnabled=false",
  };
  return [...Object.entries(options).flatMap(([name, value]) => [`--${name}`, value]), "--nounixsocket"];
}

async function tlsWords(
  folder: string,
  certificates: { readonly caFile: string; readonly certificateFile: string; readonly keyFile: string },
): Promise<readonly string[]> {
  const file = join(folder, "mongod.pem");
  const parts = await Promise.all([certificates.keyFile, certificates.certificateFile].map((each) => readFile(each)));
  await writeFile(file, Buffer.concat(parts), { mode: 0o600 });
  const mode = ["--tlsMode", "requireTLS", "--tlsAllowConnectionsWithoutCertificates"];
  return [...mode, "--tlsCertificateKeyFile", file, "--tlsCAFile", certificates.caFile];
}

/** A new member is told once that it is the set. */
async function initiate(host: string, port: number, caFile: string | null): Promise<void> {
  await withClient(`mongodb://${host}:${port}/?directConnection=true`, caFile, async (client) => {
    const admin = client.db("admin");
    try {
      await admin.command({ replSetGetStatus: 1 });
    } catch (error) {
      if (!(error instanceof Error && "code" in error && error.code === notYetInitialized)) throw error;
      await admin.command({ replSetInitiate: { _id: setName, members: [{ _id: 0, host: `${host}:${port}` }] } });
    }
  });
}

/** Resolves if a primary answers that has change streams. */
async function askPrimary(url: string, caFile: string | null): Promise<void> {
  await withClient(url, caFile, async (client) => {
    const { setName: name } = await client.db("admin").command({ hello: 1 });
    if (typeof name !== "string") throw new Error("it is no member of a replica set, and has no change streams");
  });
}

async function withClient(
  url: string,
  caFile: string | null,
  use: (client: MongoClient) => Promise<void>,
): Promise<void> {
  const options: MongoClientOptions = { serverSelectionTimeoutMS: answerWithinMs, connectTimeoutMS: answerWithinMs };
  // Loaded when it is first needed, as all tests that ask for any broker read this file.
  const { MongoClient } = await import("mongodb");
  const client = new MongoClient(url, caFile === null ? options : { ...options, tls: true, tlsCAFile: caFile });
  try {
    await use(client);
  } finally {
    await client.close();
  }
}
