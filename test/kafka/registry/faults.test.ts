// A registry that is away, refuses us, or answers what no registry answers: nothing is decided, and the next time may be better (M-414).

import { execFileSync } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Certificates, createCertificates } from "../../../scripts/brokers/certificates.ts";
import type { RegistryReading } from "../../../src/ports/mapping-spec.ts";
import { createRegistryDecoder } from "../../../workers/kafka/registry/registry-decoder.ts";
import { startTestRegistry, type TestRegistry } from "./test-registry.ts";

const login = { username: "alice", password: "pass:word" };
const value = Buffer.from([0, 0, 0, 0, 1, 6, ...Buffer.from("abc")]);
const delivered = { value: Buffer.from('"abc"'), schema: { value: { schemaId: "1" }, fault: null } };

function decoderOf(
  url: string,
  reading: Partial<RegistryReading> = {},
  secrets: { readonly [arn: string]: unknown } = {},
) {
  const none = { caFile: null, basicAuthSecretArn: null, clientSecretArn: null, caSecretArn: null };
  const whole: RegistryReading = { url, ...none, format: "JSON", attributes: ["VALUE"], ...reading };
  return createRegistryDecoder(whole, async (arn) => (arn in secrets ? JSON.stringify(secrets[arn]) : null));
}

async function aRegistry(...options: Parameters<typeof startTestRegistry>): Promise<TestRegistry> {
  const registry = await startTestRegistry(...options);
  registry.add({ subject: "words", schema: '"string"' });
  return registry;
}

describe("what it was asked", () => {
  test("a schema is asked for once, by however many at a time", async () => {
    await using registry = await aRegistry();
    const decoder = decoderOf(registry.url);
    const answers = await Promise.all(Array.from({ length: 50 }, () => decoder.decode({ key: null, value })));
    expect(answers.every((answer) => "value" in answer)).toBe(true);
    await decoder.decode({ key: null, value });
    expect(registry.asked).toEqual(["/schemas/ids/1"]);
  });

  test("M-414: an unknown schema is asked for again by the next record, and then may be there", async () => {
    await using registry = await aRegistry();
    const decoder = decoderOf(registry.url);
    const late = Buffer.from([0, 0, 0, 0, 2, 2]);
    expect(await decoder.decode({ key: null, value: late })).toMatchObject({ schema: { fault: "SCHEMA_NOT_FOUND" } });
    registry.add({ subject: "numbers", schema: '"int"' });
    expect(await decoder.decode({ key: null, value: late })).toMatchObject({ value: Buffer.from("1") });
  });

  test("an address with a path of its own keeps it", async () => {
    await using registry = await aRegistry();
    await decoderOf(`${registry.url}/apis/ccompat/v7/`).decode({ key: null, value });
    expect(registry.asked).toEqual(["/apis/ccompat/v7/schemas/ids/1"]);
  });
});

describe("TM-60, M-414: a registry that cannot say", () => {
  test("away, then back: a problem, then the record", async () => {
    await using registry = await aRegistry();
    const decoder = decoderOf(registry.url);
    await registry.goAway();
    expect(await decoder.decode({ key: null, value })).toMatchObject({
      problem: {
        code: "unreachable",
        text: "PROBLEM: Connection error. Please check your event source connection configuration.",
        detail: expect.stringContaining(registry.url),
      },
    });
    await registry.comeBack();
    expect(await decoder.decode({ key: null, value })).toMatchObject(delivered);
    await registry.goAway();
    expect(await decoder.decode({ key: null, value })).toMatchObject(delivered);
    await registry.comeBack();
  });

  test.each([
    [500, "{}", "unreachable", undefined],
    [503, "no", "unreachable", undefined],
    [429, "{}", "unreachable", undefined],
    [200, "<html>", "unreachable", undefined],
    [404, "<html>", "missing", "ESM_CONFIG_NOT_VALID"],
    [404, '{"message":"no route"}', "missing", "ESM_CONFIG_NOT_VALID"],
    [403, "{}", "denied", "EVENT_SOURCE_AUTHZ_ERROR"],
    [200, '{"schemaType":"XML","schema":"<a/>"}', "wrongType", "ESM_CONFIG_NOT_VALID"],
    [200, '{"schema":"{\\"type\\":\\"nothing\\"}"}', "wrongType", "ESM_CONFIG_NOT_VALID"],
    [200, '{"schemaType":"PROTOBUF","schema":"message {"}', "wrongType", "ESM_CONFIG_NOT_VALID"],
    [200, '{"schemaType":"JSON","schema":"{\\"$ref\\":\\"gone.json\\"}"}', "wrongType", "ESM_CONFIG_NOT_VALID"],
  ])("it answers %i %s: a problem, and not for ever", async (status, body, code, disablingReason) => {
    await using registry = await aRegistry();
    const decoder = decoderOf(registry.url);
    registry.outOfTurn = { status, body };
    const answer = await decoder.decode({ key: null, value });
    expect(answer).toMatchObject({ problem: { code } });
    expect("problem" in answer && answer.problem.disablingReason).toBe(disablingReason);
    registry.outOfTurn = null;
    expect(await decoder.decode({ key: null, value })).toMatchObject(delivered);
  });

  test("a reference that the registry does not have is an unknown schema", async () => {
    await using registry = await aRegistry();
    const references = [{ name: "gone", subject: "gone", version: 1 }];
    registry.add({ subject: "refers", schema: '"gone"', references });
    const record = { key: null, value: Buffer.from([0, 0, 0, 0, 2, 2]) };
    expect(await decoderOf(registry.url).decode(record)).toMatchObject({ schema: { fault: "SCHEMA_NOT_FOUND" } });
  });
});

