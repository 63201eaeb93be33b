// A schema registry over HTTP as far as producers and we need one: subjects, versions, schemas by number, with a login and TLS if asked for.
// It can be taken away and brought back, and it counts what it was asked.

import { createServer as createHttp, type IncomingMessage, type RequestListener, type Server } from "node:http";
import { createServer as createHttps, type ServerOptions } from "node:https";
import type { AddressInfo } from "node:net";

export interface TestRegistryOptions {
  readonly login?: { readonly username: string; readonly password: string };
  readonly tls?: ServerOptions;
}

export interface TestRegistry {
  readonly url: string;
  /** Paths that were asked for, without the query. */
  readonly asked: string[];
  /** What it answers to everything, in place of what it would; null: nothing out of turn. */
  outOfTurn: { readonly status: number; readonly body: string } | null;
  /** Registers a schema under its subject, and answers with its number. */
  add(schema: TestSchema): number;
  /** Nobody listens on its port any more. */
  goAway(): Promise<void>;
  comeBack(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

export interface TestSchema {
  readonly subject: string;
  /** Left out: Avro, as old registries have it. */
  readonly schemaType?: string;
  readonly schema: string;
  readonly references?: readonly { readonly name: string; readonly subject: string; readonly version: number }[];
}

interface Answer {
  readonly status: number;
  readonly body: unknown;
}

export async function startTestRegistry(options: TestRegistryOptions = {}): Promise<TestRegistry> {
  const schemas: TestSchema[] = [];
  const asked: string[] = [];
  const versionsOf = (subject: string) => schemas.filter((schema) => schema.subject === subject);
  const add = (schema: TestSchema): number => {
    const known = schemas.findIndex((other) => JSON.stringify(other) === JSON.stringify(schema));
    return known === -1 ? schemas.push(schema) : known + 1;
  };

  async function answerTo(request: IncomingMessage, path: string): Promise<Answer> {
    const [, first, second = "", third, fourth = ""] = path.split("/").map(decodeURIComponent);
    if (first === "schemas" && second === "ids") {
      const schema = schemas[Number(third) - 1];
      return schema === undefined ? failure(404, 40_403, "Schema not found") : { status: 200, body: told(schema) };
    }
    if (first === "config" && request.method === "PUT") return { status: 200, body: { compatibility: "BACKWARD" } };
    if (first === "config") return failure(404, 40_408, "Subject does not have subject-level compatibility");
    if (first !== "subjects" || third !== "versions") return { status: 404, body: "no such page" };
    if (request.method === "POST")
      return { status: 200, body: { id: add({ subject: second, ...(await bodyOf(request)) }) } };
    const schema = versionsOf(second)[Number(fourth) - 1];
    if (schema === undefined) return failure(404, 40_402, "Version not found");
    return {
      status: 200,
      body: { ...told(schema), subject: second, version: Number(fourth), id: schemas.indexOf(schema) + 1 },
    };
  }

  const registry: Pick<TestRegistry, "outOfTurn"> = { outOfTurn: null };
  const listener: RequestListener = (request, response) => {
    const path = new URL(request.url ?? "/", "http://registry").pathname;
    asked.push(path);
    void (async () => {
      const { status, body } = isRefused(request, options)
        ? failure(401, 40_101, "Unauthorized")
        : await answerTo(request, path);
      response.writeHead(registry.outOfTurn?.status ?? status, { "content-type": "application/json" });
      response.end(registry.outOfTurn?.body ?? JSON.stringify(body));
    })();
  };

  const create = (): Server => (options.tls === undefined ? createHttp(listener) : createHttps(options.tls, listener));
  let server = create();
  const port = await listening(server, 0);
  const goAway = async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  };
  return Object.assign(registry, {
    url: `${options.tls === undefined ? "http://127.0.0.1" : "https://localhost"}:${port}`,
    asked,
    add,
    goAway,
    async comeBack() {
      server = create();
      await listening(server, port);
    },
    [Symbol.asyncDispose]: goAway,
  });
}

function listening(server: Server, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, "127.0.0.1", () => {
      const address: AddressInfo | string | null = server.address();
      resolve(typeof address === "object" && address !== null ? address.port : port);
    });
  });
}

/** As registries answer: without a type where it is Avro. */
function told({ schema, schemaType, references }: TestSchema): object {
  return {
    schema,
    ...(schemaType === undefined || schemaType === "AVRO" ? {} : { schemaType }),
    ...(references === undefined ? {} : { references }),
  };
}

function failure(status: number, code: number, message: string): Answer {
  return { status, body: { error_code: code, message } };
}

function isRefused({ headers }: IncomingMessage, { login }: TestRegistryOptions): boolean {
  if (login === undefined) return false;
  const expected = Buffer.from(`${login.username}:${login.password}`).toString("base64");
  return headers.authorization !== `Basic ${expected}`;
}

async function bodyOf(request: IncomingMessage): Promise<Omit<TestSchema, "subject">> {
  let text = "";
  for await (const part of request) text += String(part);
  const body: unknown = JSON.parse(text);
  if (!isSchema(body)) throw new Error("a schema was expected");
  return body;
}

function isSchema(body: unknown): body is Omit<TestSchema, "subject"> {
  return typeof body === "object" && body !== null && "schema" in body && typeof body.schema === "string";
}
