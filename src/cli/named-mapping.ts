// A mapping of the running server as a person names it: by any part of its UUID that only it has, or by its function's name where only
// one mapping calls it.

import { likelyName } from "../core/likely-name.ts";
import { MillraceError } from "../errors.ts";
import { type Fetch, jsonFrom, textAt } from "./kinesis-endpoint.ts";
import { shortId } from "./shown-forms.ts";

export interface Named {
  readonly uuid: string;
  readonly functionName: string;
  readonly eventSourceArn: string;
  /** AWS's word. */
  readonly state: string;
}

/** Throws `bad-argument` where none or several are meant, and `server-unreachable`. `command` is for the help line. */
export async function namedMapping(
  mapping: string,
  where: { readonly url: string; readonly fetchFrom: Fetch; readonly command: string },
): Promise<Named> {
  const { body } = await ask(where.fetchFrom, where.url, "GET", "mappings");
  return theOne(where.command, mapping, namedOf(body["mappings"]));
}

export async function ask(
  fetchFrom: Fetch,
  url: string,
  method: "GET" | "POST",
  page: string,
): Promise<{ readonly ok: boolean; readonly body: Readonly<Record<string, unknown>> }> {
  try {
    const answer = await fetchFrom(new URL(`/_millrace/${page}`, url).href, { method });
    return { ok: answer.ok, body: jsonFrom(await answer.text()) };
  } catch (error) {
    const help = "millrace start";
    throw new MillraceError("server-unreachable", `no Millrace answers at ${url}`, { cause: error, help });
  }
}

function namedOf(value: unknown): readonly Named[] {
  const views: readonly unknown[] = Array.isArray(value) ? value : [];
  return views.map((each) => {
    const view: Readonly<Record<string, unknown>> = { ...Object(each) };
    const text = (name: keyof Named): string => textAt(view, name) ?? "";
    return {
      uuid: text("uuid"),
      functionName: text("functionName"),
      eventSourceArn: text("eventSourceArn"),
      state: text("state"),
    };
  });
}

function theOne(command: string, mapping: string, all: readonly Named[]): Named {
  const byName = all.filter((each) => each.functionName === mapping);
  const found = byName.length > 0 ? byName : all.filter((each) => mapping !== "" && each.uuid.includes(mapping));
  const [first, second] = found;
  if (first !== undefined && second === undefined) return first;
  if (first !== undefined) {
    const ids = found.map((each) => shortId(each.uuid)).join(", ");
    throw new MillraceError("bad-argument", `\`${mapping}\` names ${found.length} mappings: ${ids}`);
  }
  const likely = likelyName(
    mapping,
    all.map((each) => each.functionName),
  );
  const known = all.map((each) => `${shortId(each.uuid)} (${each.functionName})`).join(", ");
  throw new MillraceError(
    "bad-argument",
    `there is no mapping \`${mapping}\`; ${known === "" ? "the server has none" : `the server has ${known}`}`,
    likely === null ? {} : { help: `millrace ${command} ${likely}` },
  );
}
