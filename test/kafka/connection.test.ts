// What a client is given, from the mapping's security and its secrets; what secrets of no use are told as, with nothing of what they hold.

import { execFileSync } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createCertificates } from "../../scripts/brokers/certificates.ts";
import type { KafkaSecurity } from "../../src/ports/mapping-spec.ts";
import { kafkaClientOptions } from "../../workers/kafka/kafka-connection.ts";

const arn = (name: string): string => `arn:aws:secretsmanager:us-east-1:000000000000:secret:${name}`;
const noTls: KafkaSecurity = { tls: null, sasl: null };
const tls = { caFile: null, caSecretArn: null, clientSecretArn: null };

let folder = "";
let ca = "";
let certificate = "";
let privateKey = "";
let encryptedKey = "";

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "millrace-kafka-"));
  const files = await createCertificates(folder);
  ca = await readFile(files.caFile, "utf8");
  certificate = await readFile(files.certificateFile, "utf8");
  privateKey = await readFile(files.keyFile, "utf8");
  const encrypted = ["pkcs8", "-topk8", "-in", files.keyFile, "-passout", "pass:opensesame"];
  encryptedKey = execFileSync("openssl", encrypted, { encoding: "utf8" });
});

afterAll(() => rm(folder, { recursive: true, force: true }));

function optionsOf(security: KafkaSecurity, secrets: Readonly<Record<string, unknown>> = {}) {
  return kafkaClientOptions(
    { servers: ["localhost:9092", "localhost:9093"], security },
    {
      secretText: async (secretArn) => {
        const name = secretArn.split(":").at(-1) ?? "";
        const secret = secrets[name];
        return secret === undefined ? null : typeof secret === "string" ? secret : JSON.stringify(secret);
      },
    },
  );
}

describe("M-602: what the client is given", () => {
  test("nothing but servers, where the mapping has no security", async () => {
    const options = await optionsOf(noTls);
    expect(options).toMatchObject({ brokers: ["localhost:9092", "localhost:9093"] });
    expect(Object.keys(options)).not.toContain("ssl");
    expect(Object.keys(options)).not.toContain("sasl");
  });

  test.each(["plain", "scram-sha-256", "scram-sha-512"] as const)("%s by its secret, over TLS", async (mechanism) => {
    const login = { username: "alice", password: 'with "quotes", and ünïcode' };
    const options = await optionsOf({ tls, sasl: { mechanism, secretArn: arn("login") } }, { login });
    expect(options).toMatchObject({ sasl: { mechanism, ...login }, ssl: { rejectUnauthorized: true } });
  });

  test("an authority of the secret, of the file, and of both", async () => {
    const caFile = join(folder, "ca.crt");
    const secret = { authority: { certificate: ca } };
    const given = async (caFrom: Partial<NonNullable<KafkaSecurity["tls"]>>) =>
      optionsOf({ tls: { ...tls, ...caFrom }, sasl: null }, secret);
    expect(await given({})).toMatchObject({ ssl: { rejectUnauthorized: true } });
    expect(await given({ caSecretArn: arn("authority") })).toMatchObject({ ssl: { ca: [ca] } });
    expect(await given({ caFile })).toMatchObject({ ssl: { ca: [ca] } });
    expect(await given({ caFile, caSecretArn: arn("authority") })).toMatchObject({ ssl: { ca: [ca, ca] } });
  });

  test("a client certificate, its key plain or encrypted", async () => {
    const security = { tls: { ...tls, clientSecretArn: arn("client") }, sasl: null };
    const plain = { certificate, privateKey };
    expect(await optionsOf(security, { client: plain })).toMatchObject({ ssl: { cert: certificate, key: privateKey } });
    const sealed = { certificate, privateKey: encryptedKey, privateKeyPassword: "opensesame" };
    expect(await optionsOf(security, { client: sealed })).toMatchObject({ ssl: { passphrase: "opensesame" } });
  });

  test("M-605: a secret is read each time", async () => {
    let password = "old";
    const security: KafkaSecurity = { tls: null, sasl: { mechanism: "plain", secretArn: arn("login") } };
    const read = () =>
      kafkaClientOptions(
        { servers: ["localhost:9092"], security },
        { secretText: async () => JSON.stringify({ username: "alice", password }) },
      );
    expect(await read()).toMatchObject({ sasl: { password: "old" } });
    password = "new";
    expect(await read()).toMatchObject({ sasl: { password: "new" } });
  });
});

