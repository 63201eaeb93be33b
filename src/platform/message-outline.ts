// Reads a message that arrived from another thread. Both sides of a port do: an unknown kind or a missing member is an error with a
// code, not something to skip. The check is of the message's outline; the sender is our own code of the same version.

import { MillraceError } from "../errors.ts";

/** For each kind the members that a message of it must have. */
export type Outline = Readonly<Record<string, readonly string[]>>;

/** The outline of a union of messages, which lacks no member. */
export type OutlineOf<M extends { readonly kind: string }> = {
  readonly [K in M["kind"]]: readonly Exclude<keyof Extract<M, { readonly kind: K }>, "kind">[];
};

/** The value itself. Throws `protocol-broken`; `receiver` is for its text. */
export function parseOutlined(value: unknown, outline: Outline, receiver: string): unknown {
  if (typeof value !== "object" || value === null || !("kind" in value) || typeof value.kind !== "string")
    throw new MillraceError("protocol-broken", `a message to ${receiver} has no kind`);
  const members = Object.hasOwn(outline, value.kind) ? outline[value.kind] : undefined;
  if (members === undefined)
    throw new MillraceError("protocol-broken", `a message to ${receiver} is of unknown kind ${value.kind}`);
  for (const member of members)
    if (!(member in value))
      throw new MillraceError("protocol-broken", `a message of kind ${value.kind} to ${receiver} lacks ${member}`);
  return value;
}
