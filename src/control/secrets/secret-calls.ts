// Secrets Manager as far as reading goes: GetSecretValue over the secrets of the configuration. No answer but the value itself
// ever holds a secret's text.

import { kinesisFailure, kinesisSuccess, type KinesisAnswer } from "../kinesis/kinesis-answer.ts";
import { Instant } from "../kinesis/wire-value.ts";
import { findFaults, parseShape, validationText } from "../shape.ts";

export const secretsOperations = ["GetSecretValue"] as const;

export const isSecretsOperation = (name: string): name is (typeof secretsOperations)[number] =>
  secretsOperations.some((operation) => operation === name);

/** A secret as calls see it. One version: AWSCURRENT. */
export interface Secret {
  readonly name: string;
  readonly arn: string;
  /** 32 to 64 characters. */
  readonly versionId: string;
  readonly createdAtMs: number;
  readonly text: string;
}

export interface SecretLookup {
  /** By name, by ARN, or by ARN without its last seven characters. Null: no such secret. */
  find(secretId: string): Secret | null;
}

export interface SecretsContext {
  readonly secrets: SecretLookup;
}

const CURRENT = "AWSCURRENT";

const shape = {
  kind: "structure",
  members: {
    SecretId: { kind: "string", min: 1, max: 2_048 },
    VersionId: { kind: "string", min: 32, max: 64 },
    VersionStage: { kind: "string", min: 1, max: 256 },
  },
  required: ["SecretId"],
} as const;

export function callSecrets({ secrets }: SecretsContext, body: unknown): KinesisAnswer {
  const parsed = parseShape(body, shape);
  if (parsed.kind === "wrongType") return kinesisFailure("SerializationException", parsed.text);
  const faults = findFaults(parsed.value, shape);
  if (faults.length > 0) return kinesisFailure("ValidationException", validationText(faults));
  const { SecretId = "", VersionId, VersionStage } = parsed.value;
  const secret = secrets.find(SecretId);
  if (secret === null) return missing("secret.");
  if (VersionId !== undefined && VersionId !== secret.versionId)
    return missing(`secret value for VersionId: ${VersionId}`);
  if (VersionStage !== undefined && VersionStage !== CURRENT) {
    return missing(`secret value for staging label: ${VersionStage}`);
  }
  return kinesisSuccess({
    ARN: secret.arn,
    CreatedDate: new Instant(secret.createdAtMs),
    Name: secret.name,
    SecretString: secret.text,
    VersionId: secret.versionId,
    VersionStages: [CURRENT],
  });
}

const missing = (what: string): KinesisAnswer =>
  kinesisFailure("ResourceNotFoundException", `Secrets Manager can't find the specified ${what}`);
