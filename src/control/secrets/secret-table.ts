// The secrets of the configuration, found as Secrets Manager finds them. AWS puts a dash and six characters of its own behind the
// name in an ARN; a secret that is configured by its name has six that follow from the name, and is found whichever are asked for. What
// stands in a file is looked up each time, so that a secret is mended while the server runs (M-605).

import { createHash } from "node:crypto";
import type { Clock } from "../../ports/clock.ts";
import type { Surroundings } from "../lookups.ts";
import type { Secret, SecretLookup } from "./secret-calls.ts";

export interface ConfiguredSecret {
  /** A name, or an ARN with its last seven characters or without. */
  readonly id: string;
  readonly text: string;
  /** Absolute: where the text stands. */
  readonly file?: string;
}

export interface SecretTableOptions {
  readonly settings: Surroundings;
  readonly clock: Pick<Clock, "nowMs">;
  /** Of the one version that a secret has: another one at each start, so that it tells nothing of the value. */
  readonly versionId: () => string;
  /** What a secret's file says now; null: it cannot be read. */
  readonly textOf: (file: string) => string | null;
}

const SUFFIX = /-[A-Za-z0-9]{6}$/;

export function createSecretTable(configured: readonly ConfiguredSecret[], options: SecretTableOptions): SecretLookup {
  const secrets = configured.map((each) => secretOf(each, options));

  /** A file that is gone, as between two moves of an editor, leaves the text that it had. */
  function asItIsNow(secret: TableSecret): TableSecret {
    const text = secret.file === null ? null : options.textOf(secret.file);
    if (text === null || text === secret.text) return secret;
    const renewed = { ...secret, text, versionId: options.versionId(), createdAtMs: options.clock.nowMs() };
    secrets[secrets.indexOf(secret)] = renewed;
    return renewed;
  }

  return {
    find(secretId) {
      const isNamed = (secret: Secret): boolean => secret.arn === secretId || secret.name === secretId;
      const found = secrets.find(isNamed) ?? secrets.find((secret) => isLoosely(secret, secretId));
      return found === undefined ? null : asItIsNow(found);
    },
  };
}

interface TableSecret extends Secret {
  readonly file: string | null;
  /** The ARN up to the dash; null: what was configured is the ARN in full, and no other is meant. */
  readonly openArn: string | null;
}

function secretOf(
  { id, text, file }: ConfiguredSecret,
  { settings, clock, versionId }: SecretTableOptions,
): TableSecret {
  const rest = { text, file: file ?? null, versionId: versionId(), createdAtMs: clock.nowMs() };
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
