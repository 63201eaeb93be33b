import { describe, expect, test } from "vitest";
import { findServer, type InstallResult, type Surroundings } from "../../scripts/brokers/find-server.ts";
import { mongodb } from "../../scripts/brokers/mongodb.ts";
import { redis } from "../../scripts/brokers/redis.ts";

const anything = { isPlain: true, mayInstall: true };

describe("where a broker's server comes from", () => {
  test("a binary on the PATH comes before Docker Compose", async () => {
    const machine = aMachine({ binary: "/bin/redis-server", hasEngine: true });
    expect(await findServer(redis, anything, machine)).toEqual({ kind: "binary", path: "/bin/redis-server" });
    expect(machine.calls).toEqual(["find"]);
  });

  test("Docker Compose comes before the package manager", async () => {
    const machine = aMachine({ hasEngine: true });
    expect(await findServer(redis, anything, machine)).toEqual({ kind: "compose" });
    expect(machine.calls).toEqual(["find", "engine"]);
  });

  test("Docker Compose is not asked for a server with TLS or users", async () => {
    const machine = aMachine({ hasEngine: true, install: { kind: "installed" } });
    const found = await findServer(redis, { isPlain: false, mayInstall: true }, machine);
    expect(found).toEqual({ kind: "binary", path: "/usr/bin/redis-server" });
  });

  test("the package manager comes last, and what it installed is used", async () => {
    const machine = aMachine({ install: { kind: "installed" } });
    const found = await findServer(redis, anything, machine);
    expect(found).toEqual({ kind: "binary", path: "/usr/bin/redis-server" });
    expect(machine.calls).toEqual(["find", "engine", "install redis-server", "find"]);
  });

  test("none of these is one error with its reasons and each way to mend it", async () => {
    const machine = aMachine({ install: { kind: "refused", why: "installing it needs root" } });
    const failure = findServer(redis, anything, machine);
    await expect(failure).rejects.toMatchObject({
      code: "broker-missing",
      message: "the tests need redis: no redis-server on the PATH; no Docker engine answers; installing it needs root",
      help: expect.stringMatching(/MILLRACE_TEST_REDIS_URL=.*apt-get install.*docker compose up/s),
    });
  });

  test("of a broker that no package brings, none is asked for", async () => {
    const machine = aMachine({ install: { kind: "installed" } });
    await expect(findServer(mongodb, anything, machine)).rejects.toMatchObject({
      message:
        "the tests need mongodb: no mongod on the PATH; no Docker engine answers; no package of Debian brings it",
      help: expect.not.stringContaining("apt-get"),
    });
    expect(machine.calls).toEqual(["find", "engine", "find"]);
  });

  test("nothing is installed where it was not asked for", async () => {
    const machine = aMachine({ install: { kind: "installed" } });
    const failure = findServer(redis, { isPlain: true, mayInstall: false }, machine);
    await expect(failure).rejects.toMatchObject({ code: "broker-missing" });
    expect(machine.calls).not.toContain("install redis-server");
  });
});

function aMachine(has: {
  readonly binary?: string;
  readonly hasEngine?: boolean;
  readonly install?: InstallResult;
}): Surroundings & { readonly calls: readonly string[] } {
  const calls: string[] = [];
  let binary = has.binary ?? null;
  return {
    calls,
    findBinary: () => {
      calls.push("find");
      return binary;
    },
    composeAnswers: () => {
      calls.push("engine");
      return Promise.resolve(has.hasEngine === true);
    },
    install: (packageNames) => {
      calls.push(`install ${packageNames.join(" ")}`);
      const result = has.install ?? { kind: "refused", why: "no package manager" };
      if (result.kind === "installed") binary = "/usr/bin/redis-server";
      return Promise.resolve(result);
    },
  };
}
