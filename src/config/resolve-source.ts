// A message broker of `sources`: seconds as milliseconds, each engine's own defaults, and its address with its variables filled in.

import { X509Certificate } from "node:crypto";
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import type { ConfiguredSource, Environment } from "./config.ts";
import type { Flaw } from "./config-errors.ts";
import type { ConfigInput } from "./config-schema.ts";

export function configuredSource(
  arn: string,
  input: ConfigInput["sources"][string],
  context: { readonly baseDir: string; readonly env: Environment; readonly flaws: Flaw[] },
): ConfiguredSource {
  const isRabbit = input.engine === "RABBITMQ";
  return {
    arn,
    engine: isRabbit ? "rabbitMq" : "activeMq",
    url: input.url === undefined ? null : addressOf(input.url, arn, context),
    caFile: input.caFile === undefined ? null : authorityFile(input.caFile, arn, context),
    onFailure: input.onFailure ?? "hold",
    consumerTimeoutMs: isRabbit ? (input.consumerTimeoutSeconds ?? 1_800) * 1_000 : null,
    disabledAfterMs: input.disabledAfterSeconds * 1_000,
    mostCalls: isRabbit ? null : (input.redeliveries ?? 6) + 1,
    retryPauseMs: isRabbit ? null : (input.redeliveryPauseMs ?? 1_000),
    activeMqEvent: { eventSource: input.eventSource ?? "aws:mq", expiration: input.expiration ?? "number" },
    consumerCount: input.consumers ?? (isRabbit ? 1 : 5),
  };
}

function addressOf(
  written: string,
  arn: string,
  { env, flaws }: { readonly env: Environment; readonly flaws: Flaw[] },
): string {
  const complain = (what: string, help: string): void => {
    flaws.push({ code: "config-invalid", what, path: ["sources", arn, "url"], part: "value", label: "", help });
  };
  const missing: string[] = [];
  const url = written.replace(/\$\{(\w+)\}/g, (_whole, name: string) => {
    const value = env[name];
    if (value === undefined) missing.push(name);
    return value ?? "";
  });
  for (const name of missing) complain(`the variable \`${name}\` is not set`, `${name}=amqp://127.0.0.1:5672`);
  if (missing.length > 0) return url;
  // A login in it would be shown with every fault, and mappings have theirs (M-605).
  if (!/^amqps?:\/\/[^\s/@]+\/?$/.test(url) || !URL.canParse(url))
    complain(
      "`url` is no address of a broker",
      "amqp://HOST:PORT, or amqps://HOST:PORT for TLS; without user and path",
    );
  return url;
}

/** It is read again at each connect; that it can be is told before. */
function authorityFile(
  written: string,
  arn: string,
  { baseDir, flaws }: { readonly baseDir: string; readonly flaws: Flaw[] },
): string {
  const file = resolve(baseDir, written);
  const what = authorityFault(file);
  if (what !== null) {
    const help = "a PEM file, from the configuration file's folder";
    flaws.push({
      code: "config-invalid",
      what: `\`caFile\` ${what}`,
      path: ["sources", arn, "caFile"],
      part: "value",
      label: "",
      help,
    });
  }
  return file;
}

const NO_CERTIFICATE = "has no certificate in PEM";

function authorityFault(file: string): string | null {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (error) {
    const code = error instanceof Error && "code" in error ? String(error.code) : String(error);
    return `cannot be read: ${code}`;
  }
  // The class takes DER, too, which a connection does not.
  if (!/-----BEGIN (?:TRUSTED |X509 )?CERTIFICATE-----/.test(text)) return NO_CERTIFICATE;
  try {
    return new X509Certificate(text).raw.length > 0 ? null : NO_CERTIFICATE;
  } catch {
    // What OpenSSL says of it helps nobody.
    return NO_CERTIFICATE;
  }
}
