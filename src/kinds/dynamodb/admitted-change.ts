// What another program wrote into a table's stream in Redis, brought into the form that splicing needs. Our own door writes that form
// already, and then the stored bytes are handed on as they are.
//
// A1  Nothing is lost and nothing stops: every record is delivered with what is there.
// A2  JSON of another form (white space, another order, members left out) becomes the canonical text (T1): Keys that are missing are
//     empty, a SizeBytes that is missing is counted (D-2), a view type that is missing follows from the images, a name that is missing
//     too, and an eventID that is none is made of the entry id. Members that a change does not have are left out.
// A3  What is no JSON object becomes an INSERT with empty Keys whose NewImage has one attribute, `unreadableChange`: the text, or its
//     bytes where they are not UTF-8.

import { type Item, itemSizeBytes } from "./attribute-value.ts";
import { TAIL_MARK } from "./change-record.ts";
import { viewTypes } from "./change-text.ts";

const HEAD = /^\{"eventID":"[0-9a-f]{32}","eventName":"(?:INSERT|MODIFY|REMOVE)","dynamodb":\{"Keys":\{/;
const TAIL =
  /^,"SizeBytes":\d{1,15},"StreamViewType":"[A-Z_]+"\}(?:,"userIdentity":\{"type":"[^"\\{}]*","principalId":"[^"\\{}]*"\})?\}$/;

/** The names of the members of `dynamodb`, joined, where the text is canonical. */
const MEMBERS = /^Keys(?:,NewImage)?(?:,OldImage)?,SizeBytes,StreamViewType$/;

const strictUtf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

export function admittedChange(data: Uint8Array, entryId: string | Uint8Array): Uint8Array {
  const text = textOf(data);
  const change = text === null ? null : parsedObject(text);
  if (text !== null && change !== null && isCanonical(text, change)) return data;
  const idText = typeof entryId === "string" ? entryId : Buffer.from(entryId).toString("latin1");
  const written = change === null ? null : rewrittenOrNull(change, idText);
  const held = text === null ? { B: Buffer.from(data).toString("base64") } : { S: text };
  return Buffer.from(written ?? unreadable(held, idText));
}

/** Null: not UTF-8. */
function textOf(data: Uint8Array): string | null {
  try {
    return strictUtf8.decode(data);
  } catch {
    // The decoder's only failure is the answer.
    return null;
  }
}

type Members = Readonly<Record<string, unknown>>;

function parsedObject(text: string): Members | null {
  try {
    return objectOrNull(JSON.parse(text));
  } catch {
    // Somebody else wrote it: not JSON.
    return null;
  }
}

/** The last place of the tail mark is behind the images: it cannot stand in a JSON string, whose quotes are escaped. */
function isCanonical(text: string, change: Members): boolean {
  if (!HEAD.test(text) || !TAIL.test(text.slice(Math.max(0, text.lastIndexOf(TAIL_MARK))))) return false;
  const { dynamodb, ...rest } = change;
  const members = Object.keys(objectOrNull(dynamodb) ?? {}).join();
  const outside = Object.keys(rest).join();
  return MEMBERS.test(members) && (outside === "eventID,eventName" || outside === "eventID,eventName,userIdentity");
}

/** Null where it nests deeper than can be written. */
function rewrittenOrNull(change: Members, entryId: string): string | null {
  try {
    return rewritten(change, entryId);
  } catch (error) {
    if (error instanceof RangeError) return null;
    throw error;
  }
}

function rewritten(change: Members, entryId: string): string {
  const inner = objectOrNull(change["dynamodb"]) ?? {};
  const keys = itemIn(inner["Keys"]) ?? {};
  const newImage = itemIn(inner["NewImage"]);
  const oldImage = itemIn(inner["OldImage"]);
  const shown = [keys, newImage, oldImage].filter((item) => item !== null);
  const sizeBytes = inner["SizeBytes"];
  const viewType = viewTypes.find((type) => type === inner["StreamViewType"]);
  const eventName = ["INSERT", "MODIFY", "REMOVE"].find((name) => name === change["eventName"]);
  const eventId = change["eventID"];
  const identity = objectOrNull(change["userIdentity"]);
  return JSON.stringify({
    eventID: typeof eventId === "string" && /^[0-9a-f]{32}$/.test(eventId) ? eventId : eventIdOf(entryId),
    eventName:
      eventName ?? (newImage === null && oldImage !== null ? "REMOVE" : oldImage === null ? "INSERT" : "MODIFY"),
    dynamodb: {
      Keys: keys,
      ...(newImage === null ? {} : { NewImage: newImage }),
      ...(oldImage === null ? {} : { OldImage: oldImage }),
      SizeBytes: isCount(sizeBytes) ? sizeBytes : shown.reduce((sum, item) => sum + itemSizeBytes(item), 0),
      StreamViewType: viewType ?? viewTypeOf(newImage, oldImage),
    },
    ...(identity === null
      ? {}
      : { userIdentity: { type: plainText(identity["type"]), principalId: plainText(identity["principalId"]) } }),
  });
}

function unreadable(held: Members, entryId: string): string {
  const image = { unreadableChange: held };
  return rewritten({ eventName: "INSERT", dynamodb: { Keys: {}, NewImage: image } }, entryId);
}

/** 32 hex digits: both halves of the entry id in 16. */
function eventIdOf(entryId: string): string {
  const [ms = "0", counter = "0"] = entryId.split("-");
  return BigInt(ms).toString(16).padStart(16, "0") + BigInt(counter).toString(16).padStart(16, "0");
}

function viewTypeOf(newImage: Item | null, oldImage: Item | null): string {
  if (newImage !== null) return oldImage === null ? "NEW_IMAGE" : "NEW_AND_OLD_IMAGES";
  return oldImage === null ? "KEYS_ONLY" : "OLD_IMAGE";
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && Number(value) >= 0 && Number(value) < 1e15;
}

/** Without what JSON would have to escape, and without braces (R1). */
function plainText(value: unknown): string {
  return typeof value === "string" ? value.replace(/["\\{}\p{Cc}]/gu, "") : "";
}

function itemIn(value: unknown): Item | null {
  return objectOrNull(value) as Item | null;
}

function objectOrNull(value: unknown): Members | null {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Members) : null;
}
