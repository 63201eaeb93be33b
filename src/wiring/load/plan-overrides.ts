// A plan's file with members that come before its own: those of an object each by itself, all else as a whole. A model of a function and a
// handler's file take each other's place.

import { isObject } from "../../sim/scenario.ts";

export type PlanValue = Readonly<Record<string, unknown>>;

const MODEL = ["took", "perRecord", "coldStart", "errorShare", "throttleShare", "onPoison"];
const FILE = ["handler", "environment", "bundle"];
/** Objects whose members are overridden one by one. */
const open: readonly string[] = [
  "",
  "source",
  "mapping",
  "function",
  "send",
  "send.keys",
  "send.groups",
  "sweep",
  "prices",
];

/** What is no object stays as it is, for its form to be judged. What is swept is no more set, and the other way round. */
export function withOverrides(value: unknown, over: PlanValue): unknown {
  if (!isObject(value)) return value;
  const swept = namesIn(over["sweep"]);
  const set = ["mapping", "source", "function"].flatMap((owner) => namesIn(over[owner]));
  const kept = {
    ...value,
    ...without(value, "mapping", swept),
    ...without(value, "source", swept),
    ...without(value, "function", swept),
    ...without(value, "sweep", set),
  };
  return merged(kept, over, "");
}

const namesIn = (value: unknown): readonly string[] => (isObject(value) ? Object.keys(value) : []);

/** The owner with fewer members; nothing where it is no object. */
function without(value: PlanValue, owner: string, names: readonly string[]): PlanValue {
  const members = value[owner];
  if (!isObject(members)) return {};
  return { [owner]: Object.fromEntries(Object.entries(members).filter(([name]) => !names.includes(name))) };
}

/** The members with one more, which may be inside of others. */
export function withPath(members: PlanValue, [name = "", ...rest]: readonly string[], value: unknown): PlanValue {
  if (rest.length === 0) return { ...members, [name]: value };
  const inner = members[name];
  return { ...members, [name]: withPath(isObject(inner) ? inner : {}, rest, value) };
}

function merged(value: PlanValue, over: PlanValue, path: string): PlanValue {
  const kept = path === "function" ? ofSameForm(value, over) : value;
  const made: Record<string, unknown> = { ...kept };
  for (const [name, own] of Object.entries(over)) {
    const inner = path === "" ? name : `${path}.${name}`;
    const before = inner === "source" ? sourceObject(kept[name], own) : kept[name];
    made[name] = open.includes(inner) && isObject(before) && isObject(own) ? merged(before, own, inner) : own;
  }
  return made;
}

/** Another source has nothing of the file's. */
function sourceObject(before: unknown, own: unknown): unknown {
  const object = typeof before === "string" ? { name: before } : before;
  const isOther = isObject(own) && isObject(object) && own["name"] !== undefined && own["name"] !== object["name"];
  return isOther ? undefined : object;
}

function ofSameForm(value: PlanValue, over: PlanValue): PlanValue {
  const left = over["handler"] !== undefined ? MODEL : MODEL.some((name) => over[name] !== undefined) ? FILE : [];
  return Object.fromEntries(Object.entries(value).filter(([name]) => !left.includes(name)));
}
