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

/** MaximumRetryAttempts; −1: no limit; null: the source has none. */
export function retriesOf(mapping: MappingFrame | undefined): number | null {
  const value = mapping === undefined ? null : settingOf(mapping, "MaximumRetryAttempts");
  return value === null || !/^-?\d+$/.test(value) ? null : Number(value);
}

/** What names a batch to `millrace explain`: `5e1f09c2/29.2`. */
export const batchName = (mapping: string, batch: string): string => `${mapping.slice(0, 8)}/${batch}`;
