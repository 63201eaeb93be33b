// Names of sources, positions and batches as a person reads them.

import { shortPosition } from "../../../kinds/shown-position.ts";
import type { MappingFrame } from "../../../dashboard/frame.ts";

/** `…018407`. */
export const placeText = (position: string): string => shortPosition(position).replace("...", "…");

/** `sqs:orders-failed` of an ARN; anything else stays. */
export function sourceName(arn: string): string {
  const [head, , service = "", , , ...rest] = arn.split(":");
  return head === "arn" ? `${service}:${rest.join(":").replace(/^(stream|table)\//, "")}` : arn;
}

/** A setting of a mapping as AWS shows it; null: it has none. */
export const settingOf = ({ settings }: MappingFrame, member: string): string | null =>
  settings.find((setting) => setting.member === member)?.value ?? null;

/** A setting's value as a person reads it: a destination by its name, filters by their patterns; all else as it is. */
export function settingText(member: string, value: string): string {
  const json = /^[[{]/.test(value) ? parsed(value) : null;
  if (json === null) return value;
  if (member === "DestinationConfig") {
    const destination: unknown = Reflect.get(Object(Reflect.get(json, "OnFailure")), "Destination");
    return typeof destination === "string" ? sourceName(destination) : value;
  }
  const filters: unknown = Reflect.get(json, "Filters");
  if (member === "FilterCriteria" && Array.isArray(filters))
    return filters.map((filter: unknown) => String(Reflect.get(Object(filter), "Pattern"))).join(" or ");
  return Array.isArray(json) && json.every((each) => typeof each === "string") ? json.join(", ") || "none" : value;
}

function parsed(value: string): object | null {
  try {
    return Object(JSON.parse(value));
  } catch {
    return null;
  }
}

/** MaximumRetryAttempts; −1: no limit; null: the source has none. */
export function retriesOf(mapping: MappingFrame | undefined): number | null {
  const value = mapping === undefined ? null : settingOf(mapping, "MaximumRetryAttempts");
  return value === null || !/^-?\d+$/.test(value) ? null : Number(value);
}

/** What names a batch to `millrace explain`: `5e1f09c2/29.2`. */
export const batchName = (mapping: string, batch: string): string => `${mapping.slice(0, 8)}/${batch}`;