describe("M-702, M-705: secrets of no use", () => {
  const sasl = { tls: null, sasl: { mechanism: "scram-sha-512", secretArn: arn("login") } } as const;
  const client = { tls: { ...tls, clientSecretArn: arn("client") }, sasl: null };

  test.each([
    ["missing", {}, /there is no secret .*:login \(SASL_SCRAM_512_AUTH\)/],
    ["no JSON", { login: "hunter2" }, /is not an object with username and password/],
    ["without a password", { login: { username: "hunter2" } }, /is not an object with username and password/],
  ])("a login that is %s", async (_what, secrets, detail) => {
    const answer = await optionsOf(sasl, secrets);
    expect(answer).toMatchObject({
      problem: {
        code: "denied",
        text: "PROBLEM: SASL authentication failed",
        detail: expect.stringMatching(detail),
        disablingReason: "EVENT_SOURCE_AUTHN_ERROR",
      },
    });
    expect(JSON.stringify(answer)).not.toContain("hunter2");
  });

  const badClients: readonly (readonly [string, () => unknown, RegExp])[] = [
    ["missing", () => undefined, /there is no secret/],
    ["no JSON", () => "hunter2", /not an object with certificate and privateKey/],
    ["without a key", () => ({ certificate }), /not an object with certificate and privateKey/],
    ["no certificate", () => ({ certificate: "hunter2", privateKey }), /a certificate that is no PEM certificate/],
    ["no key", () => ({ certificate, privateKey: "hunter2" }), /a privateKey that is no PEM key/],
    ["another's key", () => ({ certificate: ca, privateKey }), /does not belong to its certificate/],
    ["sealed", () => ({ certificate, privateKey: encryptedKey }), /encrypted privateKey and no privateKeyPassword/],
    [
      "sealed with another word",
      () => ({ certificate, privateKey: encryptedKey, privateKeyPassword: "hunter2" }),
      /cannot be opened with its privateKeyPassword/,
    ],
    [
      "sealed with a number",
      () => ({ certificate, privateKey: encryptedKey, privateKeyPassword: 7 }),
      /a privateKeyPassword that is no text/,
    ],
  ];

  test.each(badClients)("a client certificate that is %s", async (_what, secret, detail) => {
    const answer = await optionsOf(client, { client: secret() });
    expect(answer).toMatchObject({
      problem: {
        text: "PROBLEM: Provided certificate or private key is invalid",
        detail: expect.stringMatching(detail),
        disablingReason: "EVENT_SOURCE_AUTHN_ERROR",
      },
    });
    expect(JSON.stringify(answer)).not.toContain("hunter2");
  });

  test("an authority that is none, or whose file is not there", async () => {
    const unreadable = join(folder, "empty.crt");
    await writeFile(unreadable, "nothing");
    const problem = { text: "PROBLEM: Lambda failed to authenticate server", disablingReason: "ESM_CONFIG_NOT_VALID" };
    const cases = [
      { caSecretArn: arn("authority") },
      { caSecretArn: arn("gone") },
      { caFile: unreadable },
      { caFile: join(folder, "gone.crt") },
    ];
    for (const caFrom of cases) {
      const answer = await optionsOf(
        { tls: { ...tls, ...caFrom }, sasl: null },
        { authority: { certificate: "none" } },
      );
      expect(answer).toMatchObject({ problem });
    }
  });
});
