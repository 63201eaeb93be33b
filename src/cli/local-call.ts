// A POST to a local page of the running server, by which commands put things into what is embedded.

import { MillraceError } from "../errors.ts";
import type { Fetch } from "./kinesis-endpoint.ts";

/** The answer's JSON. Throws what the server says against it: source-elsewhere where the cluster or broker is one of the user's own, else bad-argument. */
export async function postLocally(
  path: readonly string[],
  body: string,
  { fetchFrom, url, query = "" }: { readonly fetchFrom: Fetch; readonly url: string; readonly query?: string },
): Promise<unknown> {
  const address = `${url.replace(/\/$/, "")}/_millrace/${path.map(encodeURIComponent).join("/")}${query}`;
  const init = { method: "POST", headers: { "content-type": "application/json" }, body };
  const answer = await fetchFrom(address, init).catch((cause: unknown) => {
    throw new MillraceError("server-unreachable", `no Millrace answers at ${url}`, { cause, help: "millrace start" });
  });
  const said: unknown = await answer.json().catch(() => null);
  if (answer.ok) return said;
  const text =
    typeof said === "object" && said !== null && "message" in said ? String(said.message) : answer.statusText;
  const at: unknown = Reflect.get(Object(said), "at");
  if (typeof at === "string")
    throw new MillraceError("source-elsewhere", text, { help: `${at}    # with a client of its own` });
  throw new MillraceError("bad-argument", text);
}
