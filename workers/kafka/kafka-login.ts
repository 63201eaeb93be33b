// What secrets of certificates hold, as AWS has them: a client's with its key, an authority's (M-601). Each is read
// when a client is made (M-605). What is wrong is told without a word of the secret.

import { createSecureContext } from "node:tls";

/** Null: there is no such secret. */
export type SecretText = (secretArn: string) => Promise<string | null>;

export interface ClientCertificate {
  /** PEM, the chain. */
  readonly cert: string;
  /** PEM, PKCS#8 or what else OpenSSL reads. */
  readonly key: string;
  readonly passphrase?: string;
}

export function clientCertificateOf(text: string | null, secretArn: string): ClientCertificate | string {
  const where = `the secret ${secretArn} (CLIENT_CERTIFICATE_TLS_AUTH)`;
  if (text === null) return `there is no secret ${secretArn} (CLIENT_CERTIFICATE_TLS_AUTH)`;
  const members = membersOf(text);
  const cert = members?.["certificate"];
  const key = members?.["privateKey"];
  const passphrase = members?.["privateKeyPassword"];
  if (typeof cert !== "string" || typeof key !== "string")
    return `${where} is not an object with certificate and privateKey`;
  if (passphrase !== undefined && typeof passphrase !== "string")
    return `${where} has a privateKeyPassword that is no text`;
  const certificate = { cert, key, ...(passphrase === undefined ? {} : { passphrase }) };
  const flaw = flawOf(certificate);
  return flaw === null ? certificate : `${where} ${flaw}`;
}

/** The PEM of an authority's certificates. */
export type Authority = { readonly pem: string } | { readonly flaw: string };

export function authorityOf(text: string | null, secretArn: string): Authority {
  if (text === null) return { flaw: `there is no secret ${secretArn} (SERVER_ROOT_CA_CERTIFICATE)` };
  const pem = membersOf(text)?.["certificate"];
  const where = `the secret ${secretArn} (SERVER_ROOT_CA_CERTIFICATE)`;
  if (typeof pem !== "string") return { flaw: `${where} is not an object with certificate` };
  return checkedAuthority(pem, where);
}

export function checkedAuthority(pem: string, where: string): Authority {
  if (!pem.includes("-----BEGIN CERTIFICATE-----")) return { flaw: `${where} holds no certificate in PEM` };
  try {
    createSecureContext({ ca: pem });
    return { pem };
  } catch {
    return { flaw: `${where} holds a certificate that cannot be read` };
  }
}

/** OpenSSL's own words are told by kind only: they may come from anywhere in the key. */
function flawOf({ cert, key, passphrase }: ClientCertificate): string | null {
  const encrypted = /ENCRYPTED/.test(key);
  if (encrypted && passphrase === undefined) return "has an encrypted privateKey and no privateKeyPassword";
  try {
    createSecureContext({ cert });
  } catch {
    return "has a certificate that is no PEM certificate";
  }
  try {
    createSecureContext({ key, passphrase });
  } catch {
    return encrypted
      ? "has a privateKey that cannot be opened with its privateKeyPassword, or is encrypted in a way that OpenSSL does not read"
      : "has a privateKey that is no PEM key";
  }
  try {
    createSecureContext({ cert, key, passphrase });
    return null;
  } catch {
    return "has a privateKey that does not belong to its certificate";
  }
}

function membersOf(text: string): Readonly<Record<string, unknown>> | null {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null && !Array.isArray(value) ? { ...value } : null;
  } catch {
    // The parser's words would quote the secret.
    return null;
  }
}
