// What a person does by the page: a request to the server, and the refusal of it with its code and text as they were answered.

/** A request that was not carried out. */
export interface Refusal {
  /** AWS's code, or one of ours. */
  readonly code: string;
  readonly text: string;
  /** What to do about it; empty: nothing is known. */
  readonly help: string;
}

export type Done<Answer> =
  | { readonly kind: "done"; readonly answer: Answer }
  | { readonly kind: "refused"; readonly refusal: Refusal };

const MAPPINGS = "/2015-03-31/event-source-mappings/";

/** A mapping's members by AWS's names. */
export type Members = Readonly<Record<string, unknown>>;

export const createMapping = (members: Members): Promise<Done<Members>> => sent("POST", MAPPINGS, members);

export const updateMapping = (uuid: string, members: Members): Promise<Done<Members>> =>
  sent("PUT", MAPPINGS + encodeURIComponent(uuid), members);

export const deleteMapping = (uuid: string): Promise<Done<Members>> =>
  sent("DELETE", MAPPINGS + encodeURIComponent(uuid));

/** As it is now. */
export const readMapping = (uuid: string): Promise<Done<Members>> => sent("GET", MAPPINGS + encodeURIComponent(uuid));

export const steer = (base: string, uuid: string, command: "pause" | "step" | "resume"): Promise<Done<Members>> =>
  sent("POST", `${base}mappings/${encodeURIComponent(uuid)}/${command}`, {});

export interface TestRecord {
  /** Absent: what `millrace send` makes up. */
  readonly data?: string;
  readonly key?: string;
  readonly groupId?: string;
  readonly count?: number;
}

export const sendRecord = (base: string, uuid: string, record: TestRecord): Promise<Done<Members>> =>
  sent("POST", `${base}mappings/${encodeURIComponent(uuid)}/send`, record);

/** One request; it never rejects: a server that is not reached is a refusal, too. */
export async function sent(method: string, path: string, body?: unknown): Promise<Done<Members>> {
  try {
    const answer = await fetch(path, {
      method,
      ...(body === undefined ? {} : { body: JSON.stringify(body), headers: { "content-type": "application/json" } }),
    });
    const text = await answer.text();
    const members = membersOf(text);
    if (answer.ok) return { kind: "done", answer: members };
    return {
      kind: "refused",
      refusal: refusalOf(members, answer.headers.get("x-amzn-ErrorType"), answer.status, text),
    };
  } catch {
    return {
      kind: "refused",
      refusal: { code: "not connected", text: "The server does not answer.", help: "" },
    };
  }
}

function membersOf(text: string): Members {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? (value as Members) : {};
  } catch {
    return {};
  }
}

/** AWS's error has its type in a header and `Message` or `message`; ours has `code`, `message` and `help`. */
function refusalOf(members: Members, errorType: string | null, status: number, text: string): Refusal {
  const textOf = (...names: readonly string[]): string =>
    names.map((name) => members[name]).find((value) => typeof value === "string") ?? "";
  return {
    code: errorType ?? (textOf("code", "__type", "Code") || String(status)),
    text: textOf("message", "Message") || text || "The server gave no reason.",
    help: textOf("help"),
  };
}
