// A POST of a text, over connections that stay: what a generator of load sends with. Thrown where nobody answers.

import { Agent, request } from "node:http";
import { MillraceError } from "../../src/errors.ts";

export interface Answered {
  readonly status: number;
  /** The JSON object that was answered, or an empty one. */
  readonly body: Readonly<Record<string, unknown>>;
}

export interface Poster {
  post(path: string, headers: Readonly<Record<string, string>>, body: string): Promise<Answered>;
  close(): void;
}

/** `url`: of the server. At most `mostConnections` calls are out at once, further ones wait. */
export function createPoster(url: string, mostConnections: number): Poster {
  const { hostname, port } = new URL(url);
  const agent = new Agent({ keepAlive: true, maxSockets: mostConnections });
  const host = hostname.replace(/^\[|\]$/g, "");
  return {
    post: (path, headers, text) =>
      new Promise((resolve, reject) => {
        const body = Buffer.from(text, "utf8");
        const fail = (cause: unknown): void =>
          reject(new MillraceError("server-unreachable", `Millrace at ${url} does not answer any more`, { cause }));
        const call = request(
          { host, port, path, method: "POST", agent, headers: { ...headers, "content-length": body.length } },
          (answer) => {
            const parts: Buffer[] = [];
            answer.on("data", (part: Buffer) => parts.push(part));
            answer.on("error", fail);
            answer.on("end", () => {
              const said = objectIn(Buffer.concat(parts).toString("utf8"));
              resolve({ status: answer.statusCode ?? 0, body: said });
            });
          },
        );
        call.on("error", fail);
        call.end(body);
      }),
    close: () => agent.destroy(),
  };
}

function objectIn(text: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? { ...value } : {};
  } catch {
    // Not one of our answers: the status tells.
    return {};
  }
}

/** Objects in a member that is a list. */
export function listIn(
  body: Readonly<Record<string, unknown>>,
  name: string,
): readonly Readonly<Record<string, unknown>>[] {
  const list = body[name];
  if (!Array.isArray(list)) return [];
  return list.map((each: unknown) => ({ ...Object(each) }) as Record<string, unknown>);
}

export const textIn = (value: Readonly<Record<string, unknown>>, name: string): string => {
  const found = value[name];
  return typeof found === "string" ? found : "";
};
