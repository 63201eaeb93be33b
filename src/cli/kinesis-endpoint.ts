// The running server's Kinesis, DynamoDB and SQS calls as commands make them: JSON over HTTP, by fetch alone.

import { MillraceError } from "../errors.ts";

export type Fetch = (url: string, init: RequestInit) => Promise<Response>;

export interface KinesisEndpoint {
  /** The answer's body. Throws `server-unreachable`, or `bad-argument` with what the server says. */
  call(operation: string, body: unknown): Promise<Readonly<Record<string, unknown>>>;
}

export const createKinesisEndpoint = (url: string, fetchFrom: Fetch): KinesisEndpoint =>
  createEndpoint(url, fetchFrom, { target: "Kinesis_20131202", version: "1.1" });

export const createTableEndpoint = (url: string, fetchFrom: Fetch): KinesisEndpoint =>
  createEndpoint(url, fetchFrom, { target: "DynamoDB_20120810", version: "1.0" });

export const createChangesEndpoint = (url: string, fetchFrom: Fetch): KinesisEndpoint =>
  createEndpoint(url, fetchFrom, { target: "DynamoDBStreams_20120810", version: "1.0" });

export const createQueueEndpoint = (url: string, fetchFrom: Fetch): KinesisEndpoint =>
  createEndpoint(url, fetchFrom, { target: "AmazonSQS", version: "1.0" });

function createEndpoint(
  url: string,
  fetchFrom: Fetch,
  service: { readonly target: string; readonly version: "1.0" | "1.1" },
): KinesisEndpoint {
  return {
    async call(operation, body) {
      let answer: Response;
      let text: string;
      try {
        answer = await fetchFrom(url, {
          method: "POST",
          headers: {
            "content-type": `application/x-amz-json-${service.version}`,
            "x-amz-target": `${service.target}.${operation}`,
          },
          body: JSON.stringify(body),
        });
        text = await answer.text();
      } catch (error) {
        throw new MillraceError("server-unreachable", `no Millrace answers at ${url}`, {
          cause: error,
          help: "millrace start",
        });
      }
      const value = jsonFrom(text);
      if (answer.ok) return value;
      const name = textAt(value, "__type")?.replace(/^.*#/, "") ?? `HTTP ${answer.status}`;
      const message = textAt(value, "message") ?? textAt(value, "Message") ?? "";
      throw new MillraceError("bad-argument", `${name}: ${message}`);
    },
  };
}

/** The object that a text is, or an empty one. */
export function jsonFrom(text: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? { ...value } : {};
  } catch {
    // Another server than Millrace, or none of its answers: the status tells.
    return {};
  }
}

export function textAt(value: Readonly<Record<string, unknown>>, name: string): string | null {
  const found = value[name];
  return typeof found === "string" ? found : null;
}
