// Certificates for test brokers that speak TLS: an authority of their own and a certificate for localhost and 127.0.0.1,
// made by `openssl` in the broker's folder and gone with it. Nothing here is fit for anything but tests.

import { execFile } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { MillraceError } from "../../src/errors.ts";

const run = promisify(execFile);

export interface Certificates {
  readonly caFile: string;
  readonly certificateFile: string;
  readonly keyFile: string;
}

/** Throws `broker-missing` if there is no `openssl`. */
export async function createCertificates(folder: string): Promise<Certificates> {
  const file = (name: string) => join(folder, name);
  const extensionsFile = file("extensions.cnf");
  await writeFile(extensionsFile, "subjectAltName=DNS:localhost,IP:127.0.0.1\n");
  const newKey = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];
  await openssl(
    ["req", "-x509", ...newKey, "-days", "2", "-subj", "/CN=Millrace test authority"],
    ["-keyout", file("ca.key"), "-out", file("ca.crt")],
  );
  await openssl(
    ["req", ...newKey, "-subj", "/CN=localhost"],
    ["-keyout", file("broker.key"), "-out", file("broker.csr")],
  );
  await openssl(
    ["x509", "-req", "-in", file("broker.csr"), "-CA", file("ca.crt"), "-CAkey", file("ca.key"), "-CAcreateserial"],
    ["-days", "2", "-extfile", extensionsFile, "-out", file("broker.crt")],
  );
  return { caFile: file("ca.crt"), certificateFile: file("broker.crt"), keyFile: file("broker.key") };
}

/** A certificate of the same authority for a client that says who it is. Throws `broker-missing` if there is no `openssl`. */
export async function createClientCertificate(
  folder: string,
  certificates: Certificates,
): Promise<{ readonly certificateFile: string; readonly keyFile: string }> {
  const file = (name: string) => join(folder, name);
  await openssl(
    ["req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-subj", "/CN=millrace"],
    ["-keyout", file("client.key"), "-out", file("client.csr")],
  );
  await openssl(
    ["x509", "-req", "-in", file("client.csr"), "-CA", certificates.caFile, "-CAkey", file("ca.key")],
    ["-CAcreateserial", "-days", "2", "-out", file("client.crt")],
  );
  return { certificateFile: file("client.crt"), keyFile: file("client.key") };
}

/** The same key and certificate as a Java program takes them. Throws `broker-missing` if there is no `openssl`. */
export async function createKeyStore(
  folder: string,
  certificates: Certificates,
): Promise<{ readonly file: string; readonly password: string }> {
  const store = join(folder, "broker.p12");
  const password = "changeit";
  await openssl(
    ["pkcs12", "-export", "-in", certificates.certificateFile, "-inkey", certificates.keyFile],
    ["-certfile", certificates.caFile, "-name", "broker", "-passout", `pass:${password}`, "-out", store],
  );
  return { file: store, password };
}

async function openssl(what: readonly string[], files: readonly string[]): Promise<void> {
  try {
    await run("openssl", [...what, ...files]);
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") {
      throw new MillraceError("broker-missing", "a broker with TLS needs a certificate, and there is no openssl", {
        help: "apt-get install openssl",
        cause: error,
      });
    }
    throw error;
  }
}