describe("access", () => {
  test("M-605: BASIC_AUTH, with a password that is mended", async () => {
    await using registry = await aRegistry({ login });
    const secrets: { [arn: string]: unknown } = { basic: { ...login, password: "hunter2" } };
    const decoder = decoderOf(registry.url, { basicAuthSecretArn: "basic" }, secrets);
    const answer = await decoder.decode({ key: null, value });
    expect(answer).toMatchObject({
      problem: {
        code: "denied",
        text: "PROBLEM: Cannot access Confluent Schema with the provided access configuration.",
        disablingReason: "EVENT_SOURCE_AUTHN_ERROR",
      },
    });
    expect(JSON.stringify(answer)).not.toContain("hunter2");
    secrets["basic"] = login;
    expect(await decoder.decode({ key: null, value })).toMatchObject(delivered);
  });

  test("a secret of no use is told as such", async () => {
    await using registry = await aRegistry({ login });
    for (const secrets of [{}, { basic: { username: "hunter2" } }]) {
      const answer = await decoderOf(registry.url, { basicAuthSecretArn: "basic" }, secrets).decode({
        key: null,
        value,
      });
      expect(answer).toMatchObject({ problem: { code: "denied", disablingReason: "EVENT_SOURCE_AUTHN_ERROR" } });
      expect(JSON.stringify(answer)).not.toContain("hunter2");
    }
    expect(registry.asked).toEqual([]);
  });

  describe("TLS", () => {
    let folder = "";
    let files: Certificates;
    let ca = "";
    let client: object;
    let tls: { readonly ca: string; readonly cert: string; readonly key: string };

    beforeAll(async () => {
      folder = await mkdtemp(join(tmpdir(), "millrace-registry-"));
      files = await createCertificates(folder);
      ca = await readFile(files.caFile, "utf8");
      const certificate = await readFile(files.certificateFile, "utf8");
      const privateKey = await readFile(files.keyFile, "utf8");
      client = { certificate, privateKey };
      tls = { ca, cert: certificate, key: privateKey };
    });

    afterAll(() => rm(folder, { recursive: true, force: true }));

    test("a private authority, of a file or a secret; without it the server is not trusted", async () => {
      await using registry = await aRegistry({ tls });
      expect(await decoderOf(registry.url, { caFile: files.caFile }).decode({ key: null, value })).toMatchObject(
        delivered,
      );
      const bySecret = decoderOf(registry.url, { caSecretArn: "ca" }, { ca: { certificate: ca } });
      expect(await bySecret.decode({ key: null, value })).toMatchObject(delivered);
      expect(await decoderOf(registry.url).decode({ key: null, value })).toMatchObject({
        problem: { code: "broken", text: "PROBLEM: Lambda failed to authenticate server" },
      });
    });

    test("CLIENT_CERTIFICATE_TLS_AUTH: with it, without it, and with one that nobody signed", async () => {
      await using registry = await aRegistry({ tls: { ...tls, requestCert: true, rejectUnauthorized: true } });
      const given = { caFile: files.caFile, clientSecretArn: "client" };
      expect(await decoderOf(registry.url, given, { client }).decode({ key: null, value })).toMatchObject(delivered);
      const without = await decoderOf(registry.url, { caFile: files.caFile }).decode({ key: null, value });
      expect(without).toMatchObject({ problem: { code: expect.stringMatching(/denied|unreachable/) } });
      const key = join(folder, "other.key");
      const made = [
        "req",
        "-x509",
        "-newkey",
        "rsa:2048",
        "-nodes",
        "-days",
        "2",
        "-subj",
        "/CN=other",
        "-keyout",
        key,
      ];
      const certificate = execFileSync("openssl", made, { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] });
      const other = { certificate, privateKey: await readFile(key, "utf8") };
      const untrusted = await decoderOf(registry.url, given, { client: other }).decode({ key: null, value });
      expect(untrusted).toMatchObject({ problem: { code: expect.stringMatching(/denied|unreachable/) } });
    });

    test("a certificate of no use is told before anything is asked", async () => {
      await using registry = await aRegistry({ tls });
      const given = { caFile: files.caFile, clientSecretArn: "client" };
      const answer = await decoderOf(registry.url, given, { client: { certificate: "x", privateKey: "y" } }).decode({
        key: null,
        value,
      });
      expect(answer).toMatchObject({ problem: { text: "PROBLEM: Provided certificate or private key is invalid" } });
      expect(registry.asked).toEqual([]);
    });
  });
});
