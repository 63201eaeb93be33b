// Resume tokens of the stand-in: a text of hexadecimal digits that sorts by cluster time, as MongoDB's do; what is in it beside is our
// own. A token is of an event, of the invalidation that follows one, or a high-water mark: a time up to which all was read.

import type { Binary } from "mongodb";
import { type Doc, textAt } from "./bson.ts";
import { CommandError } from "./command-error.ts";

export type TokenKind = "mark" | "event" | "invalidate";

export interface ResumeToken {
  readonly at: bigint;
  readonly kind: TokenKind;
}

const codes: Readonly<Record<TokenKind, string>> = { mark: "00", event: "01", invalidate: "02" };

/** `uuid`: of the collection that the event is of; none for a mark and for what befalls a database. */
export function tokenDoc(token: ResumeToken, uuid: Binary | null): Doc {
  const time = token.at.toString(16).padStart(16, "0");
  const of = uuid === null ? "" : Buffer.from(uuid.value()).toString("hex");
  return { _data: `82${time}2B${codes[token.kind]}${of}`.toUpperCase() };
}

/** Throws as a server does at a token that it cannot read. */
export function parseToken(token: Doc): ResumeToken {
  const match = /^82([0-9A-F]{16})2B(0[0-2])([0-9A-F]{32})?$/i.exec(textAt(token, "_data"));
  const kind = (["mark", "event", "invalidate"] as const).find((each) => codes[each] === match?.[2]);
  if (match?.[1] === undefined || kind === undefined) {
    throw new CommandError(260, `Bad resume token: ${JSON.stringify(token)}`);
  }
  return { at: BigInt(`0x${match[1]}`), kind };
}
