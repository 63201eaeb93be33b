// Where a broker's server comes from when the environment names no address: a binary on the PATH, then Docker Compose
// where an engine answers, then the system's package manager where it may be used. The order is decided here; how each
// is asked is handed in, so that the order can be tested without a machine for each case.

import { MillraceError } from "../../src/errors.ts";
import type { BrokerKind } from "./broker.ts";

export type FoundServer = { readonly kind: "binary"; readonly path: string } | { readonly kind: "compose" };

export interface Surroundings {
  /** Absolute path of a program on the PATH, or null. */
  readonly findBinary: (name: string) => string | null;
  readonly composeAnswers: () => Promise<boolean>;
  /** Installs packages, or says in one line why it may not or could not. */
  readonly install: (packageNames: readonly string[]) => Promise<InstallResult>;
}

export type InstallResult = { readonly kind: "installed" } | { readonly kind: "refused"; readonly why: string };

/** What the caller can use: Compose starts a plain server only (no TLS, no users). */
export interface Wanted {
  readonly isPlain: boolean;
  readonly mayInstall: boolean;
}

/** Throws `broker-missing`, with every way to mend it, if there is no server to be had. */
export async function findServer(kind: BrokerKind, wanted: Wanted, surroundings: Surroundings): Promise<FoundServer> {
  const onPath = lookFor(kind, surroundings);
  if (onPath.missing.length === 0) return { kind: "binary", path: onPath.server };
  if (wanted.isPlain && (await surroundings.composeAnswers())) return { kind: "compose" };
  const result = await installed(kind, wanted, surroundings);
  const found = lookFor(kind, surroundings);
  if (result.kind === "installed" && found.missing.length === 0) return { kind: "binary", path: found.server };
  const why = result.kind === "refused" ? result.why : "its package brought no such program";
  throw brokerMissing(kind, [
    `no ${onPath.missing.join(" and no ")} on the PATH`,
    wanted.isPlain ? "no Docker engine answers" : "Docker Compose starts it without TLS, users and other options only",
    why,
  ]);
}

async function installed(kind: BrokerKind, wanted: Wanted, surroundings: Surroundings): Promise<InstallResult> {
  if (kind.debianPackages.length === 0) return { kind: "refused", why: "no package of Debian brings it" };
  if (!wanted.mayInstall) return { kind: "refused", why: "installing was not asked for (`npm test` does)" };
  return await surroundings.install(kind.debianPackages);
}

function lookFor(kind: BrokerKind, surroundings: Surroundings) {
  const found = kind.binaries().map((name) => ({ name, path: surroundings.findBinary(name) }));
  return {
    server: found[0]?.path ?? "",
    missing: found.filter((each) => each.path === null).map((each) => each.name),
  };
}

export function brokerMissing(kind: BrokerKind, reasons: readonly string[], cause?: unknown): MillraceError {
  const ways = [
    `export ${kind.variable}=${kind.plainUrl("127.0.0.1", kind.usualPort)}   # one that runs already`,
    ...(kind.debianPackages.length === 0 ? [] : [`sudo apt-get install ${kind.debianPackages.join(" ")}`]),
    ...kind.otherWays,
  ];
  return new MillraceError("broker-missing", `the tests need ${kind.name}: ${reasons.join("; ")}`, {
    help: `any one of these:\n  ${ways.join("\n  ")}`,
    cause,
  });
}
