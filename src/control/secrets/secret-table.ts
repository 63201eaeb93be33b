// The secrets of the configuration, found as Secrets Manager finds them. AWS puts a dash and six characters of its own behind the
// name in an ARN; a secret that is configured by its name has six that follow from the name, and is found whichever are asked for.

import { createHash } from "node:crypto";
import type { Surroundings } from "../lookups.ts";
import type { Secret, SecretLookup } from "./secret-calls.ts";

export interface ConfiguredSecret {
  /** A name, or an ARN with its last seven characters or without. */
  readonly id: string;
  readonly text: string;
}

export interface SecretTableOptions {
  readonly settings: Surroundings;
  readonly nowMs: number;
  /** Of the one version that a secret has: another one at each start, so that it tells nothing of the value. */
  readonly versionId: () => string;
}

const SUFFIX = /-[A-Za-z0-9]{6}$/;

export function createSecretTable(configured: readonly ConfiguredSecret[], options: SecretTableOptions): SecretLookup {
  const secrets = configured.map((each) => secretOf(each, options));
  return {
    find(secretId) {
      const isNamed = (secret: Secret): boolean => secret.arn === secretId || secret.name === secretId;
      return secrets.find(isNamed) ?? secrets.find((secret) => isLoosely(secret, secretId)) ?? null;
    },
  };
}

interface TableSecret extends Secret {
  /** The ARN up to the dash; null: what was configured is the ARN in full, and no other is meant. */
  readonly openArn: string | null;
}

function secretOf({ id, text }: ConfiguredSecret, { settings, nowMs, versionId }: SecretTableOptions): TableSecret {
  const rest = { text, versionId: versionId(), createdAtMs: nowMs };
  const [, arnName] = /^arn:[^:]*:secretsmanager:[^:]*:[^:]*:secret:(.+)$/.exec(id) ?? [];
  if (arnName === undefined) {
    const { partition, region, accountId } = settings;
    const openArn = `arn:${partition}:secretsmanager:${region}:${accountId}:secret:${id}`;
    return { ...rest, name: id, arn: `${openArn}-${suffixOf(id)}`, openArn };
  }
  const isWhole = SUFFIX.test(arnName);
  return isWhole
    ? { ...rest, name: arnName.replace(SUFFIX, ""), arn: id, openArn: null }
    : { ...rest, name: arnName, arn: `${id}-${suffixOf(arnName)}`, openArn: id };
}

/** An ARN without its last seven characters; or with others, where none were configured. */
function isLoosely({ arn, openArn }: TableSecret, secretId: string): boolean {
  if (arn.replace(SUFFIX, "") === secretId) return true;
  return openArn !== null && secretId.replace(SUFFIX, "") === openArn;
}

function suffixOf(name: string): string {
  const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
  const digest = createHash("sha256").update(name).digest();
  return [...digest.subarray(0, 6)].map((byte) => letters[byte % letters.length]).join("");
}
