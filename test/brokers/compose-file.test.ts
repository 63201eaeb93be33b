// docker-compose.yml, held against what the documents and the test brokers say of it, and against what Compose would make of it: no
// engine is needed for that.

import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { brokerKinds } from "../../scripts/brokers/start-broker.ts";

const root = join(import.meta.dirname, "..", "..");

interface Service {
  readonly image: string;
  readonly ports: readonly string[];
  readonly command?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly healthcheck: {
    readonly test: readonly string[];
    readonly interval: string;
    readonly timeout: string;
    readonly retries: number;
  };
}

const kinds = Object.values(brokerKinds);

describe("docker-compose.yml", () => {
  test("has a service for each broker, and no other", async () => {
    expect(Object.keys(await services({})).toSorted()).toEqual(kinds.map((kind) => kind.composeService).toSorted());
  });

  test.each(kinds)("$name has an image of one version, and a health check that ends", async (kind) => {
    const service = await serviceOf(kind.composeService, {});
    expect(service.image).toMatch(/^[\w./-]+:\d+\.\d+[\w.-]*$/);
    expect(service.healthcheck.test[0]).toBe("CMD");
    expect(service.healthcheck.interval).toMatch(/^\d+s$/);
    expect(service.healthcheck.timeout).toMatch(/^\d+s$/);
    expect(service.healthcheck.retries).toBeGreaterThan(0);
  });

  test.each(kinds)("$name listens on this machine alone, at a port that moves whole", async (kind) => {
    const { composeService: name, composePortVariable: variable } = kind;
    const usual = await serviceOf(name, {});
    expect(usual.ports).toEqual([expect.stringMatching(/^127\.0\.0\.1:\d+:\d+$/)]);
    const moved = await serviceOf(name, { [variable]: "31999" });
    expect(moved.ports).toEqual([expect.stringMatching(/^127\.0\.0\.1:31999:\d+$/)]);
    const inside = (service: Service) => service.ports[0]?.split(":")[2] ?? "";
    // Either it is reached from outside at another port than inside, or it has moved inside, too, and nothing names the old one.
    if (inside(moved) === inside(usual)) return;
    expect(inside(moved)).toBe("31999");
    expect(JSON.stringify(moved)).not.toMatch(new RegExp(`\\b${inside(usual)}\\b`));
  });

  test("docs/brokers.md tells each service's image, port, variable and address", async () => {
    const all = await services({});
    const rows = (await readFile(join(root, "docs", "brokers.md"), "utf8"))
      .split("\n")
      .filter((line) => /^\| [A-Z]/.test(line))
      .map((line) =>
        [...line.matchAll(/\| ([^|]+) (?=\|)/g)].map((cell) => (cell[1] ?? "").replaceAll("`", "").trim()),
      );
    const told = Object.fromEntries(rows.map(([, service, ...others]) => [service, others]));
    const made = kinds.map((kind) => {
      const service = all[kind.composeService];
      const port = service?.ports[0]?.split(":")[1] ?? "";
      return [
        kind.composeService,
        [service?.image, port, kind.composePortVariable, kind.plainUrl("127.0.0.1", Number(port))],
      ];
    });
    expect(told).toEqual(Object.fromEntries(made));
  });

  test("Kafka and MongoDB tell clients the address at which they are reached from outside", async () => {
    const kafka = await serviceOf("kafka", { MILLRACE_KAFKA_PORT: "31999" });
    expect(kafka.environment?.["KAFKA_ADVERTISED_LISTENERS"]).toBe("PLAINTEXT://127.0.0.1:31999");
    const mongodb = await serviceOf("mongodb", { MILLRACE_MONGODB_PORT: "31999" });
    expect(mongodb.healthcheck.test.at(-1)).toContain('host: "127.0.0.1:31999"');
    expect(mongodb.command).toEqual(["mongod", "--replSet", "rs0", "--bind_ip_all", "--port", "31999"]);
    expect(kinds.find((kind) => kind.name === "mongodb")?.plainUrl("127.0.0.1", 1)).toContain("replicaSet=rs0");
  });
});

async function serviceOf(name: string, variables: Readonly<Record<string, string>>): Promise<Service> {
  const service = (await services(variables))[name];
  if (service === undefined) throw new Error(`no service ${name}`);
  return service;
}

/** As Compose reads it: `${VARIABLE:-default}` is the only form that stands in it. */
async function services(variables: Readonly<Record<string, string>>): Promise<Readonly<Record<string, Service>>> {
  const text = await readFile(join(root, "docker-compose.yml"), "utf8");
  const filled = text.replaceAll(
    /\$\{(\w+):-(\w+)\}/g,
    (_all, name: string, usual: string) => variables[name] ?? usual,
  );
  expect(filled.replaceAll(/^ *#.*$/gm, "")).not.toContain("$");
  const document: { readonly services: Readonly<Record<string, Service>> } = parse(filled);
  return document.services;
}
