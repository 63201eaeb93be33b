// Where on-failure documents go that leave this server: an endpoint for a service, with credentials from a secret or from the environment.

import { z } from "zod";
import type { Environment } from "./config.ts";
import type { Path } from "./config-document.ts";
import type { Flaw } from "./config-errors.ts";
import { about, form } from "./schema-parts.ts";

export const destinationSchema = z.strictObject({
  endpoint: z.url({ protocol: /^https?$/ }).meta(about("Its address", form("http://… or https://…"))),
  region: z
    .string()
    .min(1)
    .meta(about("Region in signatures; absent: the top `region`", form("a region")))
    .optional(),
  secret: z
    .string()
    .min(1)
    .meta(
      about(
        "A name under `secrets`, whose value has accessKeyId, secretAccessKey and perhaps sessionToken; absent: AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN of the environment",
        form("a secret's name"),
      ),
    )
    .optional(),
});

export const destinationServices = ["sqs", "sns", "s3"] as const;

export type DestinationService = (typeof destinationServices)[number];

/** Same shape as DestinationEndpoint of src/threads/protocol.ts. */
export interface ConfiguredEndpoint {
  readonly endpoint: string;
  readonly region: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken: string | null;
}

export type ConfiguredDestinations = Readonly<Record<DestinationService, ConfiguredEndpoint | null>>;

interface Context {
  readonly region: string;
  readonly env: Environment;
  readonly secrets: readonly { readonly id: string; readonly text: string }[];
  readonly flaws: Flaw[];
}

type Given = Partial<Record<DestinationService, z.output<typeof destinationSchema> | undefined>>;

export function configuredDestinations(given: Given, context: Context): ConfiguredDestinations {
  const of = (service: DestinationService): ConfiguredEndpoint | null => {
    const asked = given[service];
    if (asked === undefined) return null;
    const { endpoint, region = context.region, secret } = asked;
    const path = ["destinations", service];
    const keys =
      secret === undefined ? keysOfEnvironment(path, context) : keysOfSecret(secret, [...path, "secret"], context);
    return { endpoint, region, ...(keys ?? NO_KEYS) };
  };
  return { sqs: of("sqs"), sns: of("sns"), s3: of("s3") };
}

type Keys = Pick<ConfiguredEndpoint, "accessKeyId" | "secretAccessKey" | "sessionToken">;

const NO_KEYS: Keys = { accessKeyId: "", secretAccessKey: "", sessionToken: null };

function keysOfEnvironment(path: Path, { env, flaws }: Context): Keys | null {
  const { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey } = env;
  if (accessKeyId !== undefined && secretAccessKey !== undefined) {
    return { accessKeyId, secretAccessKey, sessionToken: env["AWS_SESSION_TOKEN"] ?? null };
  }
  const what = "there are no credentials: neither `secret` nor AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY";
  const help = "AWS_ACCESS_KEY_ID=… AWS_SECRET_ACCESS_KEY=…    (any, where the endpoint checks none)";
  flaws.push({ code: "config-invalid", what, path, part: "name", label: "", help });
  return null;
}

function keysOfSecret(name: string, path: Path, { secrets, flaws }: Context): Keys | null {
  const complain = (what: string): null => {
    const help = `secrets: { ${name}: { accessKeyId: …, secretAccessKey: … } }`;
    flaws.push({ code: "config-invalid", what, path, part: "value", label: "", help });
    return null;
  };
  const found = secrets.find(({ id }) => id === name);
  if (found === undefined) return complain(`there is no secret \`${name}\``);
  try {
    const value: unknown = JSON.parse(found.text);
    const { accessKeyId, secretAccessKey, sessionToken } = Object(value) as Readonly<Record<string, unknown>>;
    if (typeof accessKeyId === "string" && typeof secretAccessKey === "string") {
      return { accessKeyId, secretAccessKey, sessionToken: typeof sessionToken === "string" ? sessionToken : null };
    }
  } catch {
    return complain(`the secret \`${name}\` is no JSON`);
  }
  return complain(`the secret \`${name}\` has no accessKeyId and secretAccessKey`);
}
