// Calls of a live load run to its server: AWS's own, for what is no sending.

import { MillraceError } from "../../errors.ts";

type Members = Readonly<Record<string, unknown>>;

export interface LiveCalls {
  /** A call of the REST APIs. Throws `bad-argument` with AWS's own words. A body of null is none. */
  rest(method: string, path: string, body: Members | null): Promise<Members>;
  /** `Kinesis_20131202.DescribeStream`. Throws the same. */
  target(name: string, body: Members): Promise<Members>;
  local(method: "GET" | "POST", path: string, body?: Members): Promise<Members>;
}

export function createLiveCalls(url: string): LiveCalls {
  async function call(path: string, init: RequestInit): Promise<Members> {
    let answer: Response;
    let text: string;
    try {
      answer = await fetch(new URL(path, url), init);
      text = await answer.text();
    } catch (cause) {
      throw new MillraceError("server-unreachable", `no Millrace answers at ${url}`, { cause, help: "millrace start" });
    }
    const value = objectIn(text);
    if (answer.ok) return value;
    const words = [answer.headers.get("x-amzn-errortype"), value["__type"], `HTTP ${answer.status}`];
    const texts = [value["message"], value["Message"], answer.statusText];
    throw new MillraceError("bad-argument", `${firstText(words).replace(/^.*#/, "")}: ${firstText(texts)}`);
  }
  const json = (body: Members | null): RequestInit =>
    body === null ? {} : { headers: { "content-type": "application/json" }, body: JSON.stringify(body) };
  return {
    rest: (method, path, body) => call(path, { method, ...json(body) }),
    target(name, body) {
      const version = name.startsWith("Kinesis") ? "1.1" : "1.0";
      return call("/", {
        method: "POST",
        headers: { "content-type": `application/x-amz-json-${version}`, "x-amz-target": name },
        body: JSON.stringify(body),
      });
    },
    local: (method, path, body) => call(`/_millrace/${path}`, { method, ...json(body ?? null) }),
  };
}

const firstText = (values: readonly unknown[]): string => values.find((each) => typeof each === "string") ?? "";

function objectIn(text: string): Members {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? { ...value } : {};
  } catch {
    // Another server than Millrace: the status tells.
    return {};
  }
}
